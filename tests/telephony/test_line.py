"""Our clock of what the caller hears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.line import LineClosed, LineError, LineRefused, NotAnswered, Playout
from voices.audio import FRAME_S


def test_frames_follow_each_other_without_gap() -> None:
    playout = Playout()
    assert [playout.push(10.0, FRAME_S) for _ in range(3)] == pytest.approx([10.0, 10.02, 10.04])
    assert playout.ahead_s(10.0) == pytest.approx(0.06)
    assert playout.ahead_s(10.05) == pytest.approx(0.01)


def test_after_a_pause_the_next_frame_is_heard_at_once() -> None:
    playout = Playout()
    playout.push(10.0, FRAME_S)
    assert playout.ahead_s(11.0) == 0
    assert playout.push(11.0, FRAME_S) == 11.0


def test_cleared_sound_is_not_ahead_any_more() -> None:
    playout = Playout()
    for _ in range(8):
        playout.push(10.0, FRAME_S)
    assert playout.clear(10.05) == 10.05
    assert playout.ahead_s(10.05) == 0
    assert playout.push(10.05, FRAME_S) == 10.05


@given(st.lists(st.tuples(st.floats(0, 0.1), st.sampled_from(["push", "clear"])), max_size=40))
def test_no_frame_is_heard_in_the_past_or_over_another(steps: list[tuple[float, str]]) -> None:
    playout, now_s, free_s = Playout(), 100.0, 0.0
    for later_s, step in steps:
        now_s += later_s
        if step == "clear":
            free_s = playout.clear(now_s)
        else:
            heard_s = playout.push(now_s, FRAME_S)
            assert heard_s >= now_s
            assert heard_s >= free_s - 1e-9
            free_s = heard_s + FRAME_S


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [(LineClosed, "line_closed", False), (NotAnswered, "not_answered", True), (LineRefused, "line_refused", False)],
)
def test_the_error_tree(error: type[LineError], code: str, retryable: bool) -> None:
    assert issubclass(error, LineError)
    assert (error.code, error.retryable) == (code, retryable)
