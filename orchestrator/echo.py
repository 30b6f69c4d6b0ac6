"""Is it the caller, or our own voice coming back? Pure: sound in, answer out."""

from __future__ import annotations

from typing import Final

import numpy as np

from voices.audio import samples

LIKENESS: Final = 0.55  # a clean echo over G.711 correlates above 0.8, speech of somebody else stays under 0.25
SHORTEST_SAMPLES: Final = 800


def is_echo(caller: bytes, played: bytes) -> bool:
    """Whether `caller` is a delayed, quieter copy of part of `played` (which must begin at least as early)."""
    heard = samples(caller).astype(np.float32)
    ours = samples(played).astype(np.float32)
    if heard.size < SHORTEST_SAMPLES or ours.size < heard.size:
        return False
    heard -= heard.mean()
    energy = float(np.dot(heard, heard))
    size = 1 << int(np.ceil(np.log2(ours.size + heard.size)))
    match = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(heard, size)), size)[: ours.size - heard.size + 1]
    sums = np.concatenate(([0.0], np.cumsum(ours.astype(np.float64) ** 2)))
    window = sums[heard.size :] - sums[: -heard.size]
    # Where we were as good as silent nothing can have come back, however alike two noises look.
    loud = window > heard.size * 50.0**2
    if energy == 0 or not loud.any():
        return False
    likeness = np.abs(match[loud]) / np.sqrt(window[loud] * energy)
    return bool(likeness.max() >= LIKENESS)
