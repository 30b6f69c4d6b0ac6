"""The last touch on synthesised speech: rate, silence around it, house level, soft peaks; marks stay where the words are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, Resampler, samples, to_pcm
from voices.synthesis import Mark, Sound

EDGE_S: Final = 0.02  # silence kept before and after, so that no consonant is cut
_EDGE: Final = int(EDGE_S * RATE)
_BLOCK: Final = RATE // 200
_SILENT: Final = 10 ** (-42.0 / 10)  # of the power of the loudest block
_EXPECTED: Final = 10 ** (-13.0 / 10)  # the least power that the loudest block of speech has: what comes before it may be silence
_KNEE: Final = 0.5  # below half of full scale nothing is bent
_CEILING: Final = 0.69  # -3.2 dBFS: peaks stay under -3 dBFS

_Values = npt.NDArray[np.float32]


class Finisher:
    """Finishes one sentence as its sound becomes ready, in pieces of any size.

    A silence is held back until sound follows it, for it may be the last: pauses stay as they are, and the end is clean.
    """

    def __init__(self, rate: int = RATE, *, gain_db: float = 0.0) -> None:
        self._resampler = Resampler(rate)
        self._gain = np.float32(10 ** (gain_db / 20))
        self._odd = b""
        self._held = np.zeros(0, np.float32)
        self._loudest = _EXPECTED
        self.begun = False
        """There was sound."""
        self.cut_s = 0.0
        """The silence that was cut from the start; final once there is sound."""

    @property
    def quiet_s(self) -> float:
        """Of silence, since the last sound or the beginning."""
        return self._held.size / RATE

    def push_pcm(self, pcm: bytes, *, last: bool = False) -> bytes:
        """As `push`, for s16 mono at the sentence's rate; `last` also gives the rest."""
        pcm = self._odd + pcm
        even = len(pcm) // 2 * 2
        self._odd = pcm[even:]
        ready = self.push(samples(self._resampler.push(pcm[:even], last=last)).astype(np.float32) / np.float32(FULL_SCALE))
        return ready + self.rest() if last else ready

    def push(self, sound: _Values) -> bytes:
        """The PCM that is ready, of 16 kHz samples where 1 is full scale."""
        self._held = np.concatenate([self._held, sound * self._gain])
        blocks = np.square(self._held[: self._held.size // _BLOCK * _BLOCK]).reshape(-1, _BLOCK).mean(axis=1)
        # Engines breathe noise at the edges, so silence is relative to the loudest so far.
        self._loudest = max(self._loudest, float(blocks.max(initial=0.0)))
        loud = np.flatnonzero(blocks > self._loudest * _SILENT)
        if not loud.size:
            return b""
        start = 0
        if not self.begun:
            start = max(0, int(loud[0]) * _BLOCK - _EDGE)
            self.begun, self.cut_s = True, start / RATE
        end = (int(loud[-1]) + 1) * _BLOCK
        ready, self._held = self._held[start:end], self._held[end:]
        return _pcm(ready)

    def rest(self) -> bytes:
        """What is kept of the silence at the end."""
        return _pcm(self._held[:_EDGE]) if self.begun else b""


def finish(pcm: bytes, rate: int, marks: tuple[Mark, ...] = (), *, gain_db: float = 0.0) -> Sound:
    """A sentence as an engine made it (s16 mono at `rate`), as the call wants it."""
    finisher = Finisher(rate, gain_db=gain_db)
    spoken = finisher.push_pcm(pcm, last=True)
    return Sound(spoken, moved(marks, finisher.cut_s))


def moved(marks: Iterable[Mark], cut_s: float) -> tuple[Mark, ...]:
    """The marks after `cut_s` were cut from the start."""
    return tuple(Mark(mark.char, max(0.0, mark.at_s - cut_s)) for mark in marks)


def word_starts(text: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Only the marks at the beginning of a written word, in order: engines also mark each part of `1,234` or of `it's`."""
    kept: list[Mark] = []
    for mark in marks:
        before = text[: mark.char].rsplit(maxsplit=1)[-1] if mark.char and not text[mark.char - 1].isspace() else ""
        if mark.char < len(text) and not any(map(str.isalnum, before)) and (not kept or mark.char > kept[-1].char):
            kept.append(mark)
    return tuple(kept)


def _pcm(sound: _Values) -> bytes:
    """With what is louder than half of full scale bent, so that no peak passes -3.2 dBFS."""
    room = _CEILING - _KNEE
    over = np.abs(sound) - _KNEE
    soft = np.where(over > 0, np.sign(sound) * (_KNEE + room * np.tanh(over / room)), sound)
    return to_pcm(soft * FULL_SCALE)
