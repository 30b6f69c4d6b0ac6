"""What `finishing` does to a whole sentence, for one that comes in pieces: rate, level, no silence before and after."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, Resampler, samples, to_pcm
from voices.engines.finishing import EDGE_S, soft_limit

_BLOCK: Final = RATE // 200  # 5 ms
_SILENT: Final = 10 ** (-48 / 20)  # RMS; against full scale, for nobody knows yet how loud the sentence will be


class StreamedSound:
    """16 kHz PCM from s16 mono pieces of any size. Quiet stretches are held back until something follows them."""

    def __init__(self, rate: int, gain_db: float) -> None:
        self._resampler = Resampler(rate)
        self._gain = np.float32(10 ** (gain_db / 20) / FULL_SCALE)
        self._rest = np.empty(0, np.float32)
        self._quiet = np.empty(0, np.float32)
        self._odd = b""
        self._spoke = False

    @property
    def quiet_s(self) -> float:
        """Of silence, since the last sound or the beginning."""
        return self._quiet.size / RATE

    def push(self, pcm: bytes, *, last: bool = False) -> bytes:
        """What is ready by now. `last` also flushes the filter, and drops the silence at the end."""
        pcm = self._odd + pcm
        even = len(pcm) // 2 * 2
        self._odd = pcm[even:]
        new = samples(self._resampler.push(pcm[:even], last=last)).astype(np.float32) * self._gain
        sound = np.concatenate((self._rest, new))
        whole = sound.size if last else sound.size // _BLOCK * _BLOCK
        self._rest = sound[whole:]
        return to_pcm(soft_limit(self._between_silences(sound[:whole], last=last)) * FULL_SCALE)

    def _between_silences(self, sound: npt.NDArray[np.float32], *, last: bool) -> npt.NDArray[np.float32]:
        edge = int(EDGE_S * RATE)
        blocks = np.square(sound[: sound.size // _BLOCK * _BLOCK]).reshape(-1, _BLOCK).mean(axis=1)
        loud = np.flatnonzero(blocks > _SILENT**2)
        ready = np.empty(0, np.float32)
        if loud.size:
            end = (int(loud[-1]) + 1) * _BLOCK
            ready = np.concatenate((self._quiet, sound[:end]))
            if not self._spoke:
                ready = ready[max(0, self._quiet.size + int(loud[0]) * _BLOCK - edge) :]
            self._spoke, self._quiet, sound = True, np.empty(0, np.float32), sound[end:]
        self._quiet = np.concatenate((self._quiet, sound))
        return np.concatenate((ready, self._quiet[:edge])) if last and self._spoke else ready
