"""What of a run's news may still be told, and how it stands by then: a line must be true when it is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agents.work import Asks, Says, TaskEvent, Working
from tests.orchestrator.test_hold import PUSH, WORDS, holding

BEGIN = Says("I begin with the tests.", passing=True)
FOUND = Says("It was a race.")
PASS = Says("All three tests pass.")
READ, RUN, WRITE = Working("Read", "the code"), Working("Bash", "Run the tests"), Working("Write", "the program")
COUNT, BUILD, HELPER = Working("criteria", "", 3, 8), Working("phase", "build", 4, 7), Working("helper", "the pictures")
RETRY = Working("api_retry")
NOTED, EARLIER = WORDS.overtaken.noted, WORDS.overtaken.earlier
HAS_READ, HAS_RUN = "I have been reading: the code.", "My latest step: run the tests."
HAS_WRITTEN = "I have been writing: the program."
COUNTS, BUILDS = "Points done so far: 3 of 8.", "I am in the part called build, number 4 of 7."


@pytest.mark.parametrize(
    ("happened", "lines"),
    [
        ([BEGIN], [BEGIN.text]),
        ([BEGIN, WRITE], [BEGIN.text, HAS_WRITTEN]),
        ([BEGIN, WRITE, COUNT], [BEGIN.text, COUNTS, HAS_WRITTEN]),
        ([BEGIN, WRITE, RUN], [NOTED.format(text=BEGIN.text), HAS_RUN]),
        ([BEGIN, WRITE, PASS], [PASS.text]),
        ([FOUND, WRITE, PASS], [EARLIER.format(text=FOUND.text), PASS.text]),
        ([FOUND, WRITE, BEGIN, RUN, READ], [EARLIER.format(text=FOUND.text), NOTED.format(text=BEGIN.text), HAS_READ]),
        ([BEGIN, FOUND, PASS], [EARLIER.format(text=FOUND.text), PASS.text]),
        ([READ, RUN], [HAS_RUN]),
        ([READ, FOUND], [FOUND.text]),
        ([COUNT, Working("criteria", "", 4, 8)], ["Points done so far: 4 of 8."]),
        ([BUILD, READ, Working("Edit"), COUNT], [BUILDS, COUNTS, "I have been at a change."]),
        ([RETRY, READ], [HAS_READ]),
        ([READ, RETRY], [WORDS.steps["api_retry"][0]]),
        ([READ, HELPER], [HAS_READ, "A helper of mine has been at this: the pictures."]),
        ([HELPER, READ], [HAS_READ]),
        ([BEGIN, RUN, PUSH], [NOTED.format(text=BEGIN.text)]),
        ([Says(f"{n}.") for n in "abcde"], [EARLIER.format(text="a. b. c. d."), "e."]),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("style", ["brief", "podcast"])
def test_each_line_is_still_so_when_it_is_told(happened: Sequence[TaskEvent], lines: Sequence[str], style: Any) -> None:
    hold = holding(style)
    hold.due(0.0, 1.0)
    hold.happened(*happened)
    hold.answered()
    told = [hold.due(20.0 + n, 20.0) for n in range(len(lines) + 1)]
    assert [telling.text for telling in told if telling and telling.why == "news"] == lines


@pytest.mark.parametrize(
    ("happened", "lines"),
    [
        ([FOUND, BEGIN, RUN], [EARLIER.format(text=FOUND.text)]),
        ([FOUND, RUN, READ], [NOTED.format(text=FOUND.text)]),
        ([FOUND, READ, PASS], [PASS.text]),
        ([FOUND, COUNT], [COUNTS]),
        ([BEGIN, RUN, READ], []),
        ([BUILD, RETRY, READ], [BUILDS]),
    ],
    ids=str,
)
def test_quiet_tells_the_newest_milestone_as_it_stands(happened: Sequence[TaskEvent], lines: Sequence[str]) -> None:
    hold = holding("quiet")
    hold.due(0.0, 1.0)
    hold.happened(*happened)
    told = [hold.due(60.0 + n, 60.0) for n in range(3)]
    assert [telling.text for telling in told if telling and telling.why == "news"] == lines


@pytest.mark.parametrize(
    ("happened", "latest"),
    [
        ([], ""),
        ([FOUND], FOUND.text),
        ([FOUND, RUN], HAS_RUN),
        ([FOUND, Working("Write")], FOUND.text),
        ([FOUND, Working("Write"), Working("Write")], NOTED.format(text=FOUND.text)),
        ([FOUND, RUN, PUSH], NOTED.format(text=FOUND.text)),
        ([FOUND, Asks("q", "Which colour?")], FOUND.text),
    ],
    ids=str,
)
def test_who_asks_hears_what_says_most_of_what_came_last(happened: Sequence[TaskEvent], latest: str) -> None:
    hold = holding()
    hold.happened(*happened)
    assert hold.latest == latest


def test_words_that_are_meant_to_be_heard_are_told_also_after_the_caller_asked() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(FOUND, PASS, RUN)
    assert hold.asked_for() == HAS_RUN
    told = [hold.due(20.0 + n, 20.0) for n in range(3)]
    assert [telling and telling.text for telling in told] == [EARLIER.format(text=FOUND.text), PASS.text, None]


def test_a_podcast_is_worded_from_what_happened_up_to_what_it_tells_and_nothing_twice() -> None:
    hold = holding("podcast")
    hold.due(0.0, 1.0)
    hold.happened(READ, FOUND, RUN, PASS, WRITE)
    told = [hold.due(20.0 + n, 20.0) for n in range(3)]
    assert [telling and telling.facts for telling in told] == [(READ, FOUND), (RUN, PASS), (WRITE,)]


def test_what_has_just_begun_waits_until_it_is_clear_that_it_needs_no_leave() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(RUN)
    assert hold.due(20.0, 20.0) is None
    assert hold.due(20.4, 20.4) is None
    telling = hold.due(20.5, 20.5)
    assert telling is not None
    assert telling.text == HAS_RUN
