"""Segments and pauses, as lists of probabilities: no sound, no clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.endpoint import Began, Ended, Paused, PauseEndpointer, Resumed, Segmenter, SpeechFact

W = 0.032


def facts(pattern: str, *, patience_s: float = 0.55) -> list[tuple[float, SpeechFact]]:
    """`#` is a window of speech, `.` one of silence, `-` one in between; with the time at which each fact came out."""
    segmenter = Segmenter(W)
    segmenter.patience_s = patience_s
    found: list[tuple[float, SpeechFact]] = []
    for at, sign in enumerate(pattern, 1):
        fact = segmenter.feed({"#": 0.9, ".": 0.05, "-": 0.4}[sign])
        if fact is not None:
            found.append((round(at * W, 3), fact))
    return found


def test_a_sentence_begins_pauses_and_ends() -> None:
    began, paused, ended = facts("....##########....................")
    assert began == (round(6 * W, 3), Began(pytest.approx(4 * W)))  # pyright: ignore[reportArgumentType]
    assert paused == (round(16 * W, 3), Paused(pytest.approx(14 * W)))  # pyright: ignore[reportArgumentType]
    assert isinstance(ended[1], Ended)
    assert ended[1].speech_s == pytest.approx(10 * W)
    assert ended[0] - ended[1].at_s == pytest.approx(0.55, abs=W)


def test_one_loud_window_is_no_speech() -> None:
    assert facts("..#...#...#...") == []


def test_in_between_goes_on_but_does_not_begin() -> None:
    assert facts("-----") == []
    assert [type(fact) for _, fact in facts("##----------")] == [Began]


def test_who_goes_on_is_not_cut_off() -> None:
    kinds = [type(fact) for _, fact in facts("#####.....####..................")]
    assert kinds == [Began, Paused, Resumed, Paused, Ended]


def test_a_click_in_the_pause_changes_nothing() -> None:
    assert [type(fact) for _, fact in facts("#####.....#.....#....................")] == [Began, Paused, Ended]


def test_nobody_may_speak_for_ever() -> None:
    found = facts("#" * 2_000)
    assert isinstance(found[-1][1], (Ended, Began))
    assert any(isinstance(fact, Ended) and fact.speech_s == pytest.approx(60, abs=0.1) for _, fact in found)


@given(st.text(alphabet="#.-", max_size=300))
def test_facts_come_in_order(pattern: str) -> None:
    follows = {None: {Began}, Began: {Paused, Ended}, Paused: {Resumed, Ended}, Resumed: {Paused, Ended}, Ended: {Began}}
    last: type[SpeechFact] | None = None
    for _, fact in facts(pattern):
        assert type(fact) in follows[last]
        last = type(fact)


async def test_a_slow_speaker_is_given_time_and_a_quick_one_is_not_kept() -> None:
    endpointer = PauseEndpointer()
    assert await endpointer.patience_s(()) == pytest.approx(0.55)
    endpointer.learn(0.5)
    assert await endpointer.patience_s(()) == pytest.approx(0.65)
    endpointer.learn(5.0)
    assert await endpointer.patience_s(()) == pytest.approx(0.9)
    for _ in range(60):
        endpointer.learn(0.15)
    assert await endpointer.patience_s(()) == pytest.approx(0.3, abs=0.01)
