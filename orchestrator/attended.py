"""What a call has to do with long work: the tasks it listens to, what is to be said of them, and what it was made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, Literal, Protocol

from agents.definition import Agent
from agents.work import TaskEvent
from orchestrator.hold import Hold, Telling
from orchestrator.mixer import Clip
from orchestrator.task import Task

By = Literal["voice", "key", "silence", "policy"]
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

    def hears(self, text: str, spoke_s: float) -> None:
        """They have said that, in so long a time; empty: what it was, nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The phone asks which work an order means, or whether work of minutes is really to end."""

    order: str
    works: Sequence[Attended]
    sure: bool
    """It is certain which; only a yes is wanted."""
    question: str


@dataclass(frozen=True, slots=True)
class Yes:
    """The caller's, on its way to the run: for a moment it can be taken back as if it had not been said."""

    text: str
    to_s: float
    by: By
    words: str
    """For the run, where it asks for words."""


@dataclass(eq=False, slots=True)
class News:
    """A line of news, on its way to the caller."""

    of: Attended
    telling: Telling
    clip: Clip | None = None
    """In which they hear it."""

    @property
    def stands(self) -> bool:
        """It is still so, and may begin to be heard."""
        return self.of.task.running and self.of.hold.stands(self.telling)

    @property
    def heard(self) -> bool:
        """To its end."""
        return self.clip is not None and self.clip.vital_s is not None


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
    choice: Choice | None = None
    """What the phone itself asks about an order."""
    reads: Task | None = None
    """The task whose question is too long, and is read out in full here."""
    news: News | None = None
    """It is that."""
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
    clip: Clip | None = None
    """In which the caller hears its question, the last time."""
    yes: Yes | None = None
    """The caller's to its question, that it does not know of yet."""
    allowed_s: float = -inf
    """When it was last told of one."""
    stop_asked: int | None = None
    """The turn in which an agent was told to ask whether it is really to stop."""
    read: str = ""
    """The question, by its id, that the caller has heard in full."""

    @property
    def open(self) -> bool:
        """It is under way, or its end is still to be heard."""
        return not self.task.delivered and (self.task.running or self.ending or self.tellings < MOST_TELLINGS)

    @property
    def unread(self) -> bool:
        """It asks something that nobody can say yes to yet: it is too long for a question, and was not read out."""
        question = self.task.question
        return question is not None and bool(question.whole) and self.read != question.ask

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
