"""What is measured of a recorded voice: where it speaks, how loud, over how much noise, in which band, and how many people."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FRAME_S, FRAME_SAMPLES, FULL_SCALE, RATE, frames, level_dbfs, resample, samples, to_pcm
from voices.vad import SileroVad

Embed = Callable[[bytes], npt.NDArray[np.float32]]
"""16 kHz PCM to a direction of length 1: who speaks (`voices.similarity.Embedder.embed`)."""
Values = npt.NDArray[np.float64]
"""Samples between -1 and 1."""

_SPEECH: Final = 0.5  # Silero's probability
_HEARD_PEAK: Final = 0.5  # so loud the detector hears it, for it takes what is quiet for silence
_AROUND: Final = 5  # frames next to speech, which hold its breath and echo
_FEW: Final = 10
_WINDOW_S: Final = 2.4  # of speech, for one embedding
_ROUNDS: Final = 10
_GROUPED: Final = 5  # one window in five is a person, less is a laugh


class HeardClip:
    """One channel of a recording, and which 20 ms of it speak; the measures are of what speaks, so something must.

    Blocks for 10 ms per second of sound. Raises VadUnavailable.
    """

    def __init__(self, sound: Values, rate: int) -> None:
        self.sound, self.rate = sound, rate
        self.peak = float(np.abs(sound).max(initial=0))
        gain = _HEARD_PEAK / max(self.peak, 1e-6)
        vad = SileroVad()
        self._frames = list(frames(resample(to_pcm(sound * gain * FULL_SCALE), rate)))
        self.speaks = np.array([max(vad.feed(frame)) >= _SPEECH for frame in self._frames], np.bool_)
        self._levels = np.array([level_dbfs(frame) for frame in self._frames]) - 20 * np.log10(gain)

    @property
    def speech_s(self) -> float:
        return float(self.speaks.sum()) * FRAME_S

    @cached_property
    def level_dbfs(self) -> float:
        """Of what speaks."""
        return _mean_db(self._levels[self.speaks])

    @cached_property
    def snr_db(self) -> float:
        """Speech over the quieter half of what is between it; where nobody pauses, over the quietest tenth."""
        apart = np.sort(self._levels[np.convolve(self.speaks, np.ones(2 * _AROUND + 1), "same") < 0.5])
        noise = apart[: apart.size // 2] if apart.size >= _FEW else np.sort(self._levels)[: self._levels.size // 10 + 1]
        return min(90.0, self.level_dbfs - _mean_db(noise))

    @cached_property
    def band_db(self) -> float:
        """What speech has from 4.2 to 7 kHz, over what it has in the band of a telephone: -25 to -10, or under -60 from one."""
        pieces = samples(self.speech()).reshape(-1, FRAME_SAMPLES) * np.hanning(FRAME_SAMPLES)
        power = np.square(np.abs(np.fft.rfft(pieces, axis=1))).mean(axis=0) + 1e-9
        hz = np.fft.rfftfreq(FRAME_SAMPLES, 1 / RATE)
        high, phone = power[(hz > 4_200) & (hz < 7_000)], power[(hz > 300) & (hz < 3_400)]
        return float(10 * np.log10(high.mean() / phone.mean()))

    @cached_property
    def flat_tops(self) -> int:
        """How often three samples in a row are the same, and as loud as it gets: no voice does that, a full converter does."""
        middle = self.sound[1:-1]
        flat = (middle == self.sound[:-2]) & (middle == self.sound[2:]) & (np.abs(middle) > 0.98 * self.peak)
        return int(np.count_nonzero(np.diff(flat.astype(int)) == 1))

    def speech(self) -> bytes:
        """Only what speaks, at 16 kHz."""
        return b"".join(frame for frame, speaks in zip(self._frames, self.speaks, strict=True) if speaks)

    def best(self, longest_s: float) -> tuple[float, float]:
        """From when to when the most is said in `longest_s`: from a first word to a last one, in seconds. Somebody must speak."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.speaks.astype(int), [0]])))
        said, longest = np.cumsum(np.concatenate([[0], self.speaks])), int(longest_s / FRAME_S)
        found, most = (0, 0), 0
        for start in edges[::2]:
            fitting = edges[1::2][(edges[1::2] > start) & (edges[1::2] <= start + longest)]
            end = int(fitting[-1]) if fitting.size else min(int(start) + longest, self.speaks.size)
            if said[end] - said[start] > most:
                found, most = (int(start), end), int(said[end] - said[start])
        return found[0] * FRAME_S, found[1] * FRAME_S


def voices_apart(speech: bytes, embed: Embed) -> float:
    """How alike the two groups are into which the speech falls: the cosine of their embeddings, 1 if it does not fall apart."""
    size = int(_WINDOW_S * RATE) * 2
    starts = range(0, max(1, len(speech) - size + 1), size // 4 * 2)
    windows = np.stack([embed(speech[start : start + size]) for start in starts])
    first, second = np.unravel_index(int((windows @ windows.T).argmin()), (len(windows), len(windows)))
    centres = windows[[first, second]]
    group = np.zeros(len(windows), np.intp)
    for _ in range(_ROUNDS):
        group = (windows @ centres.T).argmax(axis=1)
        if min(group.sum(), len(group) - group.sum()) * _GROUPED < len(group):
            return 1.0
        centres = np.stack([windows[group == number].mean(axis=0) for number in (0, 1)])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return float(centres[0] @ centres[1])


def _mean_db(levels: Values) -> float:
    return float(10 * np.log10(np.mean(10 ** (levels / 10)))) if levels.size else -96.0
