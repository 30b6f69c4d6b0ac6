"""What Whisper is not believed. That the rule fits real sound is shown by `python -m tests.bench.ears`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.consent import DOUBTFUL
from voices.engines.whisper_guard import Segment, believable, doubt

CHANCE = st.floats(0, 1)
LOG = st.floats(-6, 0)
TEXTS = st.sampled_from(["Thank you.", "You", "Bye.", "Okay.", "So", "Thanks for watching!", "Why does the build fail?", "5"])


def segment(text: str, no_speech: float, mean_log: float, compression: float = 0.8, tokens_per_s: float = 3) -> Segment:
    return Segment(text, no_speech, mean_log, compression, tokens_per_s)


@pytest.mark.parametrize(
    ("heard", "speech", "said"),
    [
        # Measured: of silence, noise, hold music, keys, a ringing tone, a siren …
        (segment("You", 0.93, -2.14), 0.01, False),
        (segment("I'm going to go to the next one.", 0.88, -1.70), 0.02, False),
        (segment("Thank you.", 0.83, -1.15), 0.02, False),
        (segment("You", 0.87, -2.51), 0.01, False),
        (segment("Beeping", 0.45, -1.60), 0.01, False),
        (segment("Whoa!", 0.81, -0.77), 0.05, False),
        # … and of people, in the least favourable voice and band.
        (segment("Bye.", 0.27, -0.30), 0.29, True),
        (segment("So.", 0.30, -0.56), 0.33, True),
        (segment("Five.", 0.46, -0.65), 0.41, True),
        (segment("Stop.", 0.63, -0.98), 0.82, True),
        (segment("Two.", 0.65, -0.99), 0.87, True),
    ],
)
def test_noise_is_no_word_and_a_word_is_no_noise(heard: Segment, speech: float, said: bool) -> None:
    assert believable(heard, speech) is said


@given(TEXTS, st.floats(0, 0.6), st.floats(-1.4, 0), st.floats(0.7, 1))
def test_no_text_is_suspicious_as_such(text: str, no_speech: float, mean_log: float, speech: float) -> None:
    assert believable(segment(text, no_speech, mean_log), speech)


@given(TEXTS, st.floats(0.7, 1), st.floats(-6, -0.6), st.floats(0, 0.25))
def test_nobody_is_heard_in_noise(text: str, no_speech: float, mean_log: float, speech: float) -> None:
    assert not believable(segment(text, no_speech, mean_log), speech)


@given(st.text(), CHANCE, LOG, CHANCE, st.tuples(CHANCE, st.floats(0, 6), CHANCE))
def test_worse_evidence_is_never_believed_more(
    text: str, no_speech: float, mean_log: float, speech: float, worse: tuple[float, float, float]
) -> None:
    heard = segment(text, no_speech, mean_log)
    weaker = replace(heard, no_speech=max(no_speech, worse[0]), mean_log=mean_log - worse[1])
    assert believable(heard, speech) or not believable(weaker, min(speech, worse[2]))


@given(st.text(st.characters(exclude_categories=["L", "N"])), CHANCE, LOG, CHANCE)
def test_without_letters_nothing_is_said(text: str, no_speech: float, mean_log: float, speech: float) -> None:
    assert not believable(segment(text, no_speech, mean_log), speech)


@pytest.mark.parametrize(("tokens_per_s", "said"), [(10.2, False), (3.5, True)])
def test_a_loop_is_not_believed_but_a_caller_may_say_no_ten_times(tokens_per_s: float, said: bool) -> None:
    assert believable(segment("no " * 10, 0.1, -0.1, 3.5, tokens_per_s), 0.9) is said


@given(st.floats(0.4, 0.9), st.floats(-3.7, -0.8))
@example(0.4, -0.8)
def test_what_music_and_noise_are_taken_for_is_no_yes(no_speech: float, mean_log: float) -> None:
    """As was measured of all that was made up; a yes with more doubt than that is asked for again."""
    assert doubt([segment("Yes.", no_speech, mean_log)]) > DOUBTFUL


@given(st.floats(0.71, 1), LOG)
def test_where_it_seems_that_nobody_speaks_there_is_no_yes(no_speech: float, mean_log: float) -> None:
    assert doubt([segment("Yes.", no_speech, mean_log)]) > DOUBTFUL


def test_doubt_is_that_of_the_worst_stretch() -> None:
    sure, unsure = segment("a", 0, -0.1), segment("b", 0, -1.5)
    assert doubt([]) == 0
    assert doubt([sure]) == pytest.approx(0.095, abs=0.001)
    assert doubt([sure, unsure]) == pytest.approx(0.777, abs=0.001)
