"""What is said into which silence, and when a call has lasted long enough."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.keypad import Keypad
from orchestrator.patience import Limits, Patience, Prompt, Rest

NOTHING = Decimal(0)


def said(patience: Patience, rest: Rest, from_s: float, to_s: float, usd: Decimal = NOTHING) -> list[tuple[float, Prompt]]:
    """What comes due in a silence, if each line takes no time to say."""
    found: list[tuple[float, Prompt]] = []
    for tenth in range(round(from_s * 10), round(to_s * 10)):
        prompt = patience.due(rest, tenth / 10, usd)
        if prompt is not None:
            found.append((tenth / 10, prompt))
            patience.moved(tenth / 10)
    return found


@pytest.fixture
def patience() -> Patience:
    return Patience(Limits(minutes=30, usd=Decimal("0.50")))


def test_a_slow_answer_is_never_three_seconds_of_nothing(patience: Patience) -> None:
    patience.turn_over(10.0)
    lines = said(patience, Rest.ANSWER, 10, 20)
    still, slow = Prompt.STILL_THINKING, Prompt.SLOW
    assert [prompt for _, prompt in lines] == [Prompt.FILLER, still, slow, still, slow]  # and no line twice in a row
    assert lines[0][0] == pytest.approx(10.9)
    times = [10.0, *(at_s for at_s, _ in lines)]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) < 3


def test_a_line_is_given_time_to_sound(patience: Patience) -> None:
    patience.turn_over(10.0)
    times = [tenth / 10 for tenth in range(100, 140) if patience.due(Rest.ANSWER, tenth / 10, NOTHING)]
    assert times == pytest.approx([10.9, 12.3, 12.9, 13.5])


def test_a_fast_answer_gets_no_filler(patience: Patience) -> None:
    patience.turn_over(10.0)
    assert said(patience, Rest.ANSWER, 10, 10.9) == []


def test_while_a_tool_runs_the_words_are_true_of_that(patience: Patience) -> None:
    patience.turn_over(10.0)
    assert [prompt for _, prompt in said(patience, Rest.TOOL, 10, 20)][:3] == [Prompt.FILLER, Prompt.STILL_WORKING, Prompt.SLOW]


def test_after_the_answer_has_begun_only_dead_air_is_filled(patience: Patience) -> None:
    patience.turn_over(10.0)
    patience.begun()
    patience.moved(11.0)
    assert said(patience, Rest.TOOL, 11, 13.1) == []
    assert said(patience, Rest.TOOL, 13.1, 14) == [(pytest.approx(13.2, abs=0.11), Prompt.STILL_WORKING)]
    patience.turn_over(20.0)
    assert said(patience, Rest.ANSWER, 20, 22)[0][1] is Prompt.FILLER


def test_a_silent_caller_is_asked_once_and_then_let_go(patience: Patience) -> None:
    patience.moved(5.0)
    assert said(patience, Rest.CALLER, 5, 30) == [(13.0, Prompt.ARE_YOU_STILL_THERE), (25.0, Prompt.GOODBYE_SILENCE)]
    patience.words(40.0)
    patience.moved(41.0)
    assert said(patience, Rest.CALLER, 41, 50) == [(49.0, Prompt.ARE_YOU_STILL_THERE)]


def test_the_time_limit_is_announced_a_minute_before(patience: Patience) -> None:
    patience.moved(1_739.0)
    assert said(patience, Rest.CALLER, 1_739, 1_742) == [(1_740.0, Prompt.TIME_ALMOST_UP)]
    patience.moved(1_799.5)
    assert said(patience, Rest.CALLER, 1_799, 1_800.2) == [(1_800.0, Prompt.TIME_UP)]


def test_money_is_announced_at_80_percent(patience: Patience) -> None:
    patience.moved(1.0)
    assert said(patience, Rest.CALLER, 2, 3, Decimal("0.39")) == []
    assert said(patience, Rest.CALLER, 3, 4, Decimal("0.40")) == [(3.0, Prompt.MONEY_ALMOST_UP)]
    assert said(patience, Rest.CALLER, 5, 5.1, Decimal("0.50")) == [(5.0, Prompt.MONEY_UP)]
    assert Prompt.MONEY_UP.farewell == "limit"
    assert not Prompt.MONEY_ALMOST_UP.farewell


def test_an_entry_of_keys() -> None:
    keypad = Keypad()
    assert [keypad.press(key, 0.0) for key in "12#"] == [None, None, "12"]
    assert [keypad.press(key, 1.0) for key in "99*34#"] == [None] * 5 + ["34"]
    assert keypad.press("#", 2.0) is None
    keypad.press("7", 3.0)
    assert keypad.rest(6.9) is None
    assert keypad.rest(7.0) == "7"
    assert keypad.rest(99.0) is None


def test_who_asked_for_a_moment_has_two_minutes(patience: Patience) -> None:
    patience.words(5.0, moment=True)
    patience.moved(7.0)  # "Take your time."
    asked_s, gone_s = 127.0, 139.0
    assert said(patience, Rest.CALLER, 7, 150) == [(asked_s, Prompt.ARE_YOU_STILL_THERE), (gone_s, Prompt.GOODBYE_SILENCE)]
    patience.words(200.0)
    assert said(patience, Rest.CALLER, 200, 209) == [(208.0, Prompt.ARE_YOU_STILL_THERE)]


@given(noises=st.sets(st.integers(0, 40)), words=st.integers(0, 30))
def test_only_words_renew_the_callers_clock(noises: set[int], words: int) -> None:
    """A cough in any seconds there are puts the question off by less than a breath."""
    patience = Patience(Limits(minutes=30, usd=Decimal(1)))
    for tenth in range(words * 10, 500):
        if tenth == words * 10:
            patience.words(words)
        if not tenth % 10 and tenth // 10 in noises:
            patience.sounded(tenth / 10)
        if patience.due(Rest.CALLER, tenth / 10, NOTHING) is Prompt.ARE_YOU_STILL_THERE:
            assert words + 8 <= tenth / 10 <= words + 8.5
            return
    raise AssertionError("nobody asked")
