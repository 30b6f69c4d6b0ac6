"""Sound in pieces of any size ends up as the same sound in one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.audio import RATE, duration_s, resample, samples, to_pcm
from voices.engines.finishing import Finisher, moved
from voices.engines.tones import tone
from voices.synthesis import Mark


def quiet(length_s: float) -> bytes:
    """As quiet as an engine's breath, and no digital silence."""
    return to_pcm(np.random.default_rng(1).normal(0, 20, int(length_s * RATE)))


LOUD = tone(220, 0.5, 3_000)
SPEECH = quiet(0.2) + LOUD + quiet(0.3) + LOUD + quiet(0.4)


def finished(pieces: list[bytes], *, rate: int = RATE, gain_db: float = 0.0) -> bytes:
    finisher = Finisher(rate, gain_db=gain_db)
    return b"".join(finisher.push_pcm(piece) for piece in pieces) + finisher.push_pcm(b"", last=True)


@given(st.lists(st.integers(1, 8_000), max_size=30))
def test_cutting_changes_nothing(sizes: list[int]) -> None:
    pieces: list[bytes] = []
    at = 0
    for size in sizes:
        pieces.append(SPEECH[at : at + size])
        at += size
    # Where silence begins is known to 5 ms, and blocks begin where pieces do.
    assert duration_s(finished([*pieces, SPEECH[at:]])) == pytest.approx(duration_s(finished([SPEECH])), abs=0.02)


def test_the_silence_around_is_gone_and_the_pause_within_is_not() -> None:
    finisher = Finisher()
    pcm = finisher.push_pcm(SPEECH, last=True)
    assert duration_s(pcm) == pytest.approx(1.3 + 0.04, abs=0.01)
    assert finisher.cut_s == pytest.approx(0.18, abs=0.006)
    assert moved((Mark(0, 0.2), Mark(5, 1.0)), finisher.cut_s)[1].at_s == pytest.approx(0.82, abs=0.006)


def test_speech_is_passed_on_at_once() -> None:
    finisher = Finisher()
    for start in range(0, len(LOUD), 640):
        finisher.push_pcm(LOUD[start : start + 640])
    assert duration_s(finisher.rest()) < 0.03


def test_a_soft_beginning_is_no_speech_before_a_loud_one() -> None:
    """The first piece of a stream may hold nothing but an engine's breath."""
    finisher = Finisher()
    assert finisher.push_pcm(quiet(0.3)) == b""
    assert not finisher.begun
    assert finisher.quiet_s == pytest.approx(0.3)
    assert duration_s(finisher.push_pcm(LOUD)) == pytest.approx(0.52, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000])
def test_any_rate_becomes_16_kHz(rate: int) -> None:
    pcm = finished([resample(SPEECH, RATE, rate)], rate=rate)
    assert duration_s(pcm) == pytest.approx(1.34, abs=0.02)


def test_gain_and_soft_peaks() -> None:
    plain, louder = samples(finished([LOUD])).astype(float), samples(finished([LOUD], gain_db=6)).astype(float)
    assert 20 * np.log10(louder.std() / plain.std()) == pytest.approx(6, abs=0.1)
    assert np.abs(samples(finished([LOUD], gain_db=40))).max() < 32_768 * 10 ** (-3 / 20)


def test_of_nothing_but_silence_nothing_is_left() -> None:
    assert finished([quiet(2.0)]) == finished([bytes(64_000)]) == finished([]) == b""
