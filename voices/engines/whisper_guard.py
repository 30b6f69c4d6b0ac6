"""What Whisper heard of a stretch of sound, and whether that was said: noise makes it invent words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Whisper was trained on subtitles, and writes their boilerplate when it hears noise.
_BOILERPLATE: Final = frozenset(
    ("thank you", "thanks for watching", "thank you for watching", "thank you very much", "please subscribe", "bye", "you", "so",
     "subtitles by the amaraorg community", "like and subscribe", "see you next time", "the end")
)  # fmt: skip
REPEATS: Final = 2.4
"""Text that compresses so well repeats itself."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, with what the model thinks of it."""

    text: str
    no_speech: float
    """Probability that nobody speaks."""
    mean_log: float
    """Mean log probability of a token."""
    compression: float
    """How well it compresses: above `REPEATS` it repeats itself."""


def believable(segment: Segment, level_dbfs: float, prompt: str = "") -> bool:
    """Is it something that was said, rather than what Whisper makes of noise? `level_dbfs` is the utterance's."""
    words = "".join(char for char in segment.text.lower() if char.isalnum() or char.isspace()).strip()
    if not words or (segment.no_speech > 0.6 and segment.mean_log < -1) or segment.compression > REPEATS:
        return False
    # Silence makes it repeat what it was told to expect.
    if prompt and segment.text.strip(" .") == prompt.strip(" ."):
        return False
    return words not in _BOILERPLATE or (segment.no_speech <= 0.06 and level_dbfs > -50)


def doubt(segments: Sequence[Segment]) -> float:
    """0 when every token was certain, towards 1 when they were guesses; the worst stretch counts."""
    return max((1 - math.exp(min(0.0, segment.mean_log)) for segment in segments), default=0.0)
