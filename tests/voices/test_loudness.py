"""Loudness, against the standard and against pyloudnorm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voices.audio import FULL_SCALE, RATE, samples, to_pcm
from voices.engines.tones import tone
from voices.loudness import loudness_lufs


def test_a_sine_is_as_loud_as_the_standard_says() -> None:
    # BS.1770: a 997 Hz sine of -3.01 dBFS RMS in one channel has -3.01 LUFS.
    assert loudness_lufs(tone(997, 3.0, 32_700)) == pytest.approx(-3.01, abs=0.15)


@pytest.mark.parametrize("hz", [40, 100, 300, 1_000, 3_000, 6_000])
def test_every_pitch_is_as_loud_as_pyloudnorm_says(hz: float) -> None:
    import pyloudnorm

    meter: Any = pyloudnorm.Meter(RATE)
    pcm = tone(hz, 2.0, 8_000)
    assert loudness_lufs(pcm) == pytest.approx(meter.integrated_loudness(samples(pcm) / FULL_SCALE), abs=0.15)


def test_pauses_do_not_count() -> None:
    speech = to_pcm(np.random.default_rng(1).normal(0, 3_000, RATE * 3))
    assert loudness_lufs(speech + bytes(2 * RATE * 5)) == pytest.approx(loudness_lufs(speech), abs=0.5)


@pytest.mark.parametrize("pcm", [b"", bytes(640), bytes(2 * RATE)])
def test_silence_and_scraps_are_silent(pcm: bytes) -> None:
    assert loudness_lufs(pcm) == -70
