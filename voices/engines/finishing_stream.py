"""The last touch on speech that arrives in pieces: gain, soft peaks, no silence around it; marks stay where the words are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, samples, to_pcm
from voices.engines.finishing import EDGE_S, soft_limit
from voices.synthesis import Mark, Sound, SynthesizerFailed

_BLOCK: Final = RATE // 200
_EDGE: Final = int(EDGE_S * RATE)
_SILENT: Final = 10 ** (
    -50 / 20
)  # the loudest block of speech is not known yet, so silence is absolute: 30 dB below the house level
_LONGEST_LEAD: Final = RATE  # samples of silence before the first sound; more is a failure
_LONGEST_HELD: Final = RATE * 6 // 10  # a quiet end is held back so long, as it may be the end of all; a longer pause goes out


class StreamFinisher:
    """One sentence, 16 kHz mono s16. Adds no delay while there is speech; only quiet ends of pieces wait for what follows."""

    def __init__(self, *, gain_db: float = 0.0) -> None:
        self._gain = np.float32(10 ** (gain_db / 20) / FULL_SCALE)
        self._held = np.zeros(0, np.float32)
        self._marks: list[Mark] = []
        self._started = False
        self._skipped = 0  # samples of silence before the sentence

    def push(self, pcm: bytes, marks: Iterable[Mark] = ()) -> Sound | None:
        """What may be heard now; `marks` count from the first sample pushed. Raises SynthesizerFailed if all is silent."""
        self._marks += marks
        self._held = np.concatenate((self._held, soft_limit(samples(pcm).astype(np.float32) * self._gain)))
        if not self._started:
            self._skip_lead()
        return self._release(max(self._spoken(), self._held.size - _LONGEST_HELD))

    def end(self) -> Sound | None:
        """The rest, without the silence after it."""
        self._held = np.pad(self._held, (0, -self._held.size % _BLOCK))
        return self._release(self._spoken())

    def _skip_lead(self) -> None:
        loud = _loud(self._held)
        self._started = bool(loud.size)
        cut = max(0, int(loud[0]) * _BLOCK - _EDGE) if self._started else max(0, self._held.size - _EDGE) // _BLOCK * _BLOCK
        self._held = self._held[cut:]
        self._skipped += cut
        if self._skipped > _LONGEST_LEAD:
            raise SynthesizerFailed(f"{self._skipped / RATE:.1f} s of silence in place of speech")

    def _spoken(self) -> int:
        """Up to the last block that is not silent, and a little more."""
        loud = _loud(self._held)
        return (int(loud[-1]) + 1) * _BLOCK + _EDGE if loud.size else 0

    def _release(self, until: int) -> Sound | None:
        if not self._started or (until <= 0 and not self._marks):
            return None
        ready, self._held = self._held[: max(0, until)], self._held[max(0, until) :]
        marks, self._marks = self._marks, []
        return Sound(
            to_pcm(ready * FULL_SCALE), tuple(Mark(one.char, max(0.0, one.at_s - self._skipped / RATE)) for one in marks)
        )


def _loud(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The blocks that are not silent; what does not fill a block is left out."""
    blocks = sound[: sound.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return np.flatnonzero(np.sqrt(np.square(blocks).mean(axis=1)) > _SILENT)
