"""One piece of long work, as everybody who has to do with it sees it: the call that attends it, the run, the one who delivers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from agents.definition import Agent
from agents.errors import ToolError
from agents.work import Answer, Asks, Done, Failed, Says, Spent, Stop, TaskEvent, Word

WORDS: Final = 16  # that a run has not taken in yet: more than anybody says in a minute


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
        self.stopped = False
        """It is to stop, however far it is."""
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
        if isinstance(word, Stop):
            self.stopped = True
            self._stops = self._stops or self._takes(word)
        elif not self._takes(word):
            raise ToolError("The work does not listen just now; try again in a moment.")
        if isinstance(word, Answer):
            self._close()

    def _takes(self, word: Word) -> bool:
        if self._words is None:
            return False
        try:
            self._words.send_nowait(word)
        except (anyio.WouldBlock, anyio.BrokenResourceError):
            return False
        return True

    @contextmanager
    def listening(self) -> Generator[MemoryObjectReceiveStream[Word]]:
        """For the run: what it is told while this is entered, or until somebody else listens."""
        told, words = anyio.create_memory_object_stream[Word](WORDS)
        self._words = told
        if self.stopped:
            told.send_nowait(Stop())
            self._stops = True
        with told, words:
            try:
                yield words
            finally:
                self._words = None if self._words is told else self._words

    def happened(self, event: TaskEvent) -> None:
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
