"""The emulator's sound, on its own clock: what is heard when, what was measured, and the phone's side."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.acs_emulator.sound import MOUTH_FRAMES, QUEUE_BYTES, Ear, Mouth, Tape
from voices.audio import FRAME_BYTES, FRAME_S, RATE, SILENCE, Frame, samples

LOUD = Frame(b"\x10\x20" * (FRAME_BYTES // 2))


def heard(ear: Ear, seconds: float) -> bytes:
    return b"".join(ear.take() for _ in range(round(seconds / FRAME_S)))


def onset(pcm: bytes) -> int:
    return int(np.flatnonzero(samples(pcm))[0])


def test_sound_is_heard_from_the_sample_it_arrives_at() -> None:
    ear = Ear()
    assert ear.push(LOUD, 0.0301) == pytest.approx(0.0501, abs=1 / RATE)
    sound = heard(ear, 0.2)
    assert (onset(sound), np.count_nonzero(samples(sound))) == (round(0.0301 * RATE), 320)


def test_bursts_are_queued_and_played_without_a_gap() -> None:
    ear = Ear()
    for _ in range(10):
        ear.push(LOUD, 0.001)
    assert heard(ear, 0.4).strip(b"\0") == LOUD * 10
    assert ear.figures.lead_max_s == pytest.approx(0.2)
    assert ear.figures.underruns == 0


@pytest.mark.parametrize(("late_s", "underruns"), [(0.0, 0), (0.001, 1), (0.05, 1), (0.15, 0)])
def test_a_short_gap_is_an_underrun_and_a_long_one_a_pause(late_s: float, underruns: int) -> None:
    ear = Ear()
    ear.push(LOUD, 0.1)
    ear.push(LOUD, 0.12 + late_s)
    assert ear.figures.underruns == underruns
    assert ear.figures.underrun_s == pytest.approx(late_s if underruns else 0, abs=1 / RATE)


def test_a_stop_is_heard_at_once_and_what_comes_after_is_played() -> None:
    ear = Ear()
    for _ in range(50):
        ear.push(LOUD, 0.0)
    before = heard(ear, 0.1)
    assert ear.stop(0.105) == pytest.approx(0.895, abs=1 / RATE)
    ear.push(LOUD, 0.15)
    after = heard(ear, 0.5)
    assert np.count_nonzero(samples(before + after)) == round(0.105 * RATE) + 320
    (stop,) = ear.figures.stops
    assert (stop.at_s, stop.resumed_s, ear.figures.bytes_after_stop, ear.figures.underruns) == (0.105, 0.15, FRAME_BYTES, 0)
    assert ear.stop(0.7) == 0


def test_a_queue_that_nobody_would_wait_for_ends() -> None:
    ear = Ear()
    ear.push(bytes(QUEUE_BYTES), 0.0)
    ear.push(LOUD, 0.0)
    assert ear.figures.overflow_bytes == FRAME_BYTES


@given(st.lists(st.tuples(st.floats(0, 0.05), st.integers(1, 2_000)), max_size=30))
def test_nothing_is_lost_repeated_or_reordered(pieces: list[tuple[float, int]]) -> None:
    ear, now_s, sent, sound, windows = Ear(), 0.0, b"", b"", 0
    for wait_s, size in pieces:
        now_s += wait_s
        while (windows + 1) * FRAME_S <= now_s:  # the clock of the call
            sound += ear.take()
            windows += 1
        piece = np.arange(1, size + 1, dtype="<i2").tobytes()
        sent += piece
        ear.push(piece, now_s)
    sound += heard(ear, 5.0)
    assert samples(sound)[samples(sound) != 0].tobytes() == sent


def test_a_phone_that_sends_in_time_is_passed_on_whole() -> None:
    mouth = Mouth()
    assert mouth.take() is None
    said: list[Frame | None] = []
    for _ in range(10):
        mouth.push(LOUD)
        said.append(mouth.take())
    said += [mouth.take() for _ in range(3)]
    assert said == [None] + [LOUD] * 10 + [None] * 2


def test_a_phone_that_is_far_ahead_loses_the_oldest() -> None:
    mouth = Mouth()
    for _ in range(MOUTH_FRAMES + 5):
        mouth.push(LOUD)
    assert mouth.dropped == 5


def test_the_tape_has_the_caller_left_and_what_he_hears_right() -> None:
    tape = Tape()
    tape.add(LOUD, SILENCE)
    tape.add(SILENCE, LOUD)
    with wave.open(io.BytesIO(tape.wav())) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, 640)
        both = samples(file.readframes(640)).reshape(-1, 2)
    assert both[:, 0].tobytes() == LOUD + SILENCE
    assert both[:, 1].tobytes() == SILENCE + LOUD
