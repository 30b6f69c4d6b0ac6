"""Spectra to sound, with another pitch and another throat: how one recorded voice becomes many.

hibari's network describes speech as harmonics of F0 under an envelope, noise, and a part of free phase. F0 is scaled there; the
envelope is read at the harmonics alone before that, since between them the network's values mean nothing. All formants move
together by the rate at which the result is played, and the network's speed makes up for it, at no cost and without a trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.engines.hibari_network import Spectra, Values

RATE: Final = 24_000
HOP: Final = 300
_FFT: Final = 1_200
_BINS: Final = np.arange(_FFT // 2 + 1, dtype=np.float32)
_BIN_HZ: Final = RATE / _FFT
_WINDOW: Final = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)).astype(np.float32)
_OVERLAP: Final = _FFT // HOP
_VOICED_HZ: Final = 40.0
_MIDDLE_HZ: Final = 200.0  # the voice's own middle; its melody is scaled around it
_NEPER_DB: Final = 20 / np.log(10)
_FIRST_BLOCK, _BLOCK = 32, 64  # frames: 0.4 s and 0.8 s
_ALL: Final = slice(None)
_Spectrum = npt.NDArray[np.complex64]
TONE_HZ: Final = (250, 500, 1_000, 2_000, 4_000)


def sound(
    spectra: Spectra,
    *,
    pitch: float = 1.0,
    melody: float = 1.0,
    upper_formants: float = 1.0,
    formants: float = 1.0,
    tone_db: tuple[float, ...] = (0,) * len(TONE_HZ),
    frames: slice = _ALL,
) -> Iterator[Values]:
    """The sound of `frames` in blocks, a short one first, for RATE x `formants`. The same spectra always sound the same."""
    from hibari.dsp import pulses

    voiced = spectra.f0_hz > _VOICED_HZ
    f0_hz = np.where(voiced, _MIDDLE_HZ * (np.maximum(spectra.f0_hz, 1) / _MIDDLE_HZ) ** melody, 0)
    f0_hz = np.where(voiced, np.maximum(f0_hz * pitch / formants, _VOICED_HZ + 5), 0)
    source: Values = np.pad(pulses(f0_hz.astype(np.float32)), _FFT // 2)
    tone = np.interp(np.log(np.maximum(_BINS * _BIN_HZ * formants, 1)), np.log(TONE_HZ), tone_db) / _NEPER_DB
    warped = _BINS if upper_formants == 1.0 else _warped(upper_formants)
    noise = np.random.default_rng(0)
    tail = np.zeros((_OVERLAP - 1, HOP), np.float32)
    start, last, _ = frames.indices(len(f0_hz))
    end = start + _FIRST_BLOCK
    skip = _FFT // 2  # the first window reaches back before the first frame
    while start < last:
        block = slice(start, min(end, last))
        envelope = np.stack([_envelope(spectra, frame, warped) for frame in range(block.start, block.stop)])
        hiss = spectra.noise[:, block].T
        windows = np.lib.stride_tricks.sliding_window_view(source[block.start * HOP : block.stop * HOP + _FFT - HOP], _FFT)[::HOP]
        spectrum = np.fft.rfft(windows * (_WINDOW / (_FFT / 4)), axis=1)
        spectrum *= _polar(envelope + tone, np.float32(np.pi) * np.tanh(spectra.theta[:, block].T))
        random = noise.standard_normal((len(hiss), 2 * len(_BINS)), dtype=np.float32).view(np.complex64)
        spectrum += random * np.exp(np.minimum(hiss + tone, 7.0), dtype=np.float32)
        spectrum += _polar(spectra.rest[:, block].T + tone, spectra.rest_phase[:, block].T)
        out, tail = _overlap_add(spectrum, tail)
        if block.stop == last:
            out = np.concatenate([out, tail.reshape(-1)])[: (last - start) * HOP + _FFT // 2]
        yield out[skip:]
        start, end, skip = block.stop, block.stop + _BLOCK, 0


def _envelope(spectra: Spectra, frame: int, warped: Values) -> Values:
    f0_hz = spectra.f0_hz[frame]
    values = spectra.harmonics[:, frame]
    if f0_hz > _VOICED_HZ:
        at = np.arange(f0_hz / _BIN_HZ, len(_BINS) - 0.5, f0_hz / _BIN_HZ)
        values = np.interp(warped, at, np.interp(at, _BINS, values))
    return values.astype(np.float32)


def _warped(upper_formants: float) -> Values:
    """Where to read the envelope when the formants above the first one are moved apart from it or towards it."""
    first = 600 / _BIN_HZ
    return np.where(first > _BINS, _BINS, np.clip(first + (_BINS - first) / upper_formants, 0, _BINS[-1])).astype(np.float32)


def _polar(log_magnitude: Values, phase: Values) -> _Spectrum:
    magnitude = np.exp(np.minimum(log_magnitude, 7.0), dtype=np.float32)
    found = np.empty((*magnitude.shape, 2), np.float32)
    found[..., 0] = magnitude * np.cos(phase)
    found[..., 1] = magnitude * np.sin(phase)
    return found.view(np.complex64)[..., 0]


def _overlap_add(spectrum: _Spectrum, tail: Values) -> tuple[Values, Values]:
    """The finished samples, and those that the next windows still add to."""
    windows = (np.fft.irfft(spectrum, _FFT, axis=1) * (_WINDOW / 1.5)).reshape(-1, _OVERLAP, HOP)  # squared windows add up to 1.5
    out = np.zeros((len(windows) + _OVERLAP - 1, HOP), np.float32)
    out[: _OVERLAP - 1] = tail
    for part in range(_OVERLAP):
        out[part : part + len(windows)] += windows[:, part]
    return out[: len(windows)].reshape(-1), out[len(windows) :]
