"""How a result reaches its owner when no call of theirs is up: what a try to call them came to."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Protocol

from orchestrator.tasks import Task


class Verdict(StrEnum):
    """What a call to the owner came to."""

    DELIVERED = auto()
    """A person spoke, pressed a key, or heard the summary to its end."""
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
    """Brings results to their owners."""

    async def bring(self, task: Task) -> Verdict:
        """Call the owner and tell them; then it is a call like any other, and this returns when it is over. Never raises."""
        ...
