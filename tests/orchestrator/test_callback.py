"""The owner is called back: who takes the call, what they hear, what is delivered by it, and what a machine is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from agents.script import Entry as Answer
from agents.script import ToolUse, When
from agents.work import Add
from orchestrator import events
from orchestrator.delivery import Verdict
from telephony.answering_machine import greets
from telephony.line import LineDown
from telephony.rehearsal import BUSY, IGNORED, REJECTED, Pickup, RehearsalLine
from tests.orchestrator.desk import (
    GREETING,
    HELLO,
    OPENING,
    OWNER,
    SUMMARY,
    WORDED,
    WORDS,
    Desk,
    Person,
    brought,
    desk,
    listens,
    said,
    silence,
    task,
)
from tests.orchestrator.stage import LINES, LOUD, answer
from tests.orchestrator.workroom import workroom
from voices.audio import RATE
from voices.engines.tones import tone


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def leaves_in_the_summary(at: Desk, line: RehearsalLine) -> None:
    await said(at, OPENING)
    await anyio.sleep(1.0)
    line.leave()


async def leaves_at_once(at: Desk, line: RehearsalLine) -> None:
    await anyio.sleep(1.0)
    line.leave()


async def speaks_in_the_summary(at: Desk, line: RehearsalLine) -> None:
    await said(at, OPENING)
    line.say(tone(200, 1.5, LOUD))
    await anyio.sleep(8)
    line.leave()


async def presses_a_key(at: Desk, line: RehearsalLine) -> None:
    await said(at, OPENING)
    line.press("1")
    await anyio.sleep(1)
    line.leave()


async def stays(at: Desk, line: RehearsalLine) -> None:
    await line.over.wait()


@pytest.mark.parametrize("says", [HELLO, GREETING])
async def test_a_call_of_ours_costs_its_minutes_whoever_takes_it(says: bytes) -> None:
    async def is_charged(at: Desk, line: RehearsalLine) -> None:
        line.cost_usd = Decimal("0.019")
        await listens(at, line)

    async with desk(Pickup(3, says=says)) as at:
        await brought(at, task(), is_charged)
        assert [fact.usd for fact in at.facts(events.MoneySpent) if fact.on == "line"] == [Decimal("0.019")]


async def test_a_person_hears_who_calls_and_what_came_out() -> None:
    async with desk(Pickup(3, says=HELLO)) as at:
        done = task()
        assert await brought(at, done, listens) is Verdict.DELIVERED
        assert done.delivered
        assert at.said == [
            ("engineer", OPENING),
            ("engineer", "It is written."),
            *(("engineer", f"{part}.") for part in SUMMARY.rstrip(".").split(". ")),
        ]
        (started,) = at.facts(events.CallStarted)
        assert (started.outbound, started.caller, started.called) == (True, OWNER, at.dialler.number)
        kinds = [entry.event.kind for entry in at.shelves[0].entries]
        assert kinds.index("callback_dialing") < kinds.index("call_answered") < kinds.index("said")
        assert kinds.index("said") < kinds.index("callback_delivered") < kinds.index("call_ended")
        assert [fact.task for fact in at.facts(events.CallbackDelivered)] == [done.id]
        assert at.dialler.rung == [(0.0, OWNER)]


@pytest.mark.parametrize(
    ("person", "verdict"),
    [
        (leaves_at_once, Verdict.UNHEARD),
        (leaves_in_the_summary, Verdict.UNHEARD),
        (speaks_in_the_summary, Verdict.DELIVERED),
        (presses_a_key, Verdict.DELIVERED),
    ],
)
async def test_what_counts_as_heard(person: Person, verdict: Verdict) -> None:
    then = answer("engineer", "All of it is there.", "with pictures")
    async with desk(Pickup(1, says=HELLO), hears=["Engineer, with pictures?"], answers=[then, WORDED]) as at:
        done = task()
        assert await brought(at, done, person) is verdict
        assert done.delivered is (verdict is Verdict.DELIVERED)
        assert len(at.facts(events.CallbackDelivered)) == done.delivered


async def test_who_sounds_like_a_person_has_heard_it_even_if_the_server_dies_now() -> None:
    """A machine is found out in the first 20 s at the latest."""
    async with desk(Pickup(1, says=HELLO)) as at:
        done = task()

        async def hears(_: Desk, line: RehearsalLine) -> None:
            await line.quiet(2.0)
            assert (done.told.is_set(), done.delivered) == (True, False)
            line.leave()

        await brought(at, done, hears)


async def test_who_ends_the_farewell_with_a_key_has_heard_the_result() -> None:
    ends = answer("engineer", SUMMARY, calls=(ToolUse(tool="end_call"),))
    parts = Answer(when=When(agent="engineer", after="end_call"))

    async def presses(at: Desk, line: RehearsalLine) -> None:
        await said(at, "pictures.")
        line.press("1")

    async with desk(Pickup(1, says=HELLO), answers=[ends, parts]) as at:
        assert await brought(at, task(), presses) is Verdict.DELIVERED
        assert [fact.why for fact in at.facts(events.CallEnded)] == ["goodbye"]


@pytest.mark.parametrize("pickup", [BUSY, REJECTED, IGNORED])
async def test_two_results_are_rung_for_together_and_not_twice(pickup: Pickup, tmp_path: Path) -> None:
    done = {"after_s": 60, "done": {"result": "# The post", "spoken": "Done."}}
    async with workroom(tmp_path, done) as room, desk(pickup, pickup, tasks_of=room.tasks) as at:
        room.tasks.bearer = at.bearer
        for title in ("a post", "a plan"):
            room.start(title)
        await anyio.sleep(60 + 50)
        assert len(at.dialler.rung) == 1
        await anyio.sleep(60)
        assert len(at.dialler.rung) == 2
        assert len(at.facts(events.CallbackDialing)) == 4


async def test_then_it_is_a_call_like_any_other_that_knows_the_result() -> None:
    then = answer("engineer", "All of it is there.", "with pictures")
    async with desk(Pickup(1, says=HELLO), hears=["Engineer, with pictures?"], answers=[then, WORDED]) as at:
        assert await brought(at, task(), speaks_in_the_summary) is Verdict.DELIVERED
        assert at.said[-1] == ("engineer", "All of it is there.")
        assert "Secret words." in str(at.claude.exchanges[-1].request)


@pytest.mark.parametrize(
    ("pickup", "verdict", "why"),
    [
        (BUSY, Verdict.BUSY, "busy"),
        (REJECTED, Verdict.REJECTED, "rejected"),
        (IGNORED, Verdict.NO_ANSWER, "no_answer"),
        (Pickup(0.5, LineDown), Verdict.FAILED, "failed"),
    ],
)
async def test_a_call_that_nobody_takes(pickup: Pickup, verdict: Verdict, why: str) -> None:
    async with desk(pickup) as at:
        done = task()
        assert await brought(at, done) is verdict
        assert not done.delivered
        assert [fact.why for fact in at.facts(events.CallEnded)] == [why]
        assert at.said == []


@pytest.mark.parametrize("before", [0.0, 0.8, 2.2])
async def test_a_machine_gets_a_short_message_after_its_beep_and_no_content(before: float) -> None:
    sound = silence(before) + greets(GREETING)
    async with desk(Pickup(2, says=sound), hears=["you have reached", "leave a message"] * 3) as at:
        done = task()
        assert await brought(at, done, stays) is Verdict.MACHINE
        assert not done.delivered
        assert at.said[-1] == ("kai", LINES.callback.machine)
        assert [text for _, text in at.said[:-1]] == ([] if before < 1.5 else [UNSURE])
        picked_up_s = 2.0
        message = at.facts(events.SaidText)[-1]
        assert message.from_s >= picked_up_s + len(sound) / 2 / RATE - 0.1
        assert [fact.why for fact in at.facts(events.CallEnded)] == ["machine"]


async def test_a_machine_that_has_the_message_gets_none_and_one_that_hangs_up_has_none() -> None:
    sound = greets(GREETING)
    async with desk(Pickup(2, says=sound), Pickup(2, says=sound)) as at:
        done = task()
        done.messaged = True
        assert await brought(at, done, stays) is Verdict.MACHINE
        assert at.said == []

        async def cuts_off(_: Desk, line: RehearsalLine) -> None:
            await anyio.sleep(6.0)
            line.leave()

        assert await brought(at, done, cuts_off) is Verdict.UNHEARD


UNSURE = LINES.callback.unsure.format(name="Kai")
GUESSES = ["one two three four", "one two three five", "one two three six"]


async def test_nothing_private_is_said_before_the_pin() -> None:
    async with desk(Pickup(1, says=HELLO), Pickup(1, says=HELLO), pin="2580", hears=GUESSES) as at:

        async def knows_it(_: Desk, line: RehearsalLine) -> None:
            await line.quiet(1.0)
            line.press("2580#")
            await listens(at, line)

        async def guesses(_: Desk, line: RehearsalLine) -> None:
            while not line.over.is_set():
                await line.quiet(1.0)
                line.say(tone(200, 1.0, LOUD))
                await anyio.sleep(3)

        first, second = task(1), task(2)
        assert await brought(at, first, guesses) is Verdict.UNHEARD
        asked = f"{LINES.callback.who} {LINES.pin.ask}"
        assert [text for _, text in at.said] == [asked, LINES.pin.wrong, LINES.pin.wrong, LINES.pin.locked]
        assert "Engineer" not in str(at.said)
        assert await brought(at, second) is Verdict.FAILED  # the number rests
        assert len(at.dialler.rung) == 1
    async with desk(Pickup(1, says=HELLO), pin="2580") as at:
        assert await brought(at, first, knows_it) is Verdict.DELIVERED
        assert [text for _, text in at.said][:3] == [asked, LINES.pin.passed, OPENING]


async def test_nobody_is_rung_who_is_not_on_the_list() -> None:
    async with desk(Pickup(), allow="+15559999") as at:
        assert await brought(at, task()) is Verdict.FAILED
        assert at.dialler.rung == []
        assert [fact.why for fact in at.facts(events.CallRefused)] == ["forbidden"]


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (False, [OPENING, "It is written.", "The post", "Secret words."]),
        (True, ["This is the Engineer, about a blog post.", LINES.errors["work_crashed"], "The outline is written."]),
    ],
)
async def test_without_claude_it_is_said_plainly(failed: bool, expected: list[str]) -> None:
    down = answer("engineer", "", fault={"kind": "status", "status": 400})
    async with desk(Pickup(1, says=HELLO), answers=[down]) as at:
        done = task(failed=failed)
        assert await brought(at, done, listens) is Verdict.DELIVERED
        assert at.said == [("engineer", text) for text in expected]


async def test_work_of_an_agent_who_is_no_longer_there_is_told_by_the_front_desk() -> None:
    about = task()
    about.agent = about.agent.model_copy(update={"id": "gone"})
    async with desk(Pickup(1, says=HELLO), tasks=[about], answers=[answer("kai", SUMMARY)]) as at:
        assert await brought(at, about) is Verdict.DELIVERED
        assert {agent for agent, _ in at.said} == {"kai"}


async def test_all_that_is_done_is_told_in_one_call() -> None:
    plan = answer("architect", "The plan is drawn.")
    first, second = task(1), task(2, "architect", "the house plan")
    async with desk(Pickup(1, says=HELLO), tasks=[first, second], answers=[plan, WORDED]) as at:

        async def hears_all(_: Desk, line: RehearsalLine) -> None:
            await said(at, "The plan is drawn.")
            await anyio.sleep(0.5)
            line.leave()

        assert await brought(at, first, hears_all) is Verdict.DELIVERED
        assert second.delivered
        assert [fact.task for fact in at.facts(events.CallbackDialing)] == [first.id, second.id]
        assert at.said[-1] == ("architect", "The plan is drawn.")


async def test_what_was_not_told_any_more_is_not_delivered() -> None:
    first, second = task(1), task(2, "architect", "the house plan")
    async with desk(Pickup(1, says=HELLO), tasks=[first, second]) as at:

        async def leaves_after_the_first(_: Desk, line: RehearsalLine) -> None:
            await said(at, "drafts.")
            await anyio.sleep(0.3)
            line.leave()

        assert await brought(at, first, leaves_after_the_first) is Verdict.DELIVERED
        assert not second.delivered


async def test_who_calls_us_while_it_rings_is_not_told_twice() -> None:
    about = task()
    async with desk(Pickup(20, says=HELLO), tasks=[about]) as at, anyio.create_task_group() as group:
        group.start_soon(at.bearer.bring, about)
        await anyio.sleep(10)
        about.delivered = True  # by the other call
        await anyio.sleep(20)
        assert at.said == []
        assert [fact.why for fact in at.facts(events.CallEnded)] == ["delivered"]


async def test_busy_twice_then_a_machine_then_answered(tmp_path: Path) -> None:
    script = [BUSY, BUSY, Pickup(2, says=greets(GREETING)), Pickup(2, says=HELLO)]
    async with workroom(tmp_path) as room, desk(*script, tasks_of=room.tasks) as at:
        room.tasks.bearer = at.bearer
        begun = room.start()
        machine = await at.dialler.taken()
        await machine.over.wait()
        await listens(at, await at.dialler.taken())
        await begun.heard.wait()
        await anyio.sleep(3_600 * 24)
        ended = [fact.why for fact in at.facts(events.CallEnded)]
        assert ended == ["busy", "busy", "machine", "caller_hung_up"]
        minutes = [round(at_s / 60) for at_s, _ in at.dialler.rung]
        assert minutes == [2, 3, 8, 68]


@pytest.mark.parametrize(
    ("words", "answered"),
    [
        ("How far are you?", "Engineer here. I have been on it for"),
        ("Stop the plan.", WORDS.orders.stop),
        ("Call me back.", WORDS.orders.call_back),
    ],
)
async def test_what_else_is_under_way_is_known_in_it(words: str, answered: str, tmp_path: Path) -> None:
    steps = ({"waits_for": "go"}, {"done": {"result": "# The post", "spoken": "Done."}})
    async with workroom(tmp_path, *steps) as room, desk(Pickup(2, says=HELLO), tasks_of=room.tasks, hears=[words]) as at:
        room.tasks.bearer = at.bearer
        first, other = room.start(), room.start("a plan")
        await anyio.sleep(30)
        first.tell(Add("go"))
        line = await at.dialler.taken()
        await said(at, "drafts.")
        await anyio.sleep(1)
        line.say(tone(200, 1.0, LOUD))
        await said(at, answered)
        assert answered in at.said[-1][1]
        await anyio.sleep(1)
        assert other.running is (words != "Stop the plan.")
        assert line.over.is_set() is (words == "Call me back.")
        line.leave()
        await first.heard.wait()
        assert [fact.task for fact in at.facts(events.CallbackDialing)] == [first.id]
