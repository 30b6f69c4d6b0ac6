"""Work that outlives the call that asked for it: started, found again, brought to its owner."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import count
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from agents import bounds
from agents.definition import Agent
from agents.errors import ToolError
from agents.work import Done, TaskRunner
from orchestrator.delivery import Bearer, CallbackSettings
from orchestrator.life import InMemory, Life, Steps
from orchestrator.notes import NotKept
from orchestrator.records import Record, task_of
from orchestrator.task import Task as Task
from orchestrator.task import Wish as Wish
from orchestrator.whole_file import replace_file

log = structlog.get_logger()

FOLDER: Final = "tasks"
LOOK_S: Final = 0.5  # at a call's beginning, until we know what other servers have for the caller; longer, and they do without
MOST_RUNNING: Final = 3  # of one caller at a time: each costs money, and a quarter of a gigabyte


async def made(folder: Path) -> None:
    """Makes it, off the event loop; what it makes is nobody else's business."""
    await anyio.to_thread.run_sync(lambda: folder.mkdir(mode=0o700, parents=True, exist_ok=True))


def result_file(home: Path, task: str) -> Path:
    """Where the result is, once its owner has asked for a file."""
    return home / FOLDER / task / "result.md"


async def written(file: Path, text: str) -> None:
    """Writes it whole or not at all, off the event loop, for its owner's eyes alone. Raises OSError."""
    await anyio.to_thread.run_sync(replace_file, file, text.encode("utf-8", "replace"))


class Tasks:
    """Everybody's, in the house's own task group: a call that ends, ends no work."""

    def __init__(
        self,
        runner: TaskRunner,
        home: Path,
        now: Callable[[], datetime],
        group: TaskGroup,
        *,
        callback: CallbackSettings | None = None,
        zone: tzinfo | None = None,
        make: Callable[[Path], Awaitable[None]] = made,
        write: Callable[[Path, str], Awaitable[None]] = written,
        series: str = "",
    ) -> None:
        """`make` makes a folder, `write` a file. `series` keeps ids apart from those of other servers, and earlier starts."""
        self._home, self._now, self._group, self._make, self._write, self._series = home, now, group, make, write, series
        self._life = Life(
            runner, group, self._folder, now, callback or CallbackSettings(), zone, may_spend=lambda task: self.may_spend(task)
        )
        self.presence = self._life.presence
        self.hide: Callable[[str], str] = str
        """What becomes of each text that work is told or tells: a secret of the house is taken out of it. Set it."""
        self.may_spend: Callable[[Task], bool] = lambda _: True
        """Whether the day's budget allows it to begin, or to go on where it was broken off; it is counted from then on."""
        self.keep: Callable[[Task], Coroutine[Any, Any, None]] = lambda task: self.live(task, InMemory())
        """Has a task's life lived: in memory, until somebody keeps it better."""
        self._tasks: dict[str, Task] = {}
        self.elsewhere: dict[str, Task] = {}
        """What other servers have under way, or to tell, by its id: kept up to date by whoever keeps the tasks."""
        self._serial = count(1)

    @property
    def bearer(self) -> Bearer | None:
        """Brings what is done to those who are not on the line; without one it waits until they call."""
        return self._life.bearer

    @bearer.setter
    def bearer(self, bearer: Bearer) -> None:
        self._life.bearer = bearer

    def start(self, wish: Wish, agent: Agent) -> Task:
        """Begin at once. Raises ToolError, with a sentence for the agent, where that may not be."""
        if agent.task is None:
            raise ToolError(f"{agent.name} does no long work: there is no `task` in the file.")
        if sum(task.running for task in self.of(wish.owner)) >= MOST_RUNNING:
            raise ToolError(f"There is enough under way already; at most {MOST_RUNNING} at a time.")
        now = self._now()
        wish = replace(wish, what=self.hide(wish.what), title=self.hide(wish.title))
        task = Task(f"{now:%Y%m%d-%H%M%S}-{self._series}{next(self._serial)}", wish, agent, now)
        if not self.may_spend(task):
            raise ToolError("Today's budget is spent; there can be no more long work today.")
        log.info("task_started", task=task.id, agent=agent.id)
        task.hide, task.kept = self.hide, None
        self._tasks[task.id] = task
        self._group.start_soon(self.keep, task)
        return task

    def of(self, owner: str) -> list[Task]:
        """What this caller has under way, or has not heard the end of, on whichever server; the oldest first."""
        theirs = [task for task in (*self._tasks.values(), *self.elsewhere.values()) if task.wish.owner == owner]
        return sorted((task for task in theirs if not task.delivered), key=lambda task: task.began)

    def find(self, id: str) -> Task | None:
        """One that this server has."""
        return self._tasks.get(id)

    def ids(self) -> list[str]:
        """Of those that this server has."""
        return list(self._tasks)

    def known(self, id: str, record: Record) -> Task:
        """One that was started before, perhaps by a server that is no more: it is this server's now."""
        if id not in self._tasks:
            self._tasks[id] = self.elsewhere.pop(id, None) or task_of(id, record)
            self._tasks[id].hide = self.hide
        return self._tasks[id]

    def seen(self, id: str, record: Record) -> Task:
        """One that another server has."""
        return self.elsewhere.setdefault(id, task_of(id, record))

    @asynccontextmanager
    async def on_the_line(self, owner: str) -> AsyncGenerator[None]:
        """A call of theirs is up while this is entered: no server calls them meanwhile, and `of` knows what others have."""
        with self.presence.on_the_line(owner):
            with anyio.move_on_after(LOOK_S):
                await self.presence.settled(owner)
            yield

    async def live(self, task: Task, steps: Steps) -> None:
        """To its end, or until it is broken off; then it is forgotten here."""
        try:
            await self._life.live(task, steps)
        finally:
            self._tasks.pop(task.id, None)

    async def _folder(self, task: Task) -> Path:
        folder = self._place(task)
        await self._make(folder)
        return folder

    async def write_result(self, task: Task) -> None:
        """Into the file that `result_file` names. Raises NotKept."""
        file, text = result_file(self._home, task.id), task.outcome.result if isinstance(task.outcome, Done) else ""
        try:
            await self._write(file, text)
        except OSError as error:
            raise NotKept(error) from error

    def _place(self, task: Task) -> Path:
        own = task.agent.task.folder if task.agent.task else None
        return bounds.path(own) if own else self._home / FOLDER / task.id / "work"
