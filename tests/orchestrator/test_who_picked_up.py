"""Who picked up, through the whole call-back: the content of the work is told to its owner, and to nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.delivery import Verdict
from tests.kit.aside import Aside
from tests.kit.pickups import Oracle, Part, Recording, Turn, beep, called, pause, recordings, say, voiced
from voices.engines.scripted import ScriptedRecognizer

FOLDS = 4
REAL = ("person, short 1", "machine 2, beep", "screener 1, put through")


@pytest.mark.parametrize("fold", range(FOLDS))
def test_each_of_sixty_recordings_is_known_for_what_it_is(fold: int) -> None:
    """As tones whose words are known; tests.bench.pickup does it with voices, and ears that may hear wrong."""
    wrong: dict[str, object] = {}
    for recording in recordings()[fold::FOLDS]:
        ears = Oracle()
        outcome = called(recording, ears.hums, ears, real=False)
        if not outcome.right(recording) or outcome.mistaken(recording):
            wrong[recording.name] = outcome
    assert wrong == {}


@pytest.mark.timeout(120)
def test_some_are_known_by_their_voices_over_a_telephone() -> None:
    speaks = voiced("espeak")
    with Aside.whisper() as ears:
        for recording in recordings():
            if recording.name in REAL:
                outcome = called(recording, speaks, ears, real=True)
                assert outcome.right(recording), (recording.name, outcome, ears.lately)


def deaf(turn: Turn) -> Recording:
    return Recording("not understood", "menu", [turn])


def hums(words: str, _: str) -> bytes:
    return Oracle().hums(words, "")


def hum(seconds: float) -> Part:
    return say("m" * round(seconds / 0.065))


@pytest.mark.parametrize(
    "turn",
    [
        [hum(3.5)],
        [hum(4.8)],
        [hum(1.2), pause(0.6), hum(4.0)],
        [hum(3.0), pause(3.2), beep()],
        [hum(3.0), pause(6.0), beep()],
        [hum(3.0), pause(3.0)] * 8,
        [hum(4.5), pause(3.5)] * 5,
    ],
    ids=str,
)
def test_what_nobody_understood_hears_nothing_of_the_work(turn: Turn) -> None:
    outcome = called(deaf(turn), hums, ScriptedRecognizer(), real=False)
    assert not outcome.delivered
    assert "It has three parts and two pictures." not in outcome.said


LONG = st.floats(1.7, 7.0).map(hum)
QUIET = st.floats(0.1, 7.0).map(pause)
TONES = st.tuples(st.floats(0.1, 3.0), st.floats(420.0, 3_900.0)).map(lambda of: beep(*of))


@settings(max_examples=20, deadline=None)
@example([beep(1.0, 2_107.0)])
@given(st.lists(st.one_of(LONG, QUIET, TONES), min_size=1, max_size=8))
def test_long_sounds_pauses_and_tones_are_never_told_anything(turn: Turn) -> None:
    """In whatever order; only who was understood, or said a word or two, is a person."""
    outcome = called(deaf(turn), hums, ScriptedRecognizer(), real=False)
    assert (outcome.delivered, outcome.leaked) == (False, False), outcome


def test_silence_is_asked_and_hears_nothing_else() -> None:
    outcome = called(Recording("silent", "person", [[pause(1.0)]]), hums, ScriptedRecognizer(), real=False)
    assert outcome.verdict is Verdict.UNHEARD
    assert "something you asked for. Who is there, please?" in str(outcome.said)
    assert not outcome.leaked
