"""The bed under a call: it fades, gives way, comes back, and nothing in it clicks, whatever happens above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.bed import LOUDEST, SOFTEST, Bed
from orchestrator.mixer import Clip, ClipHeard, Mixer
from orchestrator.music.loop import BED_DBFS, Music
from tests.orchestrator.test_mixer import WORDS, Listener, clip
from voices.audio import FRAME_S, FULL_SCALE, RATE, level_dbfs, samples

SPEECH_DBFS: Final = -20.0


def ring(title: str, hertz: float, seconds: float = 1.3) -> Music:
    """A steady tone, so that all that changes in what is heard is the bed's doing; no whole waves go into a frame of it."""
    cycles = round(hertz * seconds)
    return Music.of(title, np.sin(2 * np.pi * cycles * np.arange(int(seconds * RATE)) / (seconds * RATE)))


A, B = ring("a", 715), ring("b", 985)


def playing(music: Music = A) -> Listener:
    """A caller who has heard it for two seconds."""
    mixer = Mixer()
    mixer.bed.play(music)
    caller = Listener(mixer)
    caller.run(2.0)
    return caller


def bends(pcm: bytes) -> float:
    return float(np.abs(np.diff(samples(pcm).astype(int), 2)).max())


# How much B bends at its loudest, rounding included; and with comfort noise on it.
SMOOTH: Final = FULL_SCALE * 10 ** ((BED_DBFS + 3 * LOUDEST) / 20) * 2**0.5 * (2 * np.pi * 985 / RATE) ** 2 + 8
NOISY: Final = SMOOTH + 200


def test_without_music_there_is_none() -> None:
    bed = Bed()
    assert bed.next(speaking=False) is None
    assert not bed.on
    assert not bed.sounding


def test_it_fades_in_over_a_second_and_out_over_one() -> None:
    mixer = Mixer()
    caller = Listener(mixer)
    mixer.bed.play(A)
    caller.run(2.0)
    half, full = level_dbfs(caller.heard(0.48, 0.52)), level_dbfs(caller.heard(1.0, 2.0))
    assert full == pytest.approx(BED_DBFS, abs=0.2)
    assert half == pytest.approx(full - 6, abs=0.5)
    mixer.bed.stop()
    assert not mixer.bed.on
    caller.run(2.0)
    assert level_dbfs(caller.heard(2.48, 2.52)) == pytest.approx(full - 6, abs=0.5)
    assert level_dbfs(caller.heard(3.02, 4.0)) < -64
    assert not mixer.bed.sounding


def test_it_goes_on_where_it_stopped_and_other_music_begins_when_it_has_faded() -> None:
    caller = playing()
    bed = caller.mixer.bed
    bed.stop()
    caller.run(2.0)
    stopped = bed.moment.frame
    bed.play(A)
    caller.run(0.1)
    assert bed.moment.frame == stopped + 5
    caller.run(2.0)
    bed.play(B)
    caller.run(0.9)
    assert bed.moment.music is A
    caller.run(2.0)
    assert bed.moment.music is B
    assert bends(caller.heard(0, 9)) < NOISY


def test_it_gives_way_to_our_voice_and_comes_back_slowly() -> None:
    bed = Bed()
    bed.play(A)
    for _ in range(60):
        bed.next(speaking=False)
    assert bed.moment.gain == pytest.approx(1)
    bed.next(speaking=True)
    assert 20 * np.log10(bed.moment.gain) == pytest.approx(-12, abs=0.1)
    gains: list[float] = []
    for _ in range(60):
        bed.next(speaking=False)
        gains.append(bed.moment.gain)
    low = sum(gain < 0.26 for gain in gains)
    assert low * FRAME_S == pytest.approx(0.4, abs=0.021)  # it waits for another sentence
    assert sum(gain < 1 - 1e-6 for gain in gains[low:]) * FRAME_S == pytest.approx(0.6, abs=0.021)
    assert gains == sorted(gains)


def test_it_lies_26_db_under_speech_and_stays_low_between_sentences() -> None:
    caller = playing()
    caller.mixer.add(clip(1.0))
    caller.mixer.add(clip(1.0, gap_s=0.4))
    caller.run(3.0)
    assert level_dbfs(caller.heard(3.1, 3.3)) == pytest.approx(BED_DBFS - 12, abs=0.5)
    assert [fact.text for fact in caller.facts if isinstance(fact, ClipHeard)] == [WORDS, WORDS]


