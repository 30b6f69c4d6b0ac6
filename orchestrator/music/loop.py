"""A bed: a ring of sound at the house's level for music, whole frames long, whose end flows into its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voices.audio import FRAME_S, FRAME_SAMPLES, FULL_SCALE, RATE, Samples, samples, to_pcm

BED_DBFS: Final = -34.0
EVEN_S: Final = 1.6  # the level is evened out over so long: beats stay, swells go
MOST_LIFT: Final = 8.0  # 18 dB: a pause in a piece stays one
CEILING: Final = FULL_SCALE * 10 ** (-18.5 / 20)  # the loudest peak, far above the level
SEAM_S: Final = 2.0
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 300.0  # 9.6 MB

Wave = npt.NDArray[np.float32]


class TooShort(ValueError):
    """Less than a second of sound, or none at all in it, cannot be a bed."""


@dataclass(frozen=True, eq=False)
class Music:
    """`sound` is never written to: all calls share it. 32 kB a second."""

    title: str
    sound: Samples

    @classmethod
    def of(cls, title: str, ring: npt.NDArray[Any]) -> Music:
        """From a ring of any level, whole frames long. Raises TooShort."""
        if ring.size < SHORTEST_S * RATE or not ring.any():
            raise TooShort(f"{title}: there is less than {SHORTEST_S:g} s of sound in it")
        return cls(title, samples(to_pcm(_levelled(ring.astype(np.float32)))))

    @property
    def length(self) -> int:
        """In frames."""
        return self.sound.size // FRAME_SAMPLES

    def frame(self, number: int) -> Samples:
        """The 320 samples of this frame, counted from the beginning, for ever on."""
        start = number % self.length * FRAME_SAMPLES
        return self.sound[start : start + FRAME_SAMPLES]


def closed(pcm: bytes) -> Wave:
    """Any sound as a ring: its last two seconds, or a quarter of it, fade into its first ones."""
    line = samples(pcm)[: int(LONGEST_S * RATE)].astype(np.float32)
    seam = min(int(SEAM_S / FRAME_S), line.size // FRAME_SAMPLES // 4) * FRAME_SAMPLES
    size = (line.size // FRAME_SAMPLES) * FRAME_SAMPLES - seam
    ring = line[:size].copy()
    turn = np.linspace(0, np.pi / 2, seam, dtype=np.float32)
    ring[:seam] = ring[:seam] * np.sin(turn) + line[size : size + seam] * np.cos(turn)
    return ring


def _levelled(ring: Wave) -> Wave:
    blocks = np.square(ring, dtype=np.float64).reshape(-1, FRAME_SAMPLES).mean(axis=1)
    level = np.sqrt(np.maximum(_around(blocks), 1e-12))
    usual = np.sqrt(blocks.mean())
    gains = 1.0 / np.maximum(level, usual / MOST_LIFT)
    even = _at_level(ring * _between(gains))
    return _at_level(np.tanh(even / CEILING))


def _at_level(ring: npt.NDArray[Any]) -> Wave:
    return (ring * (FULL_SCALE * 10 ** (BED_DBFS / 20) / np.sqrt(np.mean(np.square(ring, dtype=np.float64))))).astype(np.float32)


def _around(blocks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean around each block of the ring, near ones counting more."""
    window = np.hanning(2 * min(int(EVEN_S / FRAME_S / 2), blocks.size // 2 - 1) + 1)
    reach = window.size // 2
    wrapped = np.concatenate((blocks[-reach:], blocks, blocks[:reach]))
    return np.convolve(wrapped, window / window.sum(), "valid").astype(np.float64)


def _between(gains: npt.NDArray[np.float64]) -> Wave:
    """A gain for each sample, from one for each frame: straight lines that meet where the frames do."""
    steps = (np.arange(FRAME_SAMPLES, dtype=np.float32) + 0.5) / FRAME_SAMPLES
    middle = gains.astype(np.float32)
    start, end = (middle + np.roll(middle, 1)) / 2, (middle + np.roll(middle, -1)) / 2
    return (start[:, None] + (end - start)[:, None] * steps).reshape(-1).astype(np.float32)
