"""What can happen in a call about long work: the part of `events` that is about tasks, each with the task's id."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from agents.work import Went
from orchestrator.fact import CallEvent


class TaskStarted(CallEvent, kind="task_started"):
    task: str
    agent: str
    title: str
    what: str
    minutes: float
    """As estimated."""


class TaskAttended(CallEvent, kind="task_attended"):
    """This work was begun before the call, which listens to it from now on; what it last told, or asks, follows."""

    task: str
    agent: str
    title: str
    what: str
    minutes: float
    mood: str
    since_s: float
    """How long ago it was begun."""
    over: bool = False
    """It was over by then, and its owner had not heard the end."""


class TaskProgress(CallEvent, kind="task_progress"):
    """The run told something. `said` is in its own words; else `what` names the step."""

    task: str
    what: str = ""
    said: str = ""
    passing: bool = False
    """Written in passing, and not meant for the caller."""
    step: int = 0
    of: int = 0
    went: Went = ""


class TaskAsked(CallEvent, kind="task_asked"):
    """The run asks, and waits; the caller is `asked` when the moment has come."""

    task: str
    question: str
    tool: str = ""
    """What it wants to use; empty for a question of its own, which any words answer."""
    exact: str = ""
    risky: bool = False
    whole: str = ""
    """All of it as it is read out, where that is too long for a question."""


class HoldStarted(CallEvent, kind="hold_started"):
    task: str
    mood: str


class HoldEnded(CallEvent, kind="hold_ended"):
    task: str
    why: Literal["done", "call_back", "hung_up", "moved"]
    """`moved`: another server has the task now."""


class Narrated(CallEvent, kind="narrated"):
    """A line is told about the work; `of` are the entries (their `seq`) that it tells."""

    task: str
    agent: str
    text: str
    of: tuple[int, ...] = ()


class Asked(CallEvent, kind="asked"):
    """The run asked, and now the caller is asked."""

    task: str
    question: str
    exact: str = ""
    """What would be done: the command, file or address itself."""
    risky: bool = False
    again: bool = False


class Answered(CallEvent, kind="answered"):
    task: str
    yes: bool
    by: Literal["voice", "key", "silence", "policy"]


class TaskDone(CallEvent, kind="task_done"):
    task: str
    ok: bool
    why: str = ""
    """Its error's code, where it was not finished."""
    result: str = ""
    """What came out, or was achieved: as much of it as Claude reads."""
    spoken: str = ""
    """What the run says of it itself."""
    usd: Decimal


class CallbackDialing(CallEvent, kind="callback_dialing"):
    """The owner's phone is rung now, to tell what came out of this task."""

    task: str


class CallbackDelivered(CallEvent, kind="callback_delivered"):
    """They have heard it."""

    task: str
