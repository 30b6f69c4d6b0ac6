"""Sound that is no speech: endless silence, noise at full level, bytes that are no samples. It is caught before it is heard."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, samples
from voices.synthesis import SynthesizerFailed

BLOCK: Final = RATE // 25  # 40 ms: what is judged at once
SILENT_DB: Final = -60.0  # dBFS; speech is at -20, and no pause of an engine's is louder than it has to be
LONGEST_LEAD_S: Final = 0.5  # of silence before the first sound; engines promise 0.03
LONGEST_PAUSE_S: Final = 1.0  # within a sentence; real engines pause for up to 0.75 s
NOISE_DB: Final = -15.0
NOISE_FLATNESS: Final = 0.4  # white noise has 0.56; of all that is as loud as NOISE_DB in speech, nothing reached 0.23
FULL_DB: Final = -7.0  # whatever its spectrum: speech at the house's level does not reach -13
LONGEST_NOISE_S: Final = 0.2
_WINDOW: Final = np.hanning(BLOCK).astype(np.float32)


class SoundGuard:
    """Listens to one sentence of one engine: 16 kHz mono s16, in pieces of any length."""

    def __init__(self) -> None:
        self.clean = 0
        """Samples that may be heard: what follows is silent or suspect, or is not judged yet."""
        self.spoken = False
        """There was something beside silence."""
        self._rest = b""
        self._judged = 0
        self._silent = self._noisy = 0

    def hear(self, pcm: bytes) -> None:
        """Raises SynthesizerFailed, which says what is wrong."""
        if len(pcm) % 2:
            raise SynthesizerFailed(f"{len(pcm)} bytes are no 16-bit samples: the sound is cut or in another format")
        rest = self._rest + pcm
        whole = len(rest) // (2 * BLOCK)
        self._rest = rest[whole * 2 * BLOCK :]
        if not whole:
            return
        blocks = samples(rest[: whole * 2 * BLOCK]).astype(np.float32).reshape(-1, BLOCK) / np.float32(FULL_SCALE)
        for silent, noisy in zip(*_judged(blocks), strict=True):
            self._take(bool(silent), bool(noisy))

    def _take(self, silent: bool, noisy: bool) -> None:
        self._judged += BLOCK
        self._silent = self._silent + BLOCK if silent else 0
        self._noisy = self._noisy + BLOCK if noisy else 0
        if self._noisy >= LONGEST_NOISE_S * RATE:
            raise SynthesizerFailed("noise at full level in place of speech: look at the format that the engine sends")
        if self._silent >= (LONGEST_PAUSE_S if self.spoken else LONGEST_LEAD_S) * RATE:
            raise SynthesizerFailed(f"{self._silent / RATE:.1f} s of silence in place of speech")
        if not silent and not noisy:
            self.clean, self.spoken = self._judged, True

    def end(self) -> None:
        """The sentence is over. Raises SynthesizerFailed if there was nothing but silence in it, or if it ends in noise."""
        rest = samples(self._rest).astype(np.float32) / np.float32(FULL_SCALE)
        self.spoken = self.spoken or (rest.size > 0 and _db(rest.std()) > SILENT_DB)
        if not self.spoken:
            raise SynthesizerFailed("no sound, or nothing but silence")
        if self._noisy:
            raise SynthesizerFailed("noise at full level at the end of the speech")


def _judged(blocks: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which blocks are silent, and which are no speech but noise."""
    level = _db(blocks.std(axis=1))
    noisy = level > FULL_DB
    loud = np.flatnonzero((level > NOISE_DB) & ~noisy)
    if loud.size:
        power = np.square(np.abs(np.fft.rfft(blocks[loud] * _WINDOW))) + 1e-12
        noisy[loud] = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1) > NOISE_FLATNESS
    return level < SILENT_DB, noisy


def _db(level: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return 20 * np.log10(np.maximum(np.asarray(level, np.float64), 1e-6))
