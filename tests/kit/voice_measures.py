"""What a voice measures: level, loudness, peak, pitch, speed. `python -m tests.kit.voice_measures` prints every shipped voice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import anyio
import numpy as np

from voices.audio import FULL_SCALE, RATE, duration_s, samples, speech_level_dbfs
from voices.synthesis import Rendering, Synthesizer
from voices.voice import load_voices

SENTENCES: Final = (
    "Hello, this is your line. What can I do for you today?",
    "The build fails because a file is missing from the package.",
    "I found three articles that agree, and one that does not.",
    "Keep the data in one place, and let everything else read from it.",
    "That will take about four minutes. Shall I call you back?",
    "People like the quiet, but they worry about the range in winter.",
    "First we draw the rooms, then we decide where the doors go.",
    "No, it is not safe to do that without a copy.",
    "My advice is to start small and to measure before you change anything.",
    "The weather in London will be dry until Thursday.",
    "I am still reading; there is nothing new yet.",
    "Good. The work is done, and I have sent you the link.",
)


@dataclass(frozen=True, slots=True)
class Measures:
    """One rendering, over all the sentences together."""

    level_dbfs: float
    loudness_lufs: float
    peak_dbfs: float
    pitch_hz: float
    """Median of the voiced frames."""
    words_per_minute: float
    """With the 0.4 s between sentences that a call has."""


async def measure(engine: Synthesizer, rendering: Rendering, sentences: Sequence[str] = SENTENCES) -> Measures:
    spoken: list[bytes] = []
    for sentence in sentences:
        async with aclosing(engine.speak(sentence, rendering)) as sounds:
            spoken.append(b"".join([sound.pcm async for sound in sounds]))
    pcm = b"".join(spoken)
    words = sum(len(sentence.split()) for sentence in sentences)
    return Measures(
        level_dbfs=speech_level_dbfs(pcm),
        loudness_lufs=loudness_lufs(pcm),
        peak_dbfs=20 * float(np.log10(np.abs(samples(pcm).astype(int)).max() / FULL_SCALE)),
        pitch_hz=pitch_hz(pcm),
        words_per_minute=words / (duration_s(pcm) + 0.4 * len(sentences)) * 60,
    )


def loudness_lufs(pcm: bytes) -> float:
    """Integrated loudness, ITU-R BS.1770."""
    import pyloudnorm

    meter: Any = pyloudnorm.Meter(RATE)
    return float(meter.integrated_loudness(samples(pcm).astype(np.float64) / FULL_SCALE))


def pitch_hz(pcm: bytes) -> float:
    """Median fundamental of the voiced parts, by autocorrelation of 40 ms windows (60-350 Hz)."""
    sound = samples(pcm).astype(np.float64)
    window, low, high = int(0.04 * RATE), RATE // 350, RATE // 60
    found: list[float] = []
    for start in range(0, sound.size - window, window // 2):
        piece = sound[start : start + window] - sound[start : start + window].mean()
        energy = float(piece @ piece)
        if energy < window * 300.0**2:
            continue
        correlation = np.fft.irfft(np.abs(np.fft.rfft(piece, 2 * window)) ** 2)[:window]
        correlation /= np.arange(window, 0, -1) / window * energy
        # The shortest lag that is nearly as good as the best one: else half of the pitch is found as often as the pitch.
        lags = correlation[low:high]
        peaks = np.flatnonzero((lags[1:-1] > lags[:-2]) & (lags[1:-1] >= lags[2:])) + 1
        if peaks.size and lags[peaks].max() > 0.6:
            found.append(RATE / float(low + peaks[lags[peaks] > 0.9 * lags[peaks].max()][0]))
    return float(np.median(found)) if found else 0.0


async def print_all() -> None:
    """Every shipped voice on every engine here, with the gain that would bring it to the house level."""
    from voices.engines.espeak import EspeakSynthesizer

    for engine in (EspeakSynthesizer(),):
        for voice in load_voices().values():
            rendering = voice.renderings[engine.name]
            found = await measure(engine, rendering)
            gain_db = rendering.gain_db - 20 - found.level_dbfs
            print(
                f"{engine.name:7} {voice.id:11} gain {gain_db:+5.1f} dB (now {rendering.gain_db:+5.1f})"
                f"  {found.level_dbfs:6.1f} dBFS {found.loudness_lufs:6.1f} LUFS  peak {found.peak_dbfs:5.1f}"
                f"  {found.pitch_hz:4.0f} Hz  {found.words_per_minute:4.0f} words/min"
            )


if __name__ == "__main__":
    anyio.run(print_all)
