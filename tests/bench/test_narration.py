"""A little of `tests.bench.narration` in each run of the tests: adversarial work, and every line true when it is heard."""

from __future__ import annotations

import pytest

from agents.work import Says
from orchestrator.hold import Hold, Telling
from tests.bench.narration import WORDS, Run
from tests.bench.narration_truth import Heard, Judge
from tests.bench.narration_work import Step, Truth, Words


@pytest.mark.timeout(120)
def test_in_200_runs_each_line_is_true_when_it_is_heard_and_no_failure_is_missed() -> None:
    runs = [Run(seed) for seed in (*range(200), 918, 3682, 6156, 8846, 9911)]  # the last five were wrong once
    assert {run.seed: run.faults for run in runs if run.faults} == {}
    assert sum(len(run.lines) for run in runs) > 4_000
    assert sum(run.dropped for run in runs) > 50


TRUTH = Truth(
    steps=[Step("Bash", "Run the tests", 1.0, "failed", 5.0), Step("Bash", "Push it", 6.0, "refused", 6.1)],
    words=[Words(2.0, "All tests pass.", passing=False, bad=False), Words(8.0, "I lost it.", passing=False, bad=True)],
    plan=[(1.0, {"1": "Draw"}, {"1": True}), (5.0, {"1": "Draw"}, {})],
    points=[(1.0, 2, 8), (5.0, 1, 8)],
    planted=["hunter2"],
)


@pytest.mark.parametrize(
    ("at_s", "text", "faults"),
    [
        (2.0, "My latest step: run the tests.", []),
        (5.5, "My latest step: run the tests.", ["stale"]),
        (5.5, "This failed: run the tests.", []),
        (4.0, "This failed: run the tests.", ["unsupported"]),
        (7.0, "And my newest step: push it.", ["unsupported"]),
        (3.0, "All tests pass.", []),
        (7.0, "All tests pass.", ["stale"]),
        (7.0, "Earlier on: All tests pass.", []),
        (3.0, "Step 1 of 1: draw.", []),
        (6.0, "Step 1 of 1: draw.", ["stale"]),
        (3.0, "Points done so far: 2 of 8.", []),
        (6.0, "Points done so far: 2 of 8.", ["stale"]),
        (6.0, "Another point is done.", []),
        (3.0, "I have been painting: the moon.", ["unsupported"]),
        (3.0, "All tests pass. The password is hunter2.", ["unfit"]),
        (3.0, "All tests pass. Commit 3f2a9c1d.", ["unfit"]),
    ],
)
def test_what_judges_them_finds_what_is_wrong(at_s: float, text: str, faults: list[str]) -> None:
    assert list(Judge(TRUTH).line(Heard(at_s, text, "news"))) == faults


def test_what_judges_them_finds_what_was_never_told_and_a_false_nothing() -> None:
    judge = Judge(TRUTH)
    assert list(judge.line(Heard(30.0, "Nothing new since then.", "still"))) == ["stale"]
    assert sorted(fault for fault, _ in judge.end()) == ["missed", "missed", "missed"]


def _always(_: Hold, __: Telling) -> bool:
    return True


def test_a_phone_that_tells_lines_that_no_longer_stand_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hold, "stands", _always)
    assert any(Run(seed).faults for seed in range(60))


def test_a_line_that_nobody_has_heard_is_told_later() -> None:
    hold = Hold(WORDS, "a post", "Engineer", "brief")
    hold.due(0.0, 1.0)
    hold.happened(Says("The backup failed."))
    hold.due(19.0, 19.0)
    first = hold.due(20.0, 20.0)
    assert first is not None
    hold.unheard(first)
    again = hold.due(33.0, 13.0)
    assert again is not None
    assert again.text == first.text == "The backup failed."
