"""Long work: scripted runs, and an owner whose phone is scripted; from noon on in virtual time, or now and kept on disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio

from agents import definition
from agents.scripted_work import ScriptedRunner, WorkScript
from orchestrator.delivery import CallbackSettings, Verdict
from orchestrator.durable import Rhythm, durable
from orchestrator.tasks import Task, Tasks, Wish
from orchestrator.testing.cast import NOON
from tests.agents.stage import ROSTER
from tests.kit.commands import eventually
from tests.kit.mortal import always

OWNER = "+15550100"
ENGINEER = ROSTER["engineer"].model_copy(update={"task": definition.Task()})
POST = (
    {"after_s": 30, "says": "I begin with the outline."},
    {"after_s": 90, "done": {"result": "# The post", "spoken": "Done."}},
)


@dataclass
class Phone:
    """A Bearer: what each call comes to, and how long it takes; the last one counts for all that follow."""

    verdicts: Sequence[Verdict] = (Verdict.DELIVERED,)
    lasts_s: float = 0.0
    also_tells: list[Task] = field(default_factory=list[Task])
    """What is told in the same call."""
    calls: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """When, counted from the beginning in minutes, and about which task."""
    up: int = 0

    async def bring(self, task: Task) -> Verdict:
        assert self.up == 0, "two calls at a time"
        self.up += 1
        verdict = self.verdicts[min(len(self.calls), len(self.verdicts) - 1)]
        self.calls.append((round(anyio.current_time() / 60, 3), task.id))
        await anyio.sleep(self.lasts_s)
        for one in self.also_tells:
            one.delivered = True
        self.up -= 1
        return verdict

    async def brought(self, task: Task) -> bool:
        return False

    @property
    def minutes(self) -> list[float]:
        return [minute for minute, _ in self.calls]


@dataclass
class Workroom:
    tasks: Tasks
    runner: ScriptedRunner
    phone: Phone

    def start(self, title: str = "a blog post", owner: str = OWNER) -> Task:
        return self.tasks.start(Wish(owner, f"Write {title}.", title, minutes=2), ENGINEER)


@asynccontextmanager
async def workroom(
    folder: Path,
    *steps: dict[str, Any],
    phone: Phone | None = None,
    begins: datetime = NOON,
    callback: CallbackSettings | None = None,
) -> AsyncGenerator[Workroom]:
    runner = ScriptedRunner(WorkScript.model_validate({"works": [{"steps": steps or POST}]}))

    async def make(_: Path) -> None:
        """Scripted work needs no folder, and virtual time knows no threads."""

    began_s = anyio.current_time()  # of a real clock, the machine's uptime

    def now() -> datetime:
        return begins + timedelta(seconds=anyio.current_time() - began_s)

    async with anyio.create_task_group() as group:
        tasks = Tasks(runner, folder, now, group, callback=callback, zone=begins.tzinfo, make=make)
        tasks.bearer = at = phone or Phone()
        yield Workroom(tasks, runner, at)
        group.cancel_scope.cancel()


@asynccontextmanager
async def server(
    home: Path, *steps: dict[str, Any], phone: Phone | None = None, silent_s: float = 45, **also: Any
) -> AsyncGenerator[Tasks]:
    """In this process, on a clock that is real."""
    runner = ScriptedRunner(WorkScript.model_validate({"works": [{"steps": steps}]}))
    async with anyio.create_task_group() as group:
        tasks = Tasks(runner, home, lambda: datetime.now().astimezone(), group, callback=always())
        tasks.bearer = phone or Phone()
        async with durable(tasks, home, rhythm=Rhythm(0.02, silent_s), **also):
            yield tasks
        group.cancel_scope.cancel()


async def happens(what: Callable[[], bool]) -> None:
    async def look() -> bool:
        return what()

    await eventually(look, bool)
