"""Sound in pieces of any size ends up as the same sound in one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.audio import RATE, duration_s, samples, to_pcm
from voices.engines.finishing_stream import StreamFinisher
from voices.engines.tones import tone
from voices.synthesis import Mark, Sound, SynthesizerFailed


def quiet(length_s: float) -> bytes:
    """As quiet as an engine's breath, and no digital silence."""
    return to_pcm(np.random.default_rng(1).normal(0, 20, int(length_s * RATE)))


LOUD = tone(220, 0.5, 3_000)
SPEECH = quiet(0.2) + LOUD + quiet(0.3) + LOUD + quiet(0.4)
MARKS = (Mark(0, 0.2), Mark(5, 1.0))


def finished(pieces: list[bytes], *, gain_db: float = 0.0) -> Sound:
    finisher = StreamFinisher(gain_db=gain_db)
    sounds = [finisher.push(piece, MARKS if number == 0 else ()) for number, piece in enumerate(pieces)]
    made = [sound for sound in [*sounds, finisher.end()] if sound]
    return Sound(b"".join(sound.pcm for sound in made), tuple(mark for sound in made for mark in sound.marks))


@given(st.lists(st.integers(1, 8_000), max_size=30))
def test_cutting_changes_nothing(sizes: list[int]) -> None:
    pieces: list[bytes] = []
    at = 0
    for size in sizes:
        pieces.append(SPEECH[at : at + 2 * size])
        at += 2 * size
    cut, whole = finished([*pieces, SPEECH[at:]]), finished([SPEECH])
    # Where silence begins is known to 5 ms, and blocks begin where pieces do.
    assert duration_s(cut.pcm) == pytest.approx(duration_s(whole.pcm), abs=0.02)
    assert [mark.char for mark in cut.marks] == [0, 5]
    assert cut.marks[1].at_s - cut.marks[0].at_s == pytest.approx(0.8)


def test_the_silence_around_is_gone_and_the_pause_within_is_not() -> None:
    sound = finished([SPEECH])
    assert duration_s(sound.pcm) == pytest.approx(1.3 + 0.04, abs=0.01)
    assert sound.marks[0].at_s == pytest.approx(0.02, abs=0.006)


def test_speech_is_passed_on_at_once() -> None:
    finisher = StreamFinisher()
    for start in range(0, len(LOUD), 640):
        finisher.push(LOUD[start : start + 640])
    rest = finisher.end()
    assert duration_s(rest.pcm if rest else b"") < 0.03


def test_a_long_pause_is_passed_on_before_it_ends() -> None:
    finisher = StreamFinisher()
    assert finisher.push(LOUD)
    assert sum(len(sound.pcm) for _ in range(10) if (sound := finisher.push(quiet(0.2)))) / 2 / RATE > 1.2


def test_gain_and_soft_peaks() -> None:
    plain, louder = samples(finished([LOUD]).pcm).astype(float), samples(finished([LOUD], gain_db=6).pcm).astype(float)
    assert 20 * np.log10(louder.std() / plain.std()) == pytest.approx(6, abs=0.1)
    assert np.abs(samples(finished([LOUD], gain_db=40).pcm)).max() < 32_768 * 10 ** (-3 / 20)


def test_nothing_but_silence_is_a_failure_after_a_second() -> None:
    finisher = StreamFinisher()
    assert finisher.push(quiet(0.9)) is None
    with pytest.raises(SynthesizerFailed, match="s of silence in place of speech"):
        finisher.push(quiet(0.3))
    assert StreamFinisher().end() is None
