"""What the imitation of ElevenLabs says: a tone for each voice, with the times of its characters."""

from __future__ import annotations

from typing import Final

import numpy as np

from voices.audio import RATE
from voices.engines.tones import tone

VOICES: Final = ("imitationKai", "imitationAda", "imitationBo", "imitationCy")
PIECE_S: Final = 0.25
CHAR_S: Final = 0.07
_EDGE_S: Final = 0.1  # of silence before and after, which clients do not want

Piece = tuple[bytes, list[str], list[float]]
"""Samples, characters, and when each begins in this piece."""


def pieces(text: str, voice: str, speed: float, trouble: str | None) -> list[Piece]:
    """`trouble` may be silence, mp3 (a file's header) or fast (three times the rate)."""
    spoken = text.strip()
    char_s = CHAR_S / speed
    hz = 150.0 + 60 * (VOICES.index(voice) if voice in VOICES else 0)
    loud = tone(hz, len(spoken) * char_s, 4_635.0)
    edge = bytes(2 * int(_EDGE_S * RATE))
    pcm = edge + (bytes(len(loud)) if trouble == "silence" else loud) + edge
    if trouble == "mp3":
        pcm = b"ID3\x04" + pcm
    if trouble == "fast":
        pcm = np.repeat(np.frombuffer(pcm, "<i2"), 3).tobytes()
    size = 2 * int(PIECE_S * RATE)
    found: list[Piece] = []
    for start in range(0, len(pcm), size):
        from_s, to_s = start / 2 / RATE, (start + size) / 2 / RATE
        inside = [(char, _EDGE_S + n * char_s) for n, char in enumerate(spoken) if from_s <= _EDGE_S + n * char_s < to_s]
        found.append((pcm[start : start + size], [char for char, _ in inside], [at_s - from_s for _, at_s in inside]))
    return found