def test_it_gives_way_to_the_caller_within_a_frame() -> None:
    caller = playing()
    caller.cut()
    now_s = caller.now_s
    caller.mixer.duck_bed(now_s)
    caller.run(1.0)
    assert level_dbfs(caller.heard(now_s + 0.02, now_s + 1.0)) == pytest.approx(BED_DBFS - 12, abs=0.3)
    caller.cut()
    caller.mixer.duck_bed(caller.now_s, on=False)
    caller.run(2.0)
    assert level_dbfs(caller.heard(caller.now_s - 0.9, caller.now_s)) == pytest.approx(BED_DBFS, abs=0.2)
    assert bends(caller.heard(0, 9)) < NOISY


@pytest.mark.parametrize(("sign", "steps"), [(1, LOUDEST), (-1, -SOFTEST)])
def test_louder_and_softer_are_steps_of_3_db_with_an_end(sign: int, steps: int) -> None:
    caller = playing()
    bed = caller.mixer.bed
    for step in range(1, steps + 1):
        assert bed.turn(sign)
        caller.run(2.0)
        assert level_dbfs(caller.heard(caller.now_s - 1, caller.now_s)) == pytest.approx(BED_DBFS + sign * 3 * step, abs=0.3)
    assert not bed.turn(sign)
    caller.mixer.add(clip(3.0))
    caller.run(2.0)
    assert 20 * np.log10(bed.moment.gain) + BED_DBFS < SPEECH_DBFS - 10


def test_a_barge_in_takes_the_voice_and_leaves_the_music() -> None:
    caller = playing()
    mixer = caller.mixer
    mixer.add(clip(3.0))
    caller.run(1.0)
    caller.cut()
    held = mixer.hold(caller.now_s)
    assert held is not None
    assert held.interrupted
    caller.run(2.0)
    mixer.drop()
    assert mixer.idle
    assert mixer.sounding is None
    assert not mixer.talking
    assert not mixer.flowing
    assert level_dbfs(caller.heard(4.2, 5.0)) == pytest.approx(BED_DBFS, abs=0.2)


def expected(caller: Listener, without: Listener) -> Any:
    """What the music added to what would have been heard."""
    end_s = min(caller.now_s, without.now_s)
    return samples(caller.heard(0, end_s)).astype(int) - samples(without.heard(0, end_s)).astype(int)


OPERATIONS: Final[dict[str, Callable[[Listener], Any]]] = {
    "play": lambda caller: caller.mixer.bed.play(A),
    "other": lambda caller: caller.mixer.bed.play(B),
    "stop": lambda caller: caller.mixer.bed.stop(),
    "louder": lambda caller: caller.mixer.bed.turn(1),
    "softer": lambda caller: caller.mixer.bed.turn(-1),
    "caller speaks": lambda caller: (caller.cut(), caller.mixer.duck_bed(caller.now_s)),
    "caller is silent": lambda caller: (caller.cut(), caller.mixer.duck_bed(caller.now_s, on=False)),
    "speak": lambda caller: caller.mixer.add(clip(0.7)),
    "guess": lambda caller: caller.mixer.add(Clip(2, "kai", "kai", "later", released=False)),
    "duck": lambda caller: (caller.cut(), caller.mixer.duck(caller.now_s)),
    "hold": lambda caller: (caller.cut(), caller.mixer.hold(caller.now_s)),
    "resume": lambda caller: caller.mixer.resume(),
    "drop": lambda caller: caller.mixer.drop(),
}
MUSICAL: Final = frozenset(list(OPERATIONS)[:5])


def carried_out(steps: list[tuple[str, int]], *, music: bool) -> Listener:
    caller = Listener(Mixer())
    for name, frames in steps:
        if music or name not in MUSICAL:
            OPERATIONS[name](caller)
        caller.run(frames * FRAME_S)
    return caller


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(list(OPERATIONS)), st.integers(0, 40)), min_size=1, max_size=14))
def test_nothing_clicks_and_the_voices_are_as_they_would_be_without(steps: list[tuple[str, int]]) -> None:
    caller, without = carried_out(steps, music=True), carried_out(steps, music=False)
    assert [(type(fact), getattr(fact, "text", "")) for fact in caller.facts] == [
        (type(fact), getattr(fact, "text", "")) for fact in without.facts
    ]
    assert (caller.mixer.idle, caller.mixer.talking, caller.mixer.flowing, caller.mixer.backlog) == (
        without.mixer.idle,
        without.mixer.talking,
        without.mixer.flowing,
        without.mixer.backlog,
    )
    music = expected(caller, without)
    assert np.abs(np.diff(music, 2)).max(initial=0) < SMOOTH
    assert np.abs(music).max(initial=0) <= FULL_SCALE * 10 ** ((BED_DBFS + 3 + 3 * LOUDEST) / 20) + 2
