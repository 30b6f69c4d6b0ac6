"""Ears: the seam between any recogniser and the call.

RecognitionError
├── RecognizerUnavailable    the engine is not installed or its model is missing; the message says how to get it
└── RecognizerFailed         it broke on this utterance; the next one may work
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from agents import bounds
from voices.audio import Frame


class RecognitionError(Exception):
    code: ClassVar[str] = "recognition_failed"
    retryable: ClassVar[bool] = False


class RecognizerUnavailable(RecognitionError):
    code = "recognizer_unavailable"


class RecognizerFailed(RecognitionError):
    retryable = True


@dataclass(frozen=True, slots=True)
class Heard:
    """What an utterance said."""

    text: str
    """Words as the engine spells them; empty when there were none, or when it would be guessing."""
    final: bool
    """False for a partial text, which may still change."""
    engine: str
    doubt: float = 0.0
    """0 = sure, 1 = a guess; engines that cannot tell say 0."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", bounds.heard(self.text))


class Recognizer(Protocol):
    """One engine, loaded once and shared by all calls. Any number of utterances may be under way at the same time."""

    @property
    def name(self) -> str: ...

    async def warm(self) -> None:
        """Load the model and run it once, so that the first caller does not wait. Raises RecognizerUnavailable."""
        ...

    def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        """Partial texts while `speech` goes on, if the engine can; then exactly one final one, soon after it ends.

        `hints` are words that are likely (names of agents). Frames may come faster than real time. Close the generator to
        give up early (`contextlib.aclosing`). Raises RecognizerFailed.
        """
        ...

    async def aclose(self) -> None: ...
