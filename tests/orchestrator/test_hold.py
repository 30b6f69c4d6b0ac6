"""What a caller on hold is told: true, new each time, and not too often. Time is an argument here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.work import Asks, Says, Spent, TaskEvent, Working
from orchestrator.hold import ANSWER_S, GAP_S, MOST_ASKED, STYLES, Hold, HoldWords, Style, Telling, spoken_minutes

WORDS = HoldWords.read(Path(__file__).parents[2] / "prompts" / "hold.yaml")
PUSH = Asks("q1", "The Engineer wants to push to main. Yes or no?", tool="Bash", exact="git push")


def holding(style: Style = "brief") -> Hold:
    return Hold(WORDS, "a blog post about the voice server", "Engineer", style)


def told(hold: Hold, happenings: Mapping[float, TaskEvent], until_s: float, line_s: float = 3.0) -> list[tuple[float, Telling]]:
    """Ten looks a second, as a call does; each line takes a while to say."""
    lines: list[tuple[float, Telling]] = []
    quiet_since_s, todo = 0.0, sorted(happenings.items())
    for tick in range(int(until_s * 10)):
        now_s = tick / 10
        while todo and todo[0][0] <= now_s:
            hold.happened(todo.pop(0)[1])
        if now_s >= quiet_since_s and (telling := hold.due(now_s, now_s - quiet_since_s)):
            lines.append((now_s, telling))
            if telling.why == "question":
                hold.asking()
            quiet_since_s = now_s + line_s
    return lines


STEPS = {3.0 * n: Working(what, f"Look at part {n}") for n, what in enumerate(["Read", "Bash", "Grep", "Write", "Edit"] * 8, 1)}


def test_the_first_line_says_who_works_on_what_and_comes_at_once() -> None:
    (at_s, first), *_ = told(holding(), {}, 10)
    assert at_s < 2.0
    assert first.why == "start"
    assert "a blog post about the voice server" in first.text


def test_lines_come_8_to_20_s_apart_while_there_is_news_and_no_two_are_the_same() -> None:
    lines = told(holding(), STEPS, 120)
    gaps = [after - before for (before, _), (after, _) in pairwise(lines)]
    assert len(lines) >= 8
    assert all(8 <= gap <= 20 for gap in gaps)
    texts = [telling.text for _, telling in lines]
    assert len(set(texts)) == len(texts)


def test_only_the_newest_step_is_told_and_only_once() -> None:
    hold = holding()
    lines = told(hold, {1.0: Working("Read", "Look at the old thing"), 2.0: Working("Bash", "Run the tests")}, 18)
    assert [telling.text for _, telling in lines[1:]] == ["My latest step: run the tests."]


def test_what_the_run_says_itself_goes_before_its_steps() -> None:
    lines = told(holding(), {1.0: Says("The outline stands."), 2.0: Working("Write", "Write the first part")}, 40)
    assert [telling.text for _, telling in lines[1:3]] == ["The outline stands.", "I have been writing: write the first part."]
    assert lines[1][1].facts == (Says("The outline stands."),)


def test_what_is_secret_in_its_words_is_named_for_what_it_is_whoever_runs_the_work() -> None:
    lines = told(holding(), {5.0: Says("The new password hunter2 is set, and 10.1.2.3 runs.")}, 20)
    assert "The new password a secret is set, and an address runs." in str(lines)


def test_a_step_is_over_when_the_run_speaks() -> None:
    lines = told(holding(), {1.0: Working("Bash", "Run the tests"), 2.0: Says("All tests pass.")}, 18)
    assert [telling.text for _, telling in lines[1:]] == ["All tests pass."]


@pytest.mark.parametrize("style", ["brief", "podcast", "quiet"])
def test_what_it_only_wants_to_do_is_not_told_as_done(style: Style) -> None:
    hold = holding(style)
    begins = {1.0: Working("Bash", "Run the tests"), 20.0: Working("Bash", "Push it"), 20.1: PUSH}
    assert [telling.why for _, telling in told(hold, begins, 28)][-1] == "question"
    assert "push" not in hold.latest
    hold.answered()
    assert not any("push" in line.text.lower() or "2 things" in line.text for _, line in told(hold, {}, 300))


def test_what_it_does_beside_what_it_asks_is_told() -> None:
    hold = holding()
    hold.happened(Working("Bash", "Push it"), Working("Agent", "Look for pictures"), PUSH)
    hold.answered()
    assert hold.latest == "I have sent a helper off: look for pictures."


def test_nothing_new_is_admitted_soon_and_then_less_and_less_often_in_other_words() -> None:
    lines = told(holding(), {1.0: Says("I have begun.")}, 7_200)
    still = [(at_s, telling.text) for at_s, telling in lines if telling.why == "still"]
    assert 18 <= still[0][0] - lines[1][0] <= 30
    gaps = [round(after - before, -1) for (before, _), (after, _) in pairwise(still)]
    assert gaps[:4] == [60, 120, 300, 600]
    assert set(gaps[4:]) == {600}
    kinds = [next(line for line in WORDS.still if text.startswith(line.partition("{since}")[0])) for _, text in still]
    assert all(one != other for one, other in pairwise(kinds))
    assert any("an hour and" in text for _, text in still)


@pytest.mark.parametrize(("style", "told_of"), [("silent", 0), ("quiet", 1), ("brief", 4), ("podcast", 4)])
def test_the_style_decides_how_much(style: Style, told_of: int) -> None:
    happenings: dict[float, TaskEvent] = {
        1.0: Working("Read", "One"), 15.0: Working("phase", "build", 4, 7),
        30.0: Says("And now?", passing=True), 45.0: Working("Bash"),
    }  # fmt: skip
    lines = told(holding(style), happenings, 62)
    assert len([telling for _, telling in lines if telling.why == "news"]) == told_of


MILESTONES = (
    Says("The outline stands."), Working("phase", "build", 4, 7), Working("criteria", "", 3, 8), Working("plan", "draw", 2, 4),
    Working("Agent", "Count the words"), Working("api_retry", "", 1, 10),
)  # fmt: skip


@pytest.mark.parametrize("milestone", MILESTONES)
def test_quiet_means_milestones_and_at_most_one_a_minute(milestone: Says | Working) -> None:
    busy = {
        float(at): Says(f"In passing {at}.", passing=True) if at % 2 else Working("Bash", f"Try {at}") for at in range(1, 290, 7)
    }
    lines = told(holding("quiet"), busy | {100.5: milestone, 101.0: Asks("q2", "What is the title?")}, 300)
    assert {telling.why for at_s, telling in lines if at_s < 100} == {"start", "still"}
    assert all("nothing" not in telling.text for _, telling in lines)  # for the run is busy
    news = [telling.facts for _, telling in lines if telling.why == "news"]
    assert news == [(milestone,)] if not isinstance(milestone, Working) or milestone.what != "api_retry" else news == []
    unasked = [at_s for at_s, telling in lines if telling.why in ("start", "news", "still")]
    assert all(after - before >= 50 for before, after in pairwise(unasked))


def test_of_two_milestones_quiet_tells_the_newer() -> None:
    lines = told(holding("quiet"), {1.0: Says("I begin."), 20.0: Says("Half of it stands.")}, 60)
    assert [telling.text for _, telling in lines[1:]] == ["Half of it stands."]


@pytest.mark.parametrize(
    ("working", "line"),
    [
        (Working("phase", "build", 4, 7), "I am in the part called build, number 4 of 7."),
        (Working("phase", "build"), "I have come to the part called build."),
        (Working("criteria", "", 3, 8), "Points done so far: 3 of 8."),
        (Working("plan", "Draw the picture", 2, 4), "Step 2 of 4: draw the picture."),
        (Working("plan", "", 2, 4), "I am at step 2 of 4."),
        (Working("WebSearch", "GPU prices"), "I have been searching the web for this: GPU prices."),
        (Working("helper", "Reading hosts"), "A helper of mine has been at this: reading hosts."),
        (Working("api_retry", "", 1, 10), "Claude is slow to answer just now; I am waiting."),
        (Working("mcp__mail__send"), "I have been using another of my tools."),
    ],
)
def test_a_step_is_told_by_what_is_known_of_it(working: Working, line: str) -> None:
    hold = holding()
    hold.happened(working)
    assert hold.latest == line
    assert [telling.text for _, telling in told(hold, {}, 20)][1:] == [line]


def test_alike_steps_are_told_in_turn_in_different_words() -> None:
    happenings = {13.0 * n: Working("Bash", f"Try part {n}") for n in range(1, 5)}
    openings = [telling.text.partition(":")[0] for _, telling in told(holding(), happenings, 70)][1:]
    assert openings == ["My latest step", "What I went on to last", "And my newest step", "My latest step"]


def test_that_claude_is_waited_for_is_told_while_it_is_so() -> None:
    retry = Working("api_retry", "", 1, 10)
    assert [t.text for _, t in told(holding(), {1.0: retry, 5.0: Working("Read", "One")}, 20)][1:] == [
        "I have been reading: one."
    ]
    retries: dict[float, TaskEvent] = {1.0 + 15 * n: retry for n in range(10)}
    said = [telling.text for _, telling in told(holding(), retries, 170)][1:]
    assert said[:2] == list(WORDS.steps["api_retry"])
    assert all("nothing" in line for line in said[2:])


def test_what_the_caller_asked_for_is_not_told_again() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    assert hold.latest == hold.asked_for() == ""
    hold.happened(Says("I have begun.", passing=True), Working("Bash", "Run the tests"))
    assert hold.latest == hold.asked_for() == "My latest step: run the tests."
    assert hold.due(12.0, 12.0) is None


def test_what_was_so_before_they_asked_is_news_when_it_is_so_again() -> None:
    hold = holding()
    told(hold, {0.0: Says("Two tests fail.")}, 30)
    hold.happened(Says("All tests pass."))
    assert hold.asked_for() == "All tests pass."
    lines = told(hold, {30.0: Says("Two tests fail.")}, 60)
    assert [telling.text for _, telling in lines if telling.why == "news"] == ["Again: Two tests fail."]


def test_a_kind_of_step_without_a_line_for_all_of_it_is_refused() -> None:
    with pytest.raises(ValueError, match="`Read` needs a line without blanks"):
        HoldWords.model_validate(WORDS.model_dump() | {"steps": {"Read": ["I have been reading: {detail}."]}})


def test_more_detail_means_shorter_gaps() -> None:
    assert GAP_S["podcast"] < GAP_S["brief"] < GAP_S["quiet"]
    assert set(GAP_S) | {"silent"} == set(STYLES)


def test_a_question_is_asked_twice_and_then_taken_as_a_no() -> None:
    hold = holding()
    lines = [(at_s, telling) for at_s, telling in told(hold, {1.0: PUSH}, 60) if telling.why != "start"]
    assert [telling.why for _, telling in lines[:3]] == ["question", "question", "unanswered"]
    assert lines[0][1].text == PUSH.question
    assert lines[1][1].text.endswith(PUSH.question)
    assert [round(after - before) for (before, _), (after, _) in pairwise(lines[:3])] == [ANSWER_S + 3] * 2
    assert hold.question is None


def test_a_question_waits_for_silence_not_for_its_turn_and_is_asked_in_every_style() -> None:
    hold = holding("silent")
    assert hold.due(0.0, 1.0) is not None
    hold.happened(PUSH)
    assert hold.due(0.2, 0.1) is None
    asked = hold.due(0.9, 0.8)
    assert asked is not None
    assert asked.why == "question"
    assert hold.question is None, "it is not heard yet"
    assert hold.asking() == 1
    assert hold.question == PUSH
    hold.answered()
    assert hold.question is None
    assert hold.due(40.0, 40.0) is None


def test_a_question_that_is_never_heard_is_given_up() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(PUSH)
    given = [telling.why for n in range(MOST_ASKED + 2) if (telling := hold.due(1.0 + n, 1.0))]
    assert given == ["question"] * MOST_ASKED + ["unanswered"]
    assert hold.asking() == 0


def test_money_is_no_news() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(Spent(Decimal(1)))
    assert hold.due(12.0, 12.0) is None


FACTS = st.one_of(
    st.builds(Says, st.sampled_from(["It stands.", "It runs.", "Half of it is done, {really}."]), st.booleans()),
    st.builds(
        Working,
        st.sampled_from([*WORDS.steps, "mcp__mail__send"]),
        st.sampled_from(["", "Run the tests.", "Look {here}"]),
        st.integers(0, 7),
        st.integers(0, 7),
        st.sampled_from(["", "", "failed", "refused", "worked", "over"]),
    ),
)


@given(st.dictionaries(st.integers(0, 600).map(float), FACTS, max_size=120), st.sampled_from(STYLES))
def test_whatever_happens_no_line_is_said_twice_on_end_and_each_tells_what_happened_before(
    happenings: Mapping[float, TaskEvent], style: Style
) -> None:
    lines = told(holding(style), happenings, 620)
    texts = [telling.text for _, telling in lines]
    assert all(one != other for one, other in pairwise(texts))
    for at_s, telling in lines:
        assert all(any(fact is known and when <= at_s for when, known in happenings.items()) for fact in telling.facts)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (3, "less than a minute"),
        (50, "about a minute"),
        (89, "about a minute"),
        (150, "2 minutes"),
        (3600, "an hour"),
        (5400, "an hour and 30 minutes"),
        (10_800, "three hours"),
        (7_260, "two hours and a minute"),
        (50_400, "14 hours"),
    ],
)
def test_durations_as_one_says_them(seconds: float, spoken: str) -> None:
    assert spoken_minutes(seconds) == spoken


def news(happenings: Mapping[float, TaskEvent], until_s: float, style: Style = "brief") -> list[str]:
    return [telling.text for _, telling in told(holding(style), happenings, until_s) if telling.why == "news"]


TESTS: Final = Working("Bash", "Run the tests")
FAILED, REFUSED, WORKED = (replace(TESTS, went=went) for went in ("failed", "refused", "worked"))


def test_a_state_is_told_again_when_it_is_so_again() -> None:
    said = {1.0: Says("All tests pass."), 30.0: Says("One test fails."), 60.0: Says("All tests pass.")}
    assert news(said, 90) == ["All tests pass.", "One test fails.", "Again: All tests pass."]
    assert news({1.0: Says("All tests pass."), 30.0: Says("All tests pass.")}, 90) == ["All tests pass."]


def test_after_a_failure_what_was_said_before_it_is_earlier() -> None:
    assert news({1.0: TESTS, 1.1: Says("All tests pass."), 1.2: FAILED}, 40) == [
        "Earlier on: All tests pass.", "This failed: run the tests.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("went", "line"),
    [
        ([FAILED], "This failed: run the tests."),
        ([REFUSED], "I was not allowed to do this: run the tests."),
        ([FAILED, TESTS, FAILED], "This has failed 2 times by now: run the tests."),
        ([FAILED, TESTS, WORKED], "This failed at first, and then it worked: run the tests."),
        ([FAILED, WORKED, FAILED], "This has failed 2 times by now: run the tests."),
    ],
)
@pytest.mark.parametrize("style", ["brief", "podcast", "quiet"])
def test_how_a_step_went_is_told_and_never_that_it_was_only_begun(went: list[Working], line: str, style: Style) -> None:
    assert news(dict(enumerate([TESTS, *went], 1)), 120, style) == [line]


def test_of_many_failures_all_are_counted() -> None:
    failures = {1.0 + n / 100: Working("Bash", f"Try part {n}", went="failed") for n in range(200)}
    lines = news(failures, 120)
    assert lines[0].endswith("In all, 200 of my steps have failed or were refused.")
    assert len(lines) == 4


def test_bad_news_is_never_dropped_for_want_of_room() -> None:
    bad = {1.0 + n / 100: Says(f"The backup of part {n} failed.") for n in range(40)}
    good = {2.0 + n / 100: Says(f"Part {n} stands.") for n in range(40)}
    said = " ".join(news(bad | good, 900))
    assert all(fact.text in said for fact in bad.values())


def test_fewer_points_are_told_as_fewer_and_the_same_number_not_at_all() -> None:
    points = {1.0 + 20 * n: Working("criteria", "", met, 8) for n, met in enumerate((2, 3, 3, 2, 0))}
    assert news(points, 120) == [
        "Points done so far: 2 of 8.", "That makes 3 of 8 points.", "That is fewer than before: 2 of 8 points.",
        "A point is open again; 0 of 8 are done now.",
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["plan", "phase", "api_retry"])
def test_what_is_over_is_not_told_as_so(what: str) -> None:
    hold = holding()
    hold.happened(Working(what, "Draw", 1, 2), Working(what, went="over"))
    assert (hold.latest, [line.why for _, line in told(hold, {}, 18)]) == ("", ["start"])


def test_a_line_that_is_overtaken_before_it_is_heard_does_not_stand_and_what_is_still_so_of_it_is_told() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(Says("All tests pass."))
    hold.due(19.0, 19.0)
    first = hold.due(20.0, 20.0)
    assert first is not None
    assert hold.stands(first)
    hold.happened(Says("One test fails."))
    assert not hold.stands(first)
    hold.unheard(first)
    after = [hold.due(21.0 + n, 20.0) for n in range(2)]
    assert [telling and telling.text for telling in after] == ["Earlier on: All tests pass.", "One test fails."]


@pytest.mark.parametrize(
    ("fact", "new", "stands"),
    [
        (TESTS, Working("Read", "the code"), False),
        (TESTS, FAILED, False),
        (TESTS, Working("helper", "the pictures"), True),
        (FAILED, TESTS, True),
        (FAILED, WORKED, False),
        (Working("plan", "Draw", 1, 2), Working("plan", went="over"), False),
        (Working("criteria", "", 1, 2), Working("criteria", "", 2, 2), False),
        (Working("api_retry"), Says("I go on."), False),
    ],
)
def test_whether_a_line_stands(fact: Working, new: Says | Working, *, stands: bool) -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    hold.happened(fact)
    hold.due(19.0, 19.0)
    telling = hold.due(20.0, 20.0)
    assert telling is not None
    hold.happened(new)
    assert hold.stands(telling) is stands


def test_nothing_new_does_not_stand_when_there_is_something() -> None:
    hold = holding()
    hold.due(0.0, 1.0)
    still = hold.due(30.0, 20.0)
    assert still is not None
    hold.happened(TESTS)
    assert not hold.stands(still)
