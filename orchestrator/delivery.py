"""How a result reaches its owner when no call of theirs is up: who brings it, what that came to, and when to try again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum, auto
from typing import Protocol

from pydantic import Field, field_validator

from agents.strict import Strict
from orchestrator.hours import Hours
from orchestrator.task import Task


class Verdict(StrEnum):
    """What a call to the owner came to."""

    DELIVERED = auto()
    """A person spoke, pressed a key, or heard the summary to its end; where they were to be asked, they answered."""
    BUSY = auto()
    NO_ANSWER = auto()
    REJECTED = auto()
    MACHINE = auto()
    """An answering machine has our short message, and nothing of the result."""
    UNHEARD = auto()
    """It was answered, and nobody heard enough of it."""
    FAILED = auto()
    """The line did not work."""


class Bearer(Protocol):
    """Brings results and questions to their owners."""

    async def bring(self, task: Task) -> Verdict:
        """Call the owner and tell or ask them; then it is a call like any other, and this returns when it is over. Never raises.

        What it was to ask, and nobody was there to answer, is a no.
        `task.delivered` is set as soon as they have heard enough: from then on not even a crash makes them hear it again.
        A machine that has our message already (`task.messaged`) gets none.
        """
        ...

    async def brought(self, task: Task) -> bool:
        """Whether a call that a crash cut off had told them enough, by what it left in its journal."""
        ...


class CallbackSettings(Strict):
    """When the owner is called back, and how often."""

    hours: str = Field(default="08:00-22:00", description="When the phone may ring, in the time zone of `house.zone`.")
    retries: tuple[float, ...] = Field(
        default=(1, 5, 15, 60),
        max_length=20,
        description="Minutes until the next try, one for each; an answering machine is called once more, after the longest.",
    )

    asks: bool = Field(
        default=True, description="Whether to ring, within the hours, when the work asks something and you are not on the line."
    )

    @field_validator("hours")
    @classmethod
    def _hours(cls, hours: str) -> str:
        Hours.parse(hours)
        return hours

    @field_validator("retries")
    @classmethod
    def _forward(cls, retries: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= minutes <= 10_080 for minutes in retries):
            raise ValueError("minutes, from 0 to a week")
        return retries


def next_call(settings: CallbackSettings, tried: Sequence[Verdict], at: datetime, zone: tzinfo | None) -> datetime | None:
    """When to call after these calls, the last of which ended at `at` (none yet: it has been ready since then).

    None: not any more; the result waits until the owner calls.
    """
    wait = _wait(settings, tried)
    return None if wait is None else Hours.parse(settings.hours).next(at + wait, zone)


def may_ask(settings: CallbackSettings, at: datetime, zone: tzinfo | None) -> bool:
    """Whether the owner may be called now to be asked."""
    return settings.asks and Hours.parse(settings.hours).hold(at, zone)


def _wait(settings: CallbackSettings, tried: Sequence[Verdict]) -> timedelta | None:
    if not tried:
        return timedelta()
    if Verdict.DELIVERED in tried:
        return None
    if Verdict.MACHINE in tried:
        # It has our message, and they will call. One more call, later, in case nobody listens to it.
        last_is_first = tried.index(Verdict.MACHINE) == len(tried) - 1
        return timedelta(minutes=max(settings.retries)) if last_is_first and settings.retries else None
    return timedelta(minutes=settings.retries[len(tried) - 1]) if len(tried) <= len(settings.retries) else None
