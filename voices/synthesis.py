"""Mouths: the seam between any synthesiser and the call.

SynthesisError
├── SynthesizerUnavailable   the engine is not installed or has no key; the message says how to get it
├── UnknownVoice             the engine cannot render this voice
└── SynthesizerFailed        it broke on this sentence; the next one may work
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

NOTHING: Final = Decimal(0)


class SynthesisError(Exception):
    code: ClassVar[str] = "synthesis_failed"
    retryable: ClassVar[bool] = False


class SynthesizerUnavailable(SynthesisError):
    code = "synthesizer_unavailable"


class UnknownVoice(SynthesisError):
    code = "unknown_voice"


class SynthesizerFailed(SynthesisError):
    retryable = True


@dataclass(frozen=True, slots=True)
class Rendering:
    """How one engine renders one voice: its part of `voices/<id>.yaml`."""

    voice: str
    """The voice's id, as agents name it."""
    engine: str
    gain_db: float = 0.0
    """Brings this rendering to the house level (-20 dBFS RMS while speaking); measured, not guessed."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The engine's own settings (variant, pitch, clip, voice id …), as its options model checked them."""
    speed: float = 1.0
    """Times the engine's usual pace, over what the options say."""
    language: str = "en"
    """BCP 47."""
    folder: Path = Path()
    """Where the voice's file lies: paths in `options` are relative to it."""
    digest: str = ""
    """Changes when the voice's file does: part of the key of whatever is kept of its sound."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The word that starts at `char` in the text begins `at_s` after the sentence's first sample."""

    char: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a spoken sentence: 16 kHz mono s16 PCM of any length, and the marks that are known by now.

    An engine that marks words marks each no later than with the sound of the next: the catalogue holds a word back until then.
    """

    pcm: bytes
    marks: tuple[Mark, ...] = ()
    cost_usd: Decimal = NOTHING
    """What the engine charges for it; a sentence's cost stands on its first piece."""


@runtime_checkable
class Maintained(Protocol):
    """A synthesizer that does better with something running beside it, such as what keeps its connections warm."""

    async def maintain(self) -> None:
        """Runs until cancelled, after `warm` and before `aclose`; never raises. Sentences work without it."""
        ...


class Synthesizer(Protocol):
    """One engine, loaded once and shared by all calls."""

    @property
    def name(self) -> str: ...

    async def warm(self) -> None:
        """Load what the first sentence needs. Raises SynthesizerUnavailable."""
        ...

    def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        """One sentence, in pieces as they become ready, gain applied, without silence before or after (at most 30 ms).

        Closing the generator stops the work. Raises SynthesizerFailed, UnknownVoice.
        """
        ...

    async def aclose(self) -> None: ...
