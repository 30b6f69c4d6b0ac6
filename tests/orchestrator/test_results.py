"""What came out of long work, in words that need no Claude."""

from __future__ import annotations

import pytest

from agents.errors import OutOfMoney
from agents.work import Done, Failed, TaskEvent
from orchestrator.results import message, opening, plainly
from orchestrator.task import Task, Wish
from tests.orchestrator.stage import LINES, NOON, ROSTER

DONE = Done("# The post\n\nIt has **three** parts. See `x.py`. Two. Three. Four. Five.", "")


def task(*happened: TaskEvent, agent: str = "engineer") -> Task:
    made = Task("1", Wish("+15550100", "Write a post.", "a blog post", 5), ROSTER[agent], NOON)
    for event in happened:
        made.happened(event)
    return made


@pytest.mark.parametrize(
    ("outcome", "agent", "expected"),
    [
        (DONE, "engineer", "This is the Engineer, with a blog post."),
        (DONE, "kai", "This is Kai, with a blog post."),
        (Failed(OutOfMoney(), ""), "engineer", "This is the Engineer, about a blog post."),
        (Failed(OutOfMoney(), ""), "kai", "This is Kai, about a blog post."),
    ],
)
def test_who_calls_and_why(outcome: Done | Failed, agent: str, expected: str) -> None:
    assert opening(task(outcome, agent=agent), LINES, ROSTER.front_desk) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Done("# The post", "It is written. It is good."), ("It is written.", "It is good.")),
        (DONE, ("The post", "It has three parts.", "See x.py.", "Two.")),
        (Failed(OutOfMoney(), "The outline is there."), (LINES.errors["work_out_of_money"], "The outline is there.")),
        (Failed(OutOfMoney(), "One. Two. Three. Four."), (LINES.errors["work_out_of_money"], "One.", "Two.", "Three.")),
        (Failed(OutOfMoney(), ""), (LINES.errors["work_out_of_money"],)),
    ],
)
def test_how_it_ended_in_at_most_four_sentences(outcome: Done | Failed, expected: tuple[str, ...]) -> None:
    assert plainly(task(outcome), LINES) == expected


def test_a_machine_is_told_nothing_of_it() -> None:
    assert message([task(DONE)], LINES) == LINES.callback.machine
    assert message([task(DONE), task(Failed(OutOfMoney(), ""))], LINES) == LINES.callback.machine_news
