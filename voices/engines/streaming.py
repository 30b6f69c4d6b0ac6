"""The last touch on speech that arrives in pieces: rate, gain, soft peaks, and no silence before or after it."""

from __future__ import annotations

from typing import Final

import numpy as np

from voices.audio import FULL_SCALE, RATE, Resampler, samples, to_pcm
from voices.engines.finishing import EDGE_S, soft_limit

_BLOCK: Final = RATE // 200
_SILENT_DB: Final = -42.0  # below the loudest block so far
_FLOOR: Final = 10 ** (-62 / 20)  # never speech, whatever comes later


class StreamFinisher:
    """One sentence from an engine (s16 mono at `rate`), as the call wants it.

    Silence is held back until speech follows it, so pauses stay and the end is clean; holding silence back delays nothing that
    anybody hears.
    """

    def __init__(self, rate: int, *, gain_db: float = 0.0) -> None:
        self._resampler = Resampler(rate)
        self._gain = 10 ** (gain_db / 20) / FULL_SCALE
        self._rest = np.zeros(0, np.float32)  # less than a block
        self._held = np.zeros(0, np.float32)
        self._loudest = 0.0
        self.spoke = False

    def push(self, pcm: bytes) -> bytes:
        """What is sure to be heard by now, at 16 kHz; may be empty."""
        return self._finished(self._resampler.push(pcm))

    def end(self) -> bytes:
        """The rest, with 20 ms of what follows the last sound."""
        out = self._finished(self._resampler.push(b"", last=True))
        tail = np.concatenate([self._held, self._rest])[: int(EDGE_S * RATE)] if self.spoke else self._held[:0]
        return out + _pcm(tail)

    def _finished(self, pcm: bytes) -> bytes:
        sound = np.concatenate([self._rest, samples(pcm).astype(np.float32) * np.float32(self._gain)])
        whole = sound.size // _BLOCK * _BLOCK
        self._rest, sound = sound[whole:], sound[:whole]
        levels = np.sqrt(np.square(sound).reshape(-1, _BLOCK).mean(axis=1)) if whole else np.zeros(0, np.float32)
        self._loudest = max(self._loudest, float(levels.max(initial=0.0)))
        loud = np.flatnonzero(levels > max(_FLOOR, self._loudest * 10 ** (_SILENT_DB / 20)))
        sound = np.concatenate([self._held, sound])
        if not loud.size:
            self._held = sound if self.spoke else sound[-int(EDGE_S * RATE) :]
            return b""
        held = self._held.size
        start = 0 if self.spoke else max(0, held + int(loud[0]) * _BLOCK - int(EDGE_S * RATE))
        end = held + (int(loud[-1]) + 1) * _BLOCK
        self.spoke, self._held = True, sound[end:]
        return _pcm(sound[start:end])


def _pcm(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    return to_pcm(soft_limit(sound) * FULL_SCALE)
