"""Is it the caller, or our own voice coming back? Pure: sound in, answer out."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import samples

LIKENESS: Final = 0.55  # a clean echo over G.711 correlates above 0.75, speech of somebody else stays under 0.5
SHORTEST_SAMPLES: Final = 800


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
