"""A server of long work that may be killed at any moment: what its run and its phone do stands in a file, in its order."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.abc import ObjectReceiveStream
from pydantic import SecretStr

from agents import definition
from agents.definition import Agent
from agents.errors import Stopped
from agents.work import Began, Done, Failed, Order, Says, Stop, TaskEvent, Word
from orchestrator.delivery import CallbackSettings, Verdict
from orchestrator.durable import Rhythm, durable
from orchestrator.tasks import Task, Tasks, Wish

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])  # all imports once, for all servers that a test kills
OWNER: Final = "+15550100"
AGENT: Final = Agent(
    id="engineer", name="Engineer", role="builds", description="Builds.", prompt="You build.", voice="v", task=definition.Task()
)
SOON_MIN: Final = 0.002
STEP_S: Final = 0.05
TALK_S: Final = 0.1
LOOK_S: Final = 0.004


def always(retry_min: float = SOON_MIN) -> CallbackSettings:
    return CallbackSettings(hours="00:00-24:00", retries=(retry_min,) * 20)


@dataclass(frozen=True)
class Diary:
    """Lines `what task more…`, appended whole: what stands in it was done."""

    path: Path

    def write(self, *words: object) -> None:
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "w") as file:
            file.write(" ".join(map(str, words)) + "\n")

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def count(self, *words: str) -> int:
        return sum(tuple(line[: len(words)]) == words for line in self.lines())

    async def grows(self, by: int, within_s: float = 30.0) -> None:
        """Until there are so many more lines, or nothing more to come."""
        wanted = len(self.lines()) + by
        with anyio.fail_after(within_s):
            while True:
                lines = self.lines()
                if len(lines) >= wanted or (lines and lines[-1][0] == "idle"):
                    return
                await anyio.sleep(LOOK_S)  # another process writes it, which cannot wake us


@dataclass
class Runner:
    """Works for a quarter of a second; or until it is stopped."""

    diary: Diary
    hangs: bool

    async def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent, None]:
        session = order.session or f"session-{order.task}"
        self.diary.write("begin", order.task, order.session or "anew")
        yield Began(session, pid=0, started=0)
        for said in ("I begin.", "Half of it stands.", "Only the end is missing."):
            await anyio.sleep(STEP_S)
            yield Says(said)
        if self.hangs:
            self.diary.write("hangs", order.task)
            while not isinstance(word := await words.receive(), Stop):
                self.diary.write("told", order.task, word)
            yield Failed(Stopped(), said)
            return
        await anyio.sleep(STEP_S)
        self.diary.write("done", order.task)
        yield Done("# Result", "It is done.")

    async def reap(self, began: Began) -> bool:
        self.diary.write("reap", began.session.removeprefix("session-"))
        return False


@dataclass
class Phone:
    """A Bearer. Its diary is to it what the journal of a call is to the real one."""

    diary: Diary
    verdicts: Sequence[Verdict]
    talk_s: float = TALK_S
    up: int = 0

    async def bring(self, task: Task) -> Verdict:
        verdict = self.verdicts[min(self.diary.count("ring", task.id), len(self.verdicts) - 1)]
        self.up += 1
        self.diary.write("ring" if self.up == 1 else "overlap", task.id, verdict)
        await anyio.sleep(self.talk_s)
        if verdict is Verdict.DELIVERED:
            self.diary.write("heard", task.id)
            task.delivered = True
            await anyio.sleep(TALK_S)
        self.up -= 1
        self.diary.write("hung_up", task.id)
        return verdict

    async def brought(self, task: Task) -> bool:
        return self.diary.count("heard", task.id) > 0


@dataclass(frozen=True)
class Mortal:
    """What one server is told."""

    home: Path
    diary: Path
    begins: int = 0
    """How many tasks."""
    verdicts: tuple[Verdict, ...] = (Verdict.BUSY, Verdict.DELIVERED)
    hangs: bool = False
    retry_min: float = SOON_MIN
    database: str = ""
    talk_s: float = TALK_S

    @contextmanager
    def alive(self) -> Generator[BaseProcess]:
        process = FORKS.Process(target=_live, args=(self,), daemon=True)
        process.start()
        try:
            yield process
        finally:
            process.kill()
            process.join()


def _live(mortal: Mortal) -> None:
    anyio.run(_serve, mortal)


async def _serve(mortal: Mortal) -> None:
    diary = Diary(mortal.diary)
    rhythm = Rhythm(beat_s=0.1, silent_s=2.0)
    async with _tasks(mortal, diary) as tasks:
        database = SecretStr(mortal.database) if mortal.database else None
        async with durable(tasks, mortal.home, database, rhythm):
            diary.write("up", mortal.home.name)
            for number in range(mortal.begins):
                tasks.start(Wish(OWNER, "Write.", f"post {number}", minutes=1), AGENT)
            await _idle(tasks)
            diary.write("idle", mortal.home.name)
            await anyio.sleep_forever()


async def _idle(tasks: Tasks) -> None:
    while True:
        if not tasks.ids():
            return
        await anyio.sleep(LOOK_S)


@asynccontextmanager
async def _tasks(mortal: Mortal, diary: Diary) -> AsyncGenerator[Tasks]:
    def now() -> datetime:
        return datetime.now().astimezone()

    async with anyio.create_task_group() as group:
        tasks = Tasks(
            Runner(diary, mortal.hangs),
            mortal.home,
            now,
            group,
            callback=always(mortal.retry_min),
            series=f"{mortal.home.name}-{os.getpid()}-",
        )
        tasks.bearer = Phone(diary, mortal.verdicts, mortal.talk_s)
        yield tasks
        group.cancel_scope.cancel()


async def killed(server: BaseProcess) -> None:
    """With kill -9, and gone."""
    server.kill()
    await anyio.to_thread.run_sync(server.join)


def each_heard_once(diary: Diary) -> None:
    """Whatever was begun has been told to its owner, once, and no two calls to them were up at a time."""
    lines = diary.lines()
    begun = {line[1] for line in lines if line[0] == "begin"}
    heard: Counter[str] = Counter(line[1] for line in lines if line[0] == "heard")
    assert begun
    assert heard == dict.fromkeys(begun, 1), lines
    assert not diary.count("overlap")
    for task in begun:
        own: list[Any] = [line for line in lines if line[1] == task]
        first, *again = [line[2] for line in own if line[0] == "begin"]
        assert first == "anew"
        assert set(again) <= {f"session-{task}", "anew"}
        assert "begin" not in [line[0] for line in own[own.index(["heard", task]) :]]
