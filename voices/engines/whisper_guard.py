"""What Whisper heard of a stretch of sound, and whether that was said: silence, noise and music make it invent words.

Measured with tiny.en on 25 minutes of silence, noise, tones, keys and music, and on 1,000 single words by ten voices, wide and
through a telephone. Neither of the model's own signs keeps them apart (no_speech 0.4-0.9 against 0.0-0.7, mean log probability
-3.7 to -0.8 against -2.0 to 0); both together with the speech detector's opinion do. No text is suspicious as such: a "thank you"
is as good as what was heard with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_REPEATS: Final = 2.4  # text that compresses so well repeats itself …
_FASTEST: Final = 7.0  # … and nobody says so many tokens a second: some people do say no ten times
_LOG_WEIGHT: Final = 0.25
_UNHEARD: Final = 0.65  # the most doubt that is believed where the detector hears nobody …
_NOBODY: Final = 0.7  # of words that were said it was never more
_HEARD: Final = 0.5  # … and how much more where it is certain


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, with what the model thinks of it."""

    text: str
    no_speech: float
    """Probability that nobody speaks."""
    mean_log: float
    """Mean log probability of a token."""
    compression: float
    """How well it compresses."""
    tokens_per_s: float

    @property
    def loops(self) -> bool:
        """Whether the decoder said the same again and again, rather than the caller."""
        return self.compression > _REPEATS and self.tokens_per_s > _FASTEST


def believable(segment: Segment, speech: float) -> bool:
    """Was it said? `speech`: how sure the detector is that somebody speaks, 0 to 1, at the surest 0.2 s of the utterance."""
    if not any(char.isalnum() for char in segment.text) or segment.loops:
        return False
    return segment.no_speech - _LOG_WEIGHT * segment.mean_log < _UNHEARD + _HEARD * speech


def doubt(segments: Sequence[Segment]) -> float:
    """0 when every token was certain, towards 1 when they were guesses, or nobody seems to speak; the worst stretch counts."""
    guesses = [1 - math.exp(min(0.0, segment.mean_log)) for segment in segments]
    nobody = [segment.no_speech for segment in segments if segment.no_speech > _NOBODY]
    return max([*guesses, *nobody], default=0.0)
