"""That the bench measures what it says, on a tape made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from telephony.acs_emulator.sound import Tape
from tests.bench.callers import LOUD, Tally
from voices.audio import RATE, to_pcm
from voices.engines.tones import tone


def speech(length_s: float) -> bytes:
    return to_pcm(np.random.default_rng(5).normal(0, 4_000, int(length_s * RATE)))


def side(length_s: float, *sounds: tuple[float, bytes]) -> bytes:
    """Near silence with these sounds laid into it."""
    pcm = bytearray(to_pcm(np.random.default_rng(6).integers(-3, 3, int(length_s * RATE), endpoint=True)))
    for at_s, sound in sounds:
        start = 2 * int(at_s * RATE)
        pcm[start : start + len(sound)] = sound
    return bytes(pcm)


def tape(said: bytes, heard: bytes) -> Tape:
    made = Tape()
    made.add(said, heard)
    return made


def test_a_barge_in_and_the_answer_to_it_are_measured_to_the_sample() -> None:
    utterance = speech(2.0)
    before, answer = tone(200, 1.7, 10 * LOUD), tone(200, 1.0, 10 * LOUD)
    tally = Tally()
    tally.add(tape(side(10, (3.0, utterance)), side(10, (1.5, before), (5.7, answer))), [utterance], 0.0, 10.0)
    assert tally.barge_ins == [pytest.approx(0.2, abs=0.002)]
    assert tally.responses == [pytest.approx(0.7, abs=0.002)]


def test_what_was_said_into_silence_is_no_barge_in_and_what_is_not_answered_is_counted() -> None:
    utterance = speech(2.0)
    tally = Tally()
    tally.add(tape(side(10, (3.0, utterance)), side(10)), [utterance], 0.0, 10.0)
    assert (tally.barge_ins, tally.responses, tally.unanswered) == ([], [], 1)


def test_what_did_not_get_out_whole_or_lies_outside_of_the_window_is_not_judged() -> None:
    whole, torn = speech(2.0), speech(1.0) + speech(1.5)
    tally = Tally()
    said = side(10, (1.0, torn[:-640] + torn[-320:]), (4.0, whole))
    tally.add(tape(said, side(10)), [torn, whole], 4.1, 10.0)
    assert (tally.torn, tally.unanswered) == (1, 0)
