"""Is it the caller who speaks, or our own voice coming back, or somebody far away? Pure: sound in, answer out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import Frame, samples, speech_level_dbfs

LIKENESS: Final = 0.55  # a clean echo over G.711 correlates above 0.75, speech of somebody else stays under 0.5
SHORTEST_SAMPLES: Final = 800
FAR_DB: Final = 12.0  # below the caller's usual level: it is not them who speaks into the phone
TURNS: Final = 8  # that the usual level is taken from
LONGEST_FRAMES: Final = 250  # 5 s: of a longer turn the end says enough


def is_echo(caller: bytes, played: bytes) -> bool:
    """Whether `caller` is a delayed, quieter copy of part of `played` (which must begin at least as early)."""
    sound = samples(played).astype(np.float32)
    # What is compared are the steps from sample to sample: in them a voice's lowest tone does not outweigh everything else. By
    # that tone alone, two people who begin to speak at the same pitch are alike.
    heard, ours = np.diff(samples(caller).astype(np.float32)), np.diff(sound)
    if heard.size + 1 < SHORTEST_SAMPLES or ours.size < heard.size:
        return False
    energy = float(np.dot(heard, heard))
    size = 1 << int(np.ceil(np.log2(ours.size + heard.size)))
    match = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(heard, size)), size)[: ours.size - heard.size + 1]
    # Where we were as good as silent nothing can have come back, however alike two noises look.
    loud = _energies(sound[1:], heard.size) > heard.size * 50.0**2
    if energy == 0 or not loud.any():
        return False
    likeness = np.abs(match[loud]) / np.sqrt(_energies(ours, heard.size)[loud] * energy)
    return bool(likeness.max() >= LIKENESS)


def _energies(sound: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float64]:
    """Of each stretch of that many samples."""
    sums = np.concatenate(([0.0], np.cumsum(sound.astype(np.float64) ** 2)))
    return sums[width:] - sums[:-width]


def level_db(frames: Sequence[Frame]) -> float:
    """Of the speech in it."""
    return speech_level_dbfs(b"".join(frames[-LONGEST_FRAMES:]))


class CallerLevel:
    """Of one caller, in one call."""

    def __init__(self) -> None:
        self._turns: deque[float] = deque(maxlen=TURNS)

    def is_far(self, turn_db: float) -> bool:
        """False as long as nothing is known of them."""
        return bool(self._turns) and turn_db <= median(self._turns) - FAR_DB

    def learn(self, turn_db: float) -> None:
        """Of a turn with words. A far one teaches nothing: a television that goes on does not become the caller."""
        if not self.is_far(turn_db):
            self._turns.append(turn_db)
