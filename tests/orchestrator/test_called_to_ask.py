"""A run whose owner has hung up calls back to ask: when it may ring, what is said, what counts as a no, and what comes then."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from agents.errors import Stopped
from agents.work import Failed, Says, Spent, Stop
from orchestrator import events
from orchestrator.answers import SEAL_S
from orchestrator.delivery import CallbackSettings
from orchestrator.task import Task
from telephony.answering_machine import greets
from telephony.rehearsal import BUSY, IGNORED, REJECTED, Pickup, RehearsalLine
from tests.orchestrator.desk import GREETING, HELLO, OWNER, WORDED, WORDS, Desk, desk, said
from tests.orchestrator.stage import LINES, LOUD, answer
from tests.orchestrator.workroom import Workroom, workroom
from voices.engines.tones import tone

QUESTION: Final = "The Engineer wants to push to main. Yes or no?"
PUSH: Final = {"question": QUESTION, "tool": "Bash", "exact": "git push"}
ASKS: Final = {"after_s": 60, "asks": PUSH, "yes": [{"says": "It is pushed."}], "no": [{"says": "Left alone."}]}
DONE: Final = {"done": {"result": "# The post", "spoken": "Done."}}
ABOUT: Final = "This is the Engineer, about a blog post."
NIGHT: Final = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
TAKEN: Final = Pickup(3, says=HELLO)


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@asynccontextmanager
async def called(folder: Path, *script: Pickup, steps: tuple[Any, ...], **also: Any) -> AsyncGenerator[tuple[Workroom, Desk]]:
    """Work whose owner has hung up, and their phone."""
    of_the_room = {key: also.pop(key) for key in ("begins", "callback") if key in also}
    async with workroom(folder, *steps, **of_the_room) as room, desk(*script, tasks_of=room.tasks, **also) as at:
        room.tasks.bearer = at.bearer
        yield room, at


def told(task: Task) -> list[str]:
    return [event.text for event in task.events if isinstance(event, Says)]


def answers(at: Desk) -> list[tuple[bool, str]]:
    return [(fact.yes, fact.by) for fact in at.facts(events.Answered)]


async def asked(at: Desk) -> RehearsalLine:
    """The call that is taken, once the question has been heard."""
    line = await at.dialler.taken()
    await said(at, "Yes or no?")
    await anyio.sleep(0.5)
    return line


@pytest.mark.parametrize(("by", "yes"), [("voice", True), ("key", True), ("voice", False), ("key", False)])
async def test_the_owner_is_rung_asked_and_answers(by: str, yes: bool, tmp_path: Path) -> None:
    hears = ["Yes." if yes else "No, don't."]
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True}), hears=hears) as (room, at):
        task = room.start()
        line = await asked(at)
        line.say(tone(200, 0.8, LOUD)) if by == "voice" else line.press("1" if yes else "2")
        await said(at, WORDS.yes if yes else WORDS.no)
        await anyio.sleep(SEAL_S + 0.5)
        assert [text for _, text in at.said] == [ABOUT, QUESTION, WORDS.yes if yes else WORDS.no]
        assert answers(at) == [(yes, by)]
        assert told(task) == ["It is pushed." if yes else "Left alone."]
        kinds = [entry.event.kind for entry in at.shelves[0].entries]
        assert kinds.index("callback_dialing") < kinds.index("call_answered") < kinds.index("asked") < kinds.index("answered")
        assert at.dialler.rung == [(60.0, OWNER)]


async def test_then_it_is_a_call_that_holds_and_after_it_the_result_is_brought(tmp_path: Path) -> None:
    steps = (ASKS, {"after_s": 90, **DONE})
    async with called(tmp_path, TAKEN, TAKEN, steps=steps, hears=["Yes.", "How far are you?"]) as (room, at):
        task = room.start()
        line = await asked(at)
        line.say(tone(200, 0.8, LOUD))
        await anyio.sleep(25)
        assert [fact.task for fact in at.facts(events.HoldStarted)] == [task.id]
        assert "It is pushed." in [fact.text for fact in at.facts(events.Narrated)]
        line.say(tone(200, 0.8, LOUD))
        await said(at, "Engineer here. I have been on it for")
        assert "Engineer here. I have been on it for" in at.said[-1][1]
        line.leave()
        line = await at.dialler.taken()
        await said(at, "drafts.")
        await line.quiet(1.0)
        line.leave()
        await task.heard.wait()
        assert len(at.dialler.rung) == 2


@pytest.mark.parametrize(
    "pickup", [BUSY, REJECTED, IGNORED, Pickup(2, says=greets(GREETING))], ids=["busy", "rejected", "ignored", "machine"]
)
async def test_a_call_in_vain_is_a_no_and_none_is_made_for_what_is_asked_later(pickup: Pickup, tmp_path: Path) -> None:
    steps = (ASKS, {**ASKS, "after_s": 120}, {"after_s": 120, **DONE})
    async with called(tmp_path, pickup, steps=steps, hears=["you have reached"] * 3) as (room, at):
        task = room.start()
        if pickup.says:
            machine = await at.dialler.taken()
            await said(at, "call me when you like")
            machine.leave()
        await anyio.sleep(100)
        assert told(task) == ["Left alone."]
        assert answers(at) == [(False, "policy")]
        assert len(at.dialler.rung) == 1
        await anyio.sleep(120)
        assert told(task) == ["Left alone.", "Left alone."]
        assert len(at.dialler.rung) == 1
        await task.over.wait()
        await anyio.sleep(1)
        assert len(at.dialler.rung) == 2, "the result is brought all the same"
        if pickup.says:
            assert at.said[-1] == ("kai", LINES.callback.machine_news)


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_who_takes_the_call_and_does_not_answer_has_said_no(hangs_up: bool, tmp_path: Path) -> None:
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True})) as (room, at):
        task = room.start()
        line = await asked(at)
        if hangs_up:
            line.leave()
        await anyio.sleep(40)
        assert told(task) == ["Left alone."]
        assert answers(at) == [(False, "policy" if hangs_up else "silence")]


@pytest.mark.parametrize(
    ("callback", "begins"),
    [(CallbackSettings(asks=False), None), (CallbackSettings(), NIGHT)],
    ids=["not wanted", "at night"],
)
async def test_where_it_may_not_ring_it_is_a_no_at_once(
    callback: CallbackSettings, begins: datetime | None, tmp_path: Path
) -> None:
    also = {"begins": begins} if begins else {}
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True}), callback=callback, **also) as (room, at):
        task = room.start()
        await anyio.sleep(61)
        assert told(task) == ["Left alone."]
        assert at.dialler.rung == []


async def test_two_questions_are_asked_in_one_call(tmp_path: Path) -> None:
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True})) as (room, at):
        first, second = room.start("a post"), room.start("a plan")
        line = await asked(at)
        line.press("1")
        await anyio.sleep(10)
        line.press("2")
        await anyio.sleep(5)
        assert [(fact.task, fact.yes) for fact in at.facts(events.Answered)] == [(first.id, True), (second.id, False)]
        line.leave()
        await anyio.sleep(100)
        assert len(at.dialler.rung) == 1


async def test_who_calls_in_while_it_rings_is_asked_there_and_the_ringing_ends(tmp_path: Path) -> None:
    async with called(tmp_path, Pickup(25, says=HELLO), steps=(ASKS, {"hangs": True})) as (room, at):
        task = room.start()
        await anyio.sleep(70)
        task.happened(Spent(Decimal("0.1")))  # and more may happen while a question is open
        line = RehearsalLine(caller=OWNER)
        async with anyio.create_task_group() as group:
            group.start_soon(at.house.take, line)
            await said(at, "Yes or no?")
            line.press("1")
            await anyio.sleep(20)
            assert told(task) == ["It is pushed."]
            assert [fact.why for fact in at.facts(events.CallEnded)] == ["delivered"]
            line.leave()
        assert answers(at) == [(True, "key")]
        assert len(at.dialler.rung) == 1


async def test_work_that_ends_while_it_rings_is_told_in_the_call(tmp_path: Path) -> None:
    async with called(tmp_path, Pickup(20, says=HELLO), steps=(ASKS, {"hangs": True})) as (room, at):
        task = room.start()
        await anyio.sleep(65)
        task.tell(Stop())
        await said(at, "drafts.")
        await anyio.sleep(1)
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, Stopped)
        assert at.said[0] == ("engineer", ABOUT)
        assert not at.facts(events.Asked)
        (await at.dialler.taken()).leave()
        await task.heard.wait()
        assert len(at.dialler.rung) == 1


async def test_what_is_risky_needs_the_pin_there_too(tmp_path: Path) -> None:
    risky = {**ASKS, "asks": {**PUSH, "risky": True}}
    async with called(tmp_path, TAKEN, steps=(risky, {"hangs": True}), pin="2580", pin_mode="risky") as (room, at):
        task = room.start()
        line = await asked(at)
        line.press("1")
        await line.quiet(0.5)
        assert at.said[-1][1] == LINES.pin.ask
        assert told(task) == []
        line.press("2580#")
        await anyio.sleep(5)
        assert told(task) == ["It is pushed."]


async def test_nothing_of_it_is_said_before_the_pin_where_that_comes_first(tmp_path: Path) -> None:
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True}), pin="2580") as (room, at):
        room.start()
        line = await at.dialler.taken()
        await line.quiet(1.0)
        assert [text for _, text in at.said] == [f"{LINES.callback.who} {LINES.pin.ask}"]
        line.press("2580#")
        await said(at, "Yes or no?")
        assert [text for _, text in at.said][1:3] == [LINES.pin.passed, ABOUT]


async def test_who_says_something_else_first_is_asked_after_the_answer_to_that(tmp_path: Path) -> None:
    then = answer("engineer", "It is about the post.", "who is this")
    colour = {"after_s": 60, "asks": {"question": "Which colour?"}, "yes": [{"says": "Blue it is."}]}
    also = {"hears": ["Who is this?", "Make it blue."], "answers": [then, WORDED]}
    async with called(tmp_path, TAKEN, steps=(colour, {"hangs": True}), **also) as (room, at):
        task = room.start()
        line = await at.dialler.taken()
        await anyio.sleep(1.5)
        line.say(tone(200, 1.0, LOUD))
        await said(at, "It is about the post.")
        assert told(task) == []
        await said(at, "Which colour?")
        await anyio.sleep(0.5)
        line.say(tone(200, 1.0, LOUD))
        await anyio.sleep(6)
        assert told(task) == ["Blue it is."]


async def test_a_question_that_was_not_asked_before_they_hung_up_is_asked_by_a_call(tmp_path: Path) -> None:
    async with called(tmp_path, TAKEN, steps=(ASKS, {"hangs": True})) as (room, at):
        task = room.start()
        with task.attending():
            await anyio.sleep(65)
            assert at.dialler.rung == []
        line = await asked(at)
        line.press("1")
        await anyio.sleep(3)
        assert told(task) == ["It is pushed."]
        assert at.dialler.rung == [(65.0, OWNER)]
