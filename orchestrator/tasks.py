"""Work that outlives the call that asked for it: started, attended by a call, told things, found again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from agents.definition import Agent
from agents.errors import ToolError, WorkError
from agents.work import Answer, Asks, Done, Failed, Order, Spent, TaskEvent, TaskRunner, Word
from orchestrator.failures import place

log = structlog.get_logger()

FOLDER: Final = "tasks"
WORDS: Final = 16  # that a run has not taken in yet: more than anybody says in a minute
MOST_RUNNING: Final = 3  # of one caller at a time: each costs money, and a quarter of a gigabyte
NOBODY: Final = "Nobody is on the line to answer; take it as a no."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asked for."""

    owner: str
    """The caller's number."""
    what: str
    """In full, as the run gets it."""
    title: str
    """In a few words, to be spoken of: "a blog post about the voice server"."""
    minutes: float
    """How long it may take, as the agent estimates."""
    mood: str = "calm"
    """Of the music meanwhile."""


class Task:
    """One piece of work, under way or over."""

    def __init__(self, id: str, wish: Wish, agent: Agent, began: datetime) -> None:
        self.id, self.wish, self.agent, self.began = id, wish, agent, began
        self.events: list[TaskEvent] = []
        """All that has happened; it only grows, and not by much: a run's steps are limited."""
        self.usd = Decimal(0)
        self.question: Asks | None = None
        """What it waits to be answered."""
        self.outcome: Done | Failed | None = None
        self.over = anyio.Event()
        """Set with the outcome."""
        self.delivered = False
        """The owner has heard how it ended."""
        self.attended = False
        """A call listens to it."""
        self._words, self.words = anyio.create_memory_object_stream[Word](WORDS)

    @property
    def running(self) -> bool:
        return self.outcome is None

    def tell(self, word: Word) -> None:
        """Let the run know. Raises ToolError when it is over, or takes nothing in."""
        if not self.running:
            raise ToolError("That work is over.")
        try:
            self._words.send_nowait(word)
        except (anyio.WouldBlock, anyio.BrokenResourceError):
            raise ToolError("The work does not listen just now; try again in a moment.") from None
        if isinstance(word, Answer):
            self.question = None

    def happened(self, event: TaskEvent) -> None:
        self.events.append(event)
        match event:
            case Asks():
                self.question = event
                if not self.attended:
                    self._nobody_answers()
            case Spent(usd=usd):
                self.usd = usd
            case Done() | Failed():
                self.outcome, self.question = event, None
                self.over.set()
            case _:
                pass

    @contextmanager
    def attending(self) -> Generator[None]:
        """A call is there to hear and to answer; when it goes, an open question is answered with no."""
        self.attended = True
        try:
            yield
        finally:
            self.attended = False
            self._nobody_answers()

    def close(self) -> None:
        """Nothing is told to it any more."""
        self._words.close()
        self.words.close()

    def _nobody_answers(self) -> None:
        if self.question is not None:
            self.tell(Answer(self.question.ask, yes=False, words=NOBODY))


async def made(folder: Path) -> None:
    """Makes it, off the event loop."""
    await anyio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))


class Tasks:
    """Everybody's, in the house's own task group: a call that ends, ends no work."""

    def __init__(
        self,
        runner: TaskRunner,
        home: Path,
        now: Callable[[], datetime],
        group: TaskGroup,
        *,
        make: Callable[[Path], Awaitable[None]] = made,
    ) -> None:
        """`make` makes a folder."""
        self._runner, self._home, self._now, self._group, self._make = runner, home, now, group, make
        self._tasks: dict[str, Task] = {}
        self._serial = count(1)

    def start(self, wish: Wish, agent: Agent) -> Task:
        """Begin at once. Raises ToolError, with a sentence for the agent, where that may not be."""
        if agent.task is None:
            raise ToolError(f"{agent.name} does no long work: there is no `task` in the file.")
        if sum(task.running for task in self.of(wish.owner)) >= MOST_RUNNING:
            raise ToolError(f"There is enough under way already; at most {MOST_RUNNING} at a time.")
        now = self._now()
        task = Task(f"{now:%Y%m%d-%H%M%S}-{next(self._serial)}", wish, agent, now)
        self._tasks[task.id] = task
        self._group.start_soon(self._run, task)
        return task

    def of(self, owner: str) -> list[Task]:
        """What this caller has under way, or has not heard the end of; the oldest first."""
        return [task for task in self._tasks.values() if task.wish.owner == owner and not task.delivered]

    async def _run(self, task: Task) -> None:
        log.info("task_started", task=task.id, agent=task.agent.id)
        try:
            order = Order(task.id, task.wish.what, task.agent, await self._folder(task))
            async with aclosing(self._runner.run(order, task.words)) as happenings:
                async for event in happenings:
                    task.happened(event)
        except OSError as error:
            task.happened(Failed(WorkError(f"Its folder cannot be used: {error}"), ""))
        except Exception as error:  # noqa: BLE001  a task's edge: whatever it is ends this task, and no other
            task.happened(Failed(WorkError(place(error)), ""))
        finally:
            task.close()
        log.info("task_ended", task=task.id, outcome=type(task.outcome).__name__, usd=str(task.usd))

    async def _folder(self, task: Task) -> Path:
        own = task.agent.task.folder if task.agent.task else None
        folder = Path(own).expanduser() if own else self._home / FOLDER / task.id / "work"
        await self._make(folder)
        return folder
