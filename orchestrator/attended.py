"""What a call has to do with long work: the tasks it listens to, what is to be said of them, and what it was made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from agents.definition import Agent
from agents.work import TaskEvent
from orchestrator.hold import Hold
from orchestrator.task import Task

MOST_TELLINGS: Final = 3  # of an end that is not heard: in the agent's words, then plainly; after that it waits for another call


class Errand(Protocol):
    """What we called the caller for."""

    @property
    def tasks(self) -> Sequence[Task]:
        """Some that are over, to be told in this order, and some that ask; the first opens the call."""
        ...

    def told(self, task: Task) -> None:
        """Whoever took the call has heard how it ended."""
        ...

    def answered(self, task: Task) -> None:
        """They have answered what it asked."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """Something that the phone says."""

    agent: Agent | None
    """None: whoever has the floor."""
    text: str = ""
    brief: str = ""
    """What the agent is told instead, to find the words itself; with a text, it is that if they come too late. Of an end
    without either, the plain words are said."""
    ends: Task | None = None
    """The task whose end this tells."""
    opens: Task | None = None
    """The task that asks, and that we called for: its question comes next."""
    asks: Task | None = None
    """The task whose question this puts."""
    of_work: bool = False
    """What the caller says to it, they say to the work."""
    farewell: str = ""
    """Why the call ends when this has been heard."""
    asks_pin: bool = False
    """What the caller says to it is their PIN."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Something that waits for the PIN only for a while."""

    stands: Callable[[], bool]
    """It has not been settled otherwise."""
    end: Callable[[Literal["silence", "policy"]], Due]
    """The PIN was not given: by silence, or somebody would rather not. Returns what is said to silence."""


@dataclass(frozen=True, slots=True)
class Late:
    """A question whose answer takes too long: the caller was asked whether to be called back with it."""

    agent: Agent
    turn: int
    question: str
    talk: str
    """What was said before it, line by line."""


@dataclass(eq=False)
class Attended:
    """A task that this call listens to."""

    task: Task
    hold: Hold
    seqs: list[int] = field(default_factory=list[int])
    """Where its events stand in the journal, one for one."""
    ending: bool = False
    """Its end is being told, or was."""
    tellings: int = 0
    """How often that was begun."""

    @property
    def open(self) -> bool:
        """It is under way, or its end is still to be heard."""
        return not self.task.delivered and (self.task.running or self.ending or self.tellings < MOST_TELLINGS)

    @property
    def old(self) -> int:
        """How many of its events a call that begins now need not take in: not the last one, nor a question that is open."""
        told, question = self.task.events, self.task.question
        return max(0, told.index(question) if question in told else len(told) - 1)

    @property
    def lost(self) -> bool:
        """It goes on elsewhere, and its end is not told here."""
        return self.task.moved and not self.ending

    def seqs_of(self, facts: tuple[TaskEvent, ...]) -> tuple[int, ...]:
        return tuple(seq for event, seq in zip(self.task.events, self.seqs, strict=False) if any(event is fact for fact in facts))
