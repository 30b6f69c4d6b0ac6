"""One piece of long work, as everybody who has to do with it sees it: the call that attends it, the run, the one who delivers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVarTuple, Unpack

import anyio
import structlog
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from agents.definition import Agent
from agents.errors import ToolError
from agents.secret_questions import asks_for_secret
from agents.work import Add, Answer, Asks, Done, Failed, Says, Spent, Stop, TaskEvent, Word, hidden

log = structlog.get_logger()

Ts = TypeVarTuple("Ts")
WORDS: Final = 16  # that a run has not taken in yet: more than anybody says in a minute
MOST_ADDED: Final = 12  # wishes that are kept, the latest: after a crash all of them are told again, and must fit


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


@dataclass(frozen=True, slots=True)
class Orders:
    """What the owner ordered since it began: kept on disk, so that a crash takes back none of it."""

    stopped: bool = False
    """It is to stop, however far it is."""
    paused: bool = False
    """It is to go no further until its owner says so."""
    added: tuple[str, ...] = ()


class Task:
    """One piece of work, under way or over."""

    def __init__(self, id: str, wish: Wish, agent: Agent, began: datetime) -> None:
        self.id, self.wish, self.agent, self.began = id, wish, agent, began
        self.hide: Callable[[str], str] = str
        """What becomes of each text that goes in or comes out: a secret of the house is taken out of it."""
        self.events: list[TaskEvent] = []
        """What has happened; it only grows, and not by much: a run's steps are limited. Of before a crash: the last words."""
        self.usd = Decimal(0)
        self.question: Asks | None = None
        """What it waits to be answered."""
        self.outcome: Done | Failed | None = None
        self.over = anyio.Event()
        """Set with the outcome."""
        self.heard = anyio.Event()
        """Set when the owner has heard how it ended."""
        self.told = anyio.Event()
        """Set when it was told to whom we called, by all appearances: it may still have been a machine."""
        self.orders = Orders()
        self.kept: Orders | None = self.orders
        """What of them is on disk; None where the work itself is not, yet."""
        self.wanted = anyio.Event()
        """Set when the owner is to be called at once."""
        self.messaged = False
        """An answering machine of the owner's has our message."""
        self.rung = ""
        """What the latest call came to that told how it ended among other things: a `Verdict`."""
        self._stops = False  # the run has been told so
        self._moved = False
        self._listeners = 0
        self._changed = anyio.Event()
        self._words: MemoryObjectSendStream[Word] | None = None

    @property
    def running(self) -> bool:
        return self.outcome is None

    @property
    def stopped(self) -> bool:
        return self.orders.stopped

    @property
    def paused(self) -> bool:
        return self.orders.paused and self.running

    @property
    def delivered(self) -> bool:
        """The owner has heard how it ended. Set it: from then on nobody calls them about it."""
        return self.heard.is_set()

    @delivered.setter
    def delivered(self, heard: bool) -> None:
        if heard:
            self.told.set()
            self.heard.set()
            self._stir()

    @property
    def moved(self) -> bool:
        """Its life was broken off here, and nobody tells us how it goes on: what is known of it is old. Set it."""
        return self._moved

    @moved.setter
    def moved(self, moved: bool) -> None:
        self._moved = moved
        self._stir()

    @property
    def attended(self) -> bool:
        """A call listens to it: the owner holds. Else they are called back."""
        return self._listeners > 0

    @property
    def calls(self) -> bool:
        """Its owner is to be called, to hear how it ended or to be asked: no call listens to it."""
        news = not self.running or self.question is not None
        return news and not self.attended and not self.delivered and not self.moved

    @property
    def waits_alone(self) -> bool:
        """It waits for an answer, and no call is there to bring one."""
        return self.running and self.calls

    @contextmanager
    def attending(self) -> Generator[None]:
        """A call is there to hear and to answer."""
        self._listeners += 1
        self._stir()
        try:
            yield
        finally:
            self._listeners -= 1
            self._stir()

    async def until(self, true: Callable[[Task], bool]) -> None:
        """Until that is so of its question, its end, its delivery, or the calls that listen."""
        while not true(self):
            await self._changed.wait()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    def tell(self, word: Word) -> None:
        """Let the run know. Raises ToolError when it is over, or takes nothing in; but a Stop is kept for it."""
        if not self.running:
            raise ToolError("That work is over.")
        word = hidden(word, self.hide)
        if isinstance(word, Stop):
            self._order(replace(self.orders, stopped=True, paused=False))
            self._stops = self._stops or self._takes(word)
        elif not self._takes(word):
            raise ToolError("The work does not listen just now; try again in a moment.")
        if isinstance(word, Add):
            self._order(replace(self.orders, added=(*self.orders.added, word.words)[-MOST_ADDED:]))
        if isinstance(word, Answer):
            self._close()

    def pause(self) -> None:
        """The run ends where it is; another goes on with it after `go_on`. Raises ToolError when it is over."""
        if not self.running:
            raise ToolError("That work is over.")
        self._order(replace(self.orders, paused=True))
        self._takes(Stop())
        self._close()

    def go_on(self) -> None:
        self._order(replace(self.orders, paused=False))

    def remember(self, before: Orders) -> None:
        """What was ordered before a crash, beside what has been ordered since."""
        now, self.kept = self.orders, before
        known = now.added[: len(before.added)] == before.added
        self._order(
            Orders(
                now.stopped or before.stopped,
                now.paused or (before.paused and not now.stopped),
                now.added if known else (*before.added, *now.added)[-MOST_ADDED:],
            )
        )

    def keep(self, orders: Orders) -> None:
        """These are on disk now."""
        self.kept = orders
        self._stir()

    async def until_kept(self, within_s: float) -> bool:
        """Whether all that was ordered is on disk, or needs not be any more, within that time."""
        with anyio.move_on_after(within_s):
            await self.until(lambda task: task.kept == task.orders or not task.running)
        return self.kept == self.orders or not self.running

    def _order(self, orders: Orders) -> None:
        self.orders = orders
        self._stir()

    def _takes(self, word: Word) -> bool:
        if self._words is None:
            return False
        try:
            self._words.send_nowait(word)
        except (anyio.WouldBlock, anyio.BrokenResourceError):
            return False
        return True

    @contextmanager
    def listening(self, again: Sequence[str] = ()) -> Generator[MemoryObjectReceiveStream[Word]]:
        """For the run: what it is told while this is entered, or until somebody else listens; first what was added before."""
        told, words = anyio.create_memory_object_stream[Word](WORDS)
        self._words = told
        for word in again:
            told.send_nowait(Add(word))
        if self.stopped:
            told.send_nowait(Stop())
            self._stops = True
        with told, words:
            try:
                yield words
            finally:
                self._words = None if self._words is told else self._words

    def happened(self, event: TaskEvent) -> None:
        event = hidden(event, self.hide)
        if isinstance(event, Asks) and not event.tool and asks_for_secret(event.question):
            log.warning("task_asked_for_a_secret", task=self.id)
            with suppress(ToolError):  # it is ending just now
                self.tell(Answer(event.ask, yes=False, why="secret"))
            return
        self.events.append(event)
        match event:
            case Asks():
                self.question = event
                self._stir()
            case Spent(usd=usd):
                self.usd = usd
            case Done() | Failed():
                self.outcome = event
                self.over.set()
                self._close()
            case _:
                pass

    def has_said(self, text: str) -> bool:
        """The run has told that, in passing or not."""
        return any(isinstance(event, Says) and event.text == text for event in self.events)

    def nobody_answers(self) -> None:
        """What it asks is answered with no; the run is told why."""
        if self.question is not None:
            with suppress(ToolError):  # it is ending just now
                self.tell(Answer(self.question.ask, yes=False, why="nobody"))
            self._close()

    def _close(self) -> None:
        self.question = None
        self._stir()


def begin_apart(group: TaskGroup, act: Callable[[Unpack[Ts]], Coroutine[Any, Any, object]], *of: *Ts) -> None:
    """Start it in the group with an empty context: else what it asks of DBOS would be a step of the workflow that starts it."""
    Context().run(group.start_soon, act, *of)
