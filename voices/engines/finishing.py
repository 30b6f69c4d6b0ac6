"""The last touch on synthesised speech: rate, silence around it, house level, soft peaks; marks stay where the words are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, resample, samples, to_pcm
from voices.synthesis import Mark, Sound

EDGE_S: Final = 0.02  # silence kept before and after, so that no consonant is cut
_BLOCK: Final = RATE // 200
_SILENT_DB: Final = -42.0  # below the loudest block
_KNEE: Final = 0.5  # below half of full scale nothing is bent
_CEILING: Final = 0.69  # -3.2 dBFS: peaks stay under -3 dBFS


def finish(pcm: bytes, rate: int, marks: tuple[Mark, ...] = (), *, gain_db: float = 0.0) -> Sound:
    """A sentence as an engine made it (s16 mono at `rate`), as the call wants it."""
    sound = samples(resample(pcm, rate)).astype(np.float32) * np.float32(10 ** (gain_db / 20) / FULL_SCALE)
    start, end = _spoken_part(sound)
    moved = tuple(Mark(mark.char, max(0.0, mark.at_s - start / RATE)) for mark in marks)
    return Sound(to_pcm(soft_limit(sound[start:end]) * FULL_SCALE), moved)


def word_starts(text: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Only the marks at the beginning of a written word, in order: engines also mark each part of `1,234` or of `it's`."""
    kept: list[Mark] = []
    for mark in marks:
        before = text[: mark.char].rsplit(maxsplit=1)[-1] if mark.char and not text[mark.char - 1].isspace() else ""
        if mark.char < len(text) and not any(map(str.isalnum, before)) and (not kept or mark.char > kept[-1].char):
            kept.append(mark)
    return tuple(kept)


def _spoken_part(sound: npt.NDArray[np.float32]) -> tuple[int, int]:
    """From the first to the last 5 ms that are not silent; engines breathe noise at the edges, so silence is relative."""
    blocks = np.square(sound[: sound.size // _BLOCK * _BLOCK]).reshape(-1, _BLOCK).mean(axis=1)
    if not blocks.size or blocks.max() < 1e-9:
        return 0, 0
    loud = np.flatnonzero(blocks > blocks.max() * 10 ** (_SILENT_DB / 10))
    edge = int(EDGE_S * RATE)
    return max(0, int(loud[0]) * _BLOCK - edge), min(sound.size, (int(loud[-1]) + 1) * _BLOCK + edge)


def soft_limit(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    room = _CEILING - _KNEE
    over = np.abs(sound) - _KNEE
    return np.where(over > 0, np.sign(sound) * (_KNEE + room * np.tanh(over / room)), sound).astype(np.float32)
