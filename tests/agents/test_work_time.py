"""The time that a run has: what it waits for an answer comes on top, up to five minutes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents.work_time import LONGEST_ANSWER_S, WorkTime


@pytest.mark.parametrize(
    ("waits", "by_s"),
    [
        ([], 700),
        ([(True, 130)], 1000),
        ([(True, 130), (False, 170)], 740),
        ([(True, 130), (True, 140), (False, 170), (False, 180)], 740),
        ([(True, 130), (False, 170), (True, 200), (False, 210)], 750),
        ([(True, 130), (False, 530)], 700 + LONGEST_ANSWER_S),
    ],
)
def test_what_it_waits_for_an_answer_comes_on_top(waits: Sequence[tuple[bool, float]], by_s: float) -> None:
    time = WorkTime(minutes=10, now_s=100)
    for waiting, now_s in waits:
        time.waiting(waiting, now_s)
    assert time.by_s == by_s
