"""How loud speech is to a listener: integrated loudness after ITU-R BS.1770-4, for one channel of 16 kHz."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, samples

_BLOCK, _STEP = int(0.4 * RATE), int(0.1 * RATE)
_OFFSET: Final = -0.691
_SILENT_LUFS: Final = -70.0
_GATE_LU: Final = -10.0


def loudness_lufs(pcm: bytes) -> float:
    """Pauses do not count. -70 for silence, and for less than 0.4 s."""
    sound = samples(pcm).astype(np.float64) / FULL_SCALE
    if sound.size < _BLOCK:
        return _SILENT_LUFS
    size = 1 << int(sound.size + RATE - 1).bit_length()  # room for the filters to ring out
    heard = np.fft.irfft(np.fft.rfft(sound, size) * _k_weighting(size), size)[: sound.size]
    power = np.square(np.lib.stride_tricks.sliding_window_view(heard, _BLOCK)[::_STEP]).mean(axis=1)
    loud = power[_lufs(power) > _SILENT_LUFS]
    if not loud.size:
        return _SILENT_LUFS
    return float(_lufs(loud[_lufs(loud) > _lufs(loud.mean()) + _GATE_LU].mean()))


def _lufs(power: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-12))


def _k_weighting(size: int) -> npt.NDArray[np.complex128]:
    """The standard's two filters at the bins of an FFT: a shelf for the head, and a high pass."""
    s = 2j * RATE * np.tan(np.pi * np.fft.rfftfreq(size)[:-1])  # bilinear transform; the last bin is infinite
    head, rumble = 2 * RATE * np.tan(np.pi * np.array([1_681.97, 38.135]) / RATE)
    gain, q = 10 ** (3.99984 / 20), 0.707175
    shelf = (gain * s**2 + gain**0.499666774 * s * head / q + head**2) / (s**2 + s * head / q + head**2)
    high = s**2 / (s**2 + s * rumble / 0.500327 + rumble**2)
    return np.append(shelf * high, gain)
