"""A task's life in virtual time: who is told what, by which call, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from agents import definition
from agents.errors import Crashed, OutOfMoney, OverBudget, Stopped, ToolError, WorkError
from agents.work import Add, Answer, Asks, Began, Done, Failed, Says, Spent, Stop, TaskEvent, Working
from orchestrator.delivery import CallbackSettings, Verdict
from orchestrator.life import DIALLING, RUN, SO_FAR, InMemory
from orchestrator.presence import Turn
from orchestrator.records import SoFar, outcome_of, outcome_record, record_of, task_of
from orchestrator.spending import DaySpending
from orchestrator.tasks import MOST_RUNNING, Task, Wish
from orchestrator.testing.cast import NOON
from tests.agents.stage import ROSTER
from tests.orchestrator.workroom import ENGINEER, OWNER, POST, Phone, Workroom, workroom

B, N, M, U, D = Verdict.BUSY, Verdict.NO_ANSWER, Verdict.MACHINE, Verdict.UNHEARD, Verdict.DELIVERED
ASKS = ({"after_s": 5, "asks": {"question": "Push it?", "tool": "Bash"}, "no": [{"done": {"result": "Not pushed."}}]},)
HOUR_S = 3600
RECORD = record_of(Task("t7", Wish(OWNER, "Write a post.", "a post", minutes=2), ENGINEER, NOON))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.mark.parametrize(
    ("verdicts", "minutes", "told"),
    [
        ([D], [2], True),
        ([B, B, M, D], [2, 3, 8, 68], True),
        ([N, U, B, N, D], [2, 3, 8, 23, 83], True),
        ([B], [2, 3, 8, 23, 83], False),
        ([M], [2, 62], False),
        ([M, B], [2, 62], False),
    ],
)
async def test_the_owner_is_called_until_they_have_heard(
    verdicts: Sequence[Verdict], minutes: Sequence[float], told: bool, tmp_path: Path
) -> None:
    async with workroom(tmp_path, phone=Phone(verdicts)) as at:
        task = at.start()
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == minutes
        assert task.delivered is told
        assert task.messaged is (M in verdicts)
        assert at.tasks.of(OWNER) == ([] if told else [task]), "what nobody heard is told at the next call"


async def test_outside_the_hours_it_waits(tmp_path: Path) -> None:
    night = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    async with workroom(tmp_path, phone=Phone([B, D]), begins=night) as at:
        at.start()
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [9 * 60, 9 * 60 + 1]


async def test_a_clock_that_jumps_into_the_night_does_not_ring(tmp_path: Path) -> None:
    evening = datetime(2026, 11, 22, 21, 57, tzinfo=UTC)
    async with workroom(tmp_path, phone=Phone([B, B, D]), begins=evening) as at:
        at.start()
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [2, 10 * 60 + 3, 10 * 60 + 8]


async def test_who_hangs_up_at_night_is_not_called_before_the_morning(tmp_path: Path) -> None:
    evening = datetime(2026, 11, 22, 21, 55, tzinfo=UTC)
    async with workroom(tmp_path, begins=evening) as at:
        task = at.start()
        with task.attending():
            await anyio.sleep(10 * 60)  # it is done at 21:57, and not told
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [10 * 60 + 5]


async def test_who_holds_hears_it_on_the_line_and_is_not_called(tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        task = at.start()
        with task.attending():
            await task.over.wait()
            await anyio.sleep(20)
            task.delivered = True
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.calls == []
        assert at.tasks.of(OWNER) == []


@pytest.mark.parametrize(("hangs_up_s", "minute"), [(60, 2), (125, 2.083)])
async def test_a_hang_up_in_hold_means_call_me_back(hangs_up_s: float, minute: float, tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        task = at.start()
        with task.attending():
            await anyio.sleep(hangs_up_s)  # before it is done, or in the middle of the result
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [minute]
        assert task.delivered


async def test_an_owner_who_calls_in_hears_it_and_the_calling_ends(tmp_path: Path) -> None:
    async with workroom(tmp_path, phone=Phone([B])) as at:
        task = at.start()
        await anyio.sleep(10 * 60)
        assert at.tasks.of(OWNER) == [task]
        with task.attending():
            task.delivered = True
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [2, 3, 8]


async def test_who_is_on_the_line_is_not_called(tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        at.start()
        async with at.tasks.on_the_line(OWNER):
            await anyio.sleep(300)
            assert at.phone.calls == []
        await anyio.sleep(1)
        assert at.phone.minutes == [5]


async def test_two_results_are_told_after_each_other_or_at_once(tmp_path: Path) -> None:
    async with workroom(tmp_path, phone=Phone(lasts_s=60)) as at:
        first, second = at.start("a post"), at.start("a plan")
        other = at.tasks.start(Wish("+15550199", "Write.", "a page", 2), ENGINEER)
        at.phone.also_tells.append(other)
        async with at.tasks.on_the_line("+15550199"):
            await anyio.sleep(HOUR_S)
        assert at.phone.minutes == [2, 3]
        assert {id for _, id in at.phone.calls} == {first.id, second.id}
        await anyio.sleep(HOUR_S)
        assert len(at.phone.calls) == 2, "the third was told in a call about the first"


async def test_called_at_once_when_that_is_wanted(tmp_path: Path) -> None:
    night = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    async with workroom(tmp_path, phone=Phone([B, D]), begins=night) as at:
        task = at.start()
        await anyio.sleep(600)
        assert at.phone.calls == []
        task.wanted.set()
        await anyio.sleep(60)
        assert at.phone.minutes == [10]
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [10, 9 * 60]


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([{"says": "I have read it."}, {"failed": "work_out_of_money"}], OutOfMoney),
        ([{"says": "I have read it."}, {"spent": "5"}], OutOfMoney),
        ([{"says": "I have read it."}], Crashed),
    ],
)
async def test_failed_work_is_delivered_as_that(steps: list[dict[str, Any]], error: type[WorkError], tmp_path: Path) -> None:
    async with workroom(tmp_path, *steps) as at:
        task = at.start()
        await anyio.sleep(60)
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, error)
        assert task.outcome.achieved == "I have read it."
        assert (len(at.phone.calls), task.delivered) == (1, True)


async def test_a_question_that_nobody_is_there_for_is_a_no(tmp_path: Path) -> None:
    async with workroom(tmp_path, *ASKS) as at:
        task = at.start()
        await anyio.sleep(10)
        assert task.outcome == Done("Not pushed.", "")


async def test_a_question_is_answered_with_no_when_the_call_goes(tmp_path: Path) -> None:
    async with workroom(tmp_path, *ASKS) as at:
        task = at.start()
        with task.attending():
            await anyio.sleep(60)
            assert task.question is not None
            assert task.running
        await anyio.sleep(1)
        assert task.outcome == Done("Not pushed.", "")


async def test_waiting_for_an_answer_is_not_of_the_works_time(tmp_path: Path) -> None:
    hurried = ENGINEER.model_copy(update={"task": definition.Task(max_minutes=1)})
    steps = ({"after_s": 5, "asks": {"question": "Push it?", "tool": "Bash"}}, {"after_s": 50, "done": {"result": "Pushed."}})
    async with workroom(tmp_path, *steps) as at:
        task = at.tasks.start(Wish(OWNER, "Write.", "a post", 1), hurried)
        with task.attending():
            await anyio.sleep(200)
            assert task.question is not None
            task.tell(Answer(task.question.ask, yes=True))
            await anyio.sleep(60)
            assert task.outcome == Done("Pushed.", "")


async def test_words_reach_the_run_while_it_listens(tmp_path: Path) -> None:
    async with workroom(tmp_path, {"waits_for": "picture"}, {"hangs": True}) as at:
        task = at.start()
        with pytest.raises(ToolError, match="does not listen"):
            task.tell(Add("too early"))
        await anyio.sleep(1)
        task.tell(Add("a picture"))
        await anyio.sleep(1)
        task.tell(Stop())
        await task.over.wait()
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, Stopped)
        with pytest.raises(ToolError, match="over"):
            task.tell(Stop())


@pytest.mark.parametrize(("slow", "begun"), [("folder", 0), ("note", 1)])
async def test_a_stop_is_kept_until_the_run_listens(slow: str, begun: int, tmp_path: Path) -> None:
    async def make(_: Path) -> None:
        await anyio.sleep(slow == "folder")

    class Slow(InMemory):
        async def note(self, key: str, value: dict[str, Any]) -> bool:
            await anyio.sleep(slow == "note")
            return True

    async with workroom(tmp_path, {"hangs": True}) as at:
        at.tasks._make = make  # pyright: ignore[reportPrivateUsage]
        at.tasks.keep = lambda task: at.tasks.live(task, Slow())
        task = at.start()
        await anyio.sleep(0.5)
        task.tell(Stop())
        task.tell(Stop())
        await anyio.sleep(5)
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, Stopped)
        assert len(at.runner.orders) == begun, "nothing is begun that is to stop already"


async def test_what_may_not_begin(tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        with pytest.raises(ToolError, match="no long work"):
            at.tasks.start(Wish(OWNER, "Write.", "a post", 2), ROSTER["engineer"].model_copy(update={"task": None}))
        for _ in range(MOST_RUNNING):
            at.start()
        with pytest.raises(ToolError, match="enough under way"):
            at.start()
        at.start(owner="+15550199")


async def test_a_runner_with_a_defect_fails_its_task_alone(tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        at.runner.script = None  # type: ignore[assignment]
        task = at.start()
        await anyio.sleep(1)
        assert isinstance(task.outcome, Failed)
        assert "AttributeError" in str(task.outcome.error)
        assert len(at.phone.calls) == 1


async def test_a_phone_with_a_defect_loses_no_result(tmp_path: Path) -> None:
    class Defect(Phone):
        async def bring(self, task: Any) -> Verdict:
            self.calls.append((round(anyio.current_time() / 60, 3), task.id))
            raise ZeroDivisionError

    async with workroom(tmp_path, phone=Defect()) as at:
        task = at.start()
        await anyio.sleep(24 * HOUR_S)
        assert at.phone.minutes == [2, 3, 8, 23, 83]
        assert at.tasks.of(OWNER) == [task]


async def test_who_is_on_the_phone_with_another_server_is_not_called(tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        turns = turns_of(at)
        at.start()
        async with at.tasks.on_the_line(OWNER):
            assert not at.tasks.presence.ours(OWNER)
            await anyio.sleep(HOUR_S)
        (turn,) = turns
        assert not turn.over.is_set(), "it is wanted for the call to them"
        assert at.phone.minutes == []
        turn.held.set()
        await anyio.sleep(1)
        assert at.phone.minutes == [60.008], "half a second of them for the answer to the call"
        assert turn.over.is_set()


def turns_of(at: Workroom) -> list[Turn]:
    """As they are asked for, of several servers; none is held before a test says so."""
    turns: list[Turn] = []

    def turn_of(_number: str) -> Turn:
        turns.append(Turn())
        return turns[-1]

    at.tasks.presence.turn_of = turn_of
    return turns


@pytest.mark.parametrize("steps", [POST, (*ASKS, {"hangs": True})], ids=["to tell", "to ask"])
async def test_nobody_else_calls_them_while_a_call_is_up_whose_life_was_broken_off(steps: Any, tmp_path: Path) -> None:
    async with workroom(tmp_path, *steps, phone=Phone(lasts_s=60)) as at:
        turns = turns_of(at)
        async with anyio.create_task_group() as lives:
            lives.start_soon(at.tasks.live, at.tasks.known("t7", RECORD), InMemory())
            await anyio.sleep(125 if steps is POST else 10)
            turns[0].held.set()
            await anyio.sleep(30)
            lives.cancel_scope.cancel()
        assert (at.phone.up, turns[0].over.is_set()) == (1, False)
        await anyio.sleep(60)
        assert (at.phone.up, turns[0].over.is_set()) == (0, True)


async def test_a_question_for_which_it_was_not_rung_forbids_no_later_one_to_ring(tmp_path: Path) -> None:
    asks = {"asks": {"question": "Push it?", "tool": "Bash"}, "no": [{"says": "Left alone."}]}
    async with workroom(tmp_path, {"after_s": 5, **asks}, {"after_s": 100, **asks}, {"hangs": True}) as at:
        turns = turns_of(at)
        task = at.start()
        await anyio.sleep(80)
        assert Says("Left alone.") in task.events, "they were with another server for a minute"
        await anyio.sleep(90)
        turns[-1].held.set()
        await anyio.sleep(1)
        assert len(at.phone.calls) == 1


@pytest.mark.parametrize(
    ("further", "asks"),
    [
        ([], "git push"),
        ([Spent(Decimal(1))], "git push"),
        ([Working("Bash")], ""),
        ([Says("It is pushed.")], ""),
        ([Asks("q2", "In which colour?")], "In which colour?"),
    ],
)
def test_what_it_waits_for_is_kept_until_it_goes_on(further: list[TaskEvent], asks: str) -> None:
    so_far = SoFar()
    for event in [Asks("q1", "May I push?", "Bash", "git push"), *further]:
        so_far = so_far.after(event)
    assert so_far.asks == asks


class Kept(InMemory):
    """As a server finds it that another has left."""

    def __init__(self, **notes: dict[str, Any]) -> None:
        super().__init__()
        self._notes |= notes


@pytest.mark.parametrize(("hears", "calls"), [(True, 0), (False, 1)])
async def test_who_calls_while_that_we_call_them_is_still_being_kept_is_not_rung(hears: bool, calls: int, tmp_path: Path) -> None:
    class Slow(Kept):
        """Its database was away, and this takes a minute and a half."""

        async def note(self, key: str, value: dict[str, Any]) -> bool:
            if key == DIALLING:
                await anyio.sleep(90)
            return True

    async with workroom(tmp_path) as at:
        task = at.tasks.known("t7", RECORD)
        async with anyio.create_task_group() as group:
            group.start_soon(at.tasks.live, task, Slow())
            await task.over.wait()
            await anyio.sleep(60)
            async with at.tasks.on_the_line(OWNER):
                await anyio.sleep(60)
                assert at.phone.calls == []
                task.delivered = hears
        assert len(at.phone.calls) == calls


async def test_an_end_that_was_seen_before_the_task_was_ours_happens_once(tmp_path: Path) -> None:
    end = Done("# The post", "Done.")

    class Ended(Kept):
        async def once(self, name: str, act: Any) -> dict[str, Any]:
            return {"outcome": outcome_record(end), "at": NOON.isoformat()} if name == RUN else await act()

    async with workroom(tmp_path) as at:
        task = at.tasks.known("t7", RECORD)
        task.happened(end)
        await at.tasks.live(task, Ended())
        assert task.events == [end]


@pytest.mark.parametrize("lasts_s", [10, 24 * HOUR_S])
async def test_a_life_that_is_broken_off_goes_on_elsewhere(lasts_s: float, tmp_path: Path) -> None:
    async with workroom(tmp_path) as at:
        task = at.tasks.known("t7", RECORD)
        with anyio.move_on_after(lasts_s):
            await at.tasks.live(task, Kept())
        assert task.moved is (lasts_s == 10)
        assert task.delivered is not task.moved


@pytest.mark.parametrize(
    ("starts", "outcome"), [(1, Done("# The post", "Done.")), (2, Done("# The post", "Done.")), (3, "broke off 3 times")]
)
async def test_a_run_is_gone_on_with_twice(starts: int, outcome: Done | str, tmp_path: Path) -> None:
    reaped: list[Began] = []

    async def reap(began: Began) -> bool:
        reaped.append(began)
        return True

    before = SoFar(starts=starts, session="s1", pid=7, started=70, said="The outline stands.", usd="1.50")
    async with workroom(tmp_path) as at:
        at.runner.reap = reap
        again = at.tasks.known("t7", RECORD)
        await at.tasks.live(again, Kept(so_far=before.as_record()))
        assert reaped == [Began("s1", 7, 70)]
        if isinstance(outcome, Done):
            assert (again.outcome, again.usd) == (outcome, Decimal("1.50"))
            (order,) = at.runner.orders
            assert order.session == "s1"
            assert order.agent.task is not None
            assert order.agent.task.max_usd == Decimal("0.50"), "what the first session spent is spent"
        else:
            assert isinstance(again.outcome, Failed)
            assert outcome in str(again.outcome.error)
            assert again.outcome.achieved == "The outline stands."


async def test_what_a_run_achieved_before_it_was_cut_off_counts(tmp_path: Path) -> None:
    before = SoFar(starts=1, session="s1", pid=7, started=70, said="The outline stands.")
    async with workroom(tmp_path, {"failed": "work_out_of_money"}) as at:
        again = at.tasks.known("t7", RECORD)
        await at.tasks.live(again, Kept(so_far=before.as_record()))
        assert isinstance(again.outcome, Failed)
        assert again.outcome.achieved == "The outline stands."


@pytest.mark.parametrize(("in_good_order", "starts"), [(True, 0), (False, 1)])
async def test_only_a_crash_counts_as_one(in_good_order: bool, starts: int, tmp_path: Path) -> None:
    kept, dead = list[int](), False

    class Noted(InMemory):
        async def note(self, key: str, value: dict[str, Any]) -> bool:
            if key == SO_FAR and not dead:
                kept.append(value["starts"])
            return True

    async with workroom(tmp_path, {"hangs": True}) as at, anyio.create_task_group() as lives:
        lives.start_soon(at.tasks.live, at.tasks.known("t7", RECORD), Noted())
        await anyio.sleep(1)
        dead = not in_good_order
        lives.cancel_scope.cancel()
    assert (kept[0], kept[-1]) == (1, starts)


@pytest.mark.parametrize(
    ("notes", "brought", "calls"),
    [({}, False, 1), ({"heard": {"number": 0}}, False, 0), ({"heard": {"number": 7}}, False, 1), ({}, True, 0)],
)
async def test_a_call_that_a_crash_cut_off_is_made_again_unless_it_was_heard(
    notes: dict[str, Any], brought: bool, calls: int, tmp_path: Path
) -> None:
    class Journaled(Phone):
        async def brought(self, task: Any) -> bool:
            return brought

    async with workroom(tmp_path, phone=Journaled()) as at:
        task = at.tasks.known("t7", RECORD)
        await at.tasks.live(task, Kept(dialling={"number": 0}, **notes))
        assert len(at.phone.calls) == calls
        assert task.delivered


@pytest.mark.parametrize("told", [True, False])
async def test_what_a_person_seems_to_have_heard_is_kept_at_once(told: bool, tmp_path: Path) -> None:
    class Cut(Phone):
        async def bring(self, task: Task) -> Verdict:
            if told:
                task.told.set()
            await anyio.sleep_forever()
            raise AssertionError

    steps = InMemory()
    async with workroom(tmp_path, phone=Cut()) as at:
        at.tasks.keep = lambda task: at.tasks.live(task, steps)
        at.start()
        await anyio.sleep(HOUR_S)
        assert await steps.noted("heard") == ({"number": 0} if told else None)


@pytest.mark.parametrize(
    "outcome",
    [Done("# Post\n", "Done."), Failed(OutOfMoney(), "half"), Failed(WorkError("no folder"), ""), Failed(Stopped("really"), "x")],
)
def test_an_outcome_is_kept_as_it_was(outcome: Done | Failed) -> None:
    kept = outcome_of(outcome_record(outcome))
    if isinstance(outcome, Done):
        assert kept == outcome
    else:
        assert isinstance(kept, Failed)
        assert (type(kept.error), str(kept.error), kept.achieved) == (type(outcome.error), str(outcome.error), outcome.achieved)


def test_an_error_that_a_later_version_does_not_know_is_still_a_failure() -> None:
    kept = outcome_of({"failed": "work_moved_away", "detail": "gone", "achieved": ""})
    assert isinstance(kept, Failed)
    assert type(kept.error) is WorkError


async def test_without_a_phone_it_waits_for_the_next_call(tmp_path: Path) -> None:
    async with workroom(tmp_path, callback=CallbackSettings()) as at:
        at.tasks._life.bearer = None  # pyright: ignore[reportPrivateUsage]
        task = at.start()
        await anyio.sleep(24 * HOUR_S)
        assert at.tasks.of(OWNER) == [task]


async def test_work_counts_towards_the_days_budget_and_is_not_begun_beyond_it(tmp_path: Path) -> None:
    spending, limit = DaySpending(NOON.date()), Decimal(1)

    def may_spend(task: Task) -> bool:
        spending.add(NOON, task)
        return spending.today(NOON) < limit

    async with workroom(tmp_path, {"spent": "1.2"}, {"done": {"result": "Written."}}) as at:
        at.tasks.may_spend = may_spend
        task = at.start()
        await task.over.wait()
        assert spending.today(NOON) == Decimal("1.2")
        with pytest.raises(ToolError, match="budget is spent"):
            at.start()


@pytest.mark.parametrize(
    ("began", "limit", "counted", "goes_on"),
    [(NOON, 2, "2.00", True), (NOON - timedelta(days=1), 1, "0.50", True), (NOON, 1, "1.50", False)],
    ids=["what it cost today counts", "what it cost yesterday does not", "the day's budget is spent"],
)
async def test_work_that_goes_on_counts_towards_the_days_budget_as_well(
    began: datetime, limit: int, counted: str, goes_on: bool, tmp_path: Path
) -> None:
    spending = DaySpending(NOON.date())

    def may_spend(task: Task) -> bool:
        spending.add(NOON, task, task.began)
        return spending.today(NOON) < limit

    before = SoFar(starts=1, session="s1", said="The outline stands.", usd="1.50")
    async with workroom(tmp_path, {"spent": "0.5"}, {"done": {"result": "Written."}}) as at:
        at.tasks.may_spend = may_spend
        task = at.tasks.known("t7", RECORD | {"began": began.isoformat()})
        await at.tasks.live(task, Kept(so_far=before.as_record()))
        assert spending.today(NOON) == Decimal(counted)
        assert task.outcome == (Done("Written.", "") if goes_on else task.outcome)
        assert (isinstance(task.outcome, Failed) and isinstance(task.outcome.error, OverBudget)) is not goes_on


def test_what_was_said_in_passing_is_not_said_again_by_one_who_goes_on() -> None:
    task = task_of("t7", RECORD)
    task.happened(Says("I look around.", passing=True))
    assert (task.has_said("I look around."), task.has_said("I")) == (True, False)
