"""The seam between the phone and long work: one run of it as events, with the caller's words going in while it runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeVar

from anyio.abc import ObjectReceiveStream

from agents.definition import Agent
from agents.errors import WorkError


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, by whom."""

    task: str
    """The task's id: letters, digits and `-`."""
    prompt: str
    """Verbatim: nothing in it is expanded, dispatched or run."""
    agent: Agent
    """Whose work it is; `agent.task` says what it may use and cost."""
    folder: Path
    """Where it works; exists."""
    session: str = ""
    """Of a run that was cut off, to be gone on with."""


@dataclass(frozen=True, slots=True)
class Began:
    """The run has a process and a session: with these it can be found, ended and gone on with after a crash."""

    session: str
    pid: int
    started: int
    """When the process started, in the kernel's ticks since boot: a pid alone may be somebody else's by now."""


Went = Literal["", "failed", "refused", "worked", "over"]
"""`refused` by a rule; `worked` after it had failed; `over`: none of that kind is any more (a plan's step, a phase)."""


@dataclass(frozen=True, slots=True)
class Working:
    """What the run is doing now, as a fact: to be worded by whoever tells it."""

    what: str
    """What kind of step: a tool's name (`Bash`, `Write`, `WebSearch`), or

    `phase`, `criteria` (met, of those there are), `plan` (the step of its own list that it is at), `helper` (what one does),
    `api_retry` (Claude does not answer, and is asked again), `rate_limit` (Claude will not answer for a while).
    """
    detail: str = ""
    """In the run's own words, fit to be spoken (no path, no code, one line); often empty."""
    step: int = 0
    of: int = 0
    """Where it counts its steps: `step` of `of`; else 0."""
    went: Went = ""
    """How it went, where that is known and matters."""


@dataclass(frozen=True, slots=True)
class Says:
    """The run's own words: at most two plain sentences, fit to be spoken."""

    text: str
    passing: bool = False
    """Of the moment: written between two steps, or said so. Else it is meant for the caller, and still worth telling later."""


@dataclass(frozen=True, slots=True)
class Asks:
    """The run waits for an answer."""

    ask: str
    """The question's id, for the `Answer`."""
    question: str
    """To be spoken; ends in a question mark."""
    tool: str = ""
    """The tool it wants to use: then yes or no is the answer. Empty for a question of its own, which any words answer."""
    exact: str = ""
    """What exactly would be done: the command, file or address itself; to be read, not spoken."""
    risky: bool = False
    """The caller must be known by more than their number."""
    whole: str = ""
    """All that would be done, to be spoken, where that is too long for a question: a yes counts only after it was read out."""
    step: str = ""
    """The detail of the step that it is asked for, as `Working` has told it."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the run has cost so far, all of it."""

    usd: Decimal
    model: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """It is finished; nothing follows."""

    result: str
    """In full, as written (Markdown perhaps)."""
    spoken: str
    """What it says of its result itself, fit to be spoken; may be empty."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended without being finished; nothing follows."""

    error: WorkError
    achieved: str
    """What it last said that it had done; may be empty."""


TaskEvent = Began | Working | Says | Asks | Spent | Done | Failed


Lack = Literal["", "nobody", "silence", "pin", "no_pin", "secret"]
"""Of an answer: nobody to ask, none to what was asked twice, a yes without the PIN that it needs, or no PIN that is set; or
what was asked for is a PIN, a password or a code, and nobody is asked for one.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    ask: str
    yes: bool
    words: str = ""
    """As spoken."""
    why: Lack = ""
    """It is a no because there is none: the run is told so."""


@dataclass(frozen=True, slots=True)
class Add:
    """Another wish of the caller's, for the run under way."""

    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop now, and tell what was achieved: `Failed(Stopped(), …)` follows."""


Word = Answer | Add | Stop
T = TypeVar("T", bound=TaskEvent | Word)

_NAMES: Final = frozenset(["ask", "tool", "session", "model", "why", "went"])


def texts(one: TaskEvent | Word) -> list[str]:
    """Its words, in which a secret may be."""
    return [str(getattr(one, field.name)) for field in fields(one) if field.name not in _NAMES]


def hidden(one: T, hide: Callable[[str], str]) -> T:
    """As it may be told: a secret of the house is taken out of its words."""
    words = {field.name: getattr(one, field.name) for field in fields(one) if field.name not in _NAMES}
    changed: dict[str, Any] = {name: new for name, text in words.items() if isinstance(text, str) and (new := hide(text)) != text}
    if isinstance(one, Failed):
        detail = str(one.error).removeprefix(one.error.says).strip()
        changed |= {"error": type(one.error)(hide(detail))} if hide(detail) != detail else {}
    return replace(one, **changed) if changed else one


class TaskRunner(Protocol):
    """Does long work; any number of runs may be under way."""

    def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent, None]:
        """Does it, in the agent's limits of time and money. `Done` or `Failed` is the last event; WorkError is never raised.

        Use `contextlib.aclosing`: closing early stops the work (interrupts, then terminates) and leaves no process behind.
        What it waits for an answer is not of its time, within reason (`agents.work_time`). When `words` ends, nobody listens any
        more: a question is then answered with no.
        """
        ...

    async def reap(self, began: Began) -> bool:
        """End what is left of a run whose server died, with all that it started. False if nothing was left."""
        ...
