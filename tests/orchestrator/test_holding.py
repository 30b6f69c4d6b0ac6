"""Long work on the line: started, held for, narrated over music, asked about, steered, finished; all in virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, Literal

import anyio
import pytest
from pydantic import SecretStr

from agents.script import Entry, ToolUse, When
from agents.scripted_work import WorkScript
from agents.work import Answer, Word
from orchestrator.events import (
    Answered,
    Asked,
    Failed,
    HoldEnded,
    HoldStarted,
    Narrated,
    SaidText,
    TaskDone,
    TaskProgress,
    TaskStarted,
    ToolReturned,
)
from orchestrator.holding import OFFER_S
from orchestrator.letters import obeyed
from orchestrator.pin import PinGuard, Trust
from orchestrator.servers import Letter
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import QUIET_DBFS
from voices.audio import level_dbfs

CALLER: Final = "+15550100"
POST: Final[dict[str, Any]] = {
    "what": "A blog post about the voice server.",
    "title": "a blog post",
    "minutes": 3.0,
    "mood": "bright",
}
OFFER: Final = "That takes about three minutes. Stay on the line, or shall I call you back?"
PUSH: Final = {"question": "The Engineer wants to push to main. Yes or no?", "tool": "Bash", "exact": "git push"}
STEPS: Final[list[dict[str, Any]]] = [
    {"after_s": 8, "working": {"what": what, "detail": f"Look at part {n}"}}
    for n, what in enumerate(["Read", "Bash", "Write"] * 3, 1)
]
DONE: Final = {"done": {"result": "The post has four parts. It is in the folder drafts.", "spoken": "The post is written."}}


def steps(*doing: dict[str, Any]) -> WorkScript:
    return WorkScript.model_validate({"works": [{"steps": list(doing)}]})


@asynccontextmanager
async def working(
    claude: StagedClaude,
    rehearsal: Rehearsal,
    *doing: dict[str, Any],
    minutes: float = 3.0,
    trust: Trust | None = None,
    ending: str = "It has four parts. Shall I read it to you?",
) -> AsyncGenerator[RehearsedCall]:
    """A call in which the Engineer has just begun that, and asked how the caller wants to wait."""
    claude.says("engineer", ending, note="has just been finished")
    claude.says("engineer", "Only half of it is there.", note="ended unfinished")
    claude.uses("engineer", "start_task", {**POST, "minutes": minutes}, when="write")
    claude.says("engineer", OFFER if minutes > 1 else "One moment.", after="start_task")
    claude.says("kai", "I am here.")
    async with rehearsal.call(work=steps(*doing), trust=trust) as call:
        await call.say("Engineer, write a blog post about the voice server")
        yield call


def at(call: RehearsedCall, kind: type[Any]) -> list[float]:
    return [entry.at_s for entry in call.journal if isinstance(entry.event, kind)]


async def test_silence_means_staying_and_the_first_line_says_who_works_on_what(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    async with working(claude, rehearsal, *STEPS, {"hangs": True}) as call:
        (started,) = call.facts(TaskStarted)
        assert (started.agent, started.title) == ("engineer", "a blog post")
        assert call.said[-1].text == OFFER
        await call.pause(60)
        (held,) = at(call, HoldStarted)
        first, *others = call.facts(Narrated)
        assert "a blog post" in first.text
        assert at(call, Narrated)[0] - held < 2.0
        assert len(others) >= 3


async def test_lines_come_8_to_20_s_apart_each_new_each_after_its_fact(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, *STEPS, {"hangs": True}) as call:
        await call.pause(80)
        lines = call.facts(Narrated)
        gaps = [after - before for before, after in pairwise(at(call, Narrated))]
        assert len(lines) >= 5
        assert all(8 <= gap <= 20 for gap in gaps)
        assert len({line.text for line in lines}) == len(lines)
        known = {entry.seq: entry for entry in call.journal}
        for entry in call.journal:
            if isinstance(entry.event, Narrated):
                assert all(isinstance(known[seq].event, TaskProgress) and seq < entry.seq for seq in entry.event.of)
        spoken = " ".join(fact.text for fact in call.facts(SaidText))
        assert all(line.text in spoken for line in lines)


async def test_when_it_is_done_the_agent_tells_it_and_the_talk_goes_on(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 20, **DONE}) as call:
        await call.pause(24)
        assert call.said[-1].agent == "engineer"
        assert call.said[-1].text.endswith("Shall I read it to you?")
        assert [fact.ok for fact in call.facts(TaskDone)] == [True]
        assert [fact.why for fact in call.facts(HoldEnded)] == ["done"]
        claude.says("engineer", "Part one is about calls.", when="^yes")
        await call.say("Yes, go on")
        assert call.said[-1].text == "Part one is about calls."
        assert "in the folder drafts" in claude.requests[-1].asked.note
        await call.pause(9)
        assert call.said[-1].text.endswith(call.call.lines.are_you_still_there)


async def test_no_work_begins_because_other_work_has_ended(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("engineer", "start_task", POST, note="Your work .a blog post. ended unfinished")
    refused = When(agent="engineer", after="start_task", result="^Nobody has asked for that")
    claude.add(Entry(when=refused, say="It broke off. Shall I try once more?"))
    async with working(claude, rehearsal, {"after_s": 5, "failed": "work_crashed"}) as call:
        await call.pause(12)
        assert call.said[-1].text.endswith("Shall I try once more?")
        assert len(call.facts(TaskStarted)) == 1


@pytest.mark.parametrize("spoken", ["The post is written.", ""])
async def test_an_end_of_which_claude_says_nothing_is_told_plainly(
    claude: StagedClaude, rehearsal: Rehearsal, spoken: str
) -> None:
    ends = {"after_s": 20, "done": {"result": spoken, "spoken": spoken}}
    async with working(claude, rehearsal, ends, ending="") as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        await call.pause(45)
        told = [request for request in claude.requests if "has just been finished" in request.asked.note]
        assert len(told) == 2  # the telling, and its second try
        assert (spoken or call.call.lines.unreadable) in " ".join(said.text for said in call.said)
        assert task.delivered
        assert any(call.call.lines.are_you_still_there in said.text for said in call.said)


async def test_when_one_of_two_ends_the_hold_goes_on_for_the_other(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.say("Engineer, write another")
        await call.pause(10)
        await call.say("Stop it")
        await call.say("The second one")
        await call.pause(12)
        first, second = (fact.task for fact in call.facts(TaskStarted))
        assert [fact.task for fact in call.facts(HoldStarted)] == [second, first]
        assert [fact.task for fact in call.facts(HoldEnded)] == [second]


async def test_who_is_on_hold_for_one_is_not_put_on_hold_for_the_next_as_well(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(10)
        await call.say("Engineer, write another")
        await call.pause(2)
        await call.say("Stop the work")
        await call.say("The second one")
        await call.pause(12)
        first, second = (fact.task for fact in call.facts(TaskStarted))
        assert [fact.task for fact in call.facts(TaskDone)] == [second]
        assert ([fact.task for fact in call.facts(HoldStarted)], call.facts(HoldEnded)) == ([first], [])
    assert [(fact.task, fact.why) for fact in call.facts(HoldEnded)] == [(first, "hung_up")]


@pytest.mark.parametrize("calls_back", [True, False])
async def test_work_that_another_server_has_taken_over_is_told_of_once_and_held_for_no_more(
    claude: StagedClaude, rehearsal: Rehearsal, *, calls_back: bool
) -> None:
    async with working(claude, rehearsal, *STEPS, {"hangs": True}) as call:
        assert call.minds.work is not None
        tasks = call.minds.work.tasks
        (task,) = tasks.of(CALLER)
        await call.pause(10)
        if not calls_back:
            tasks._life.bearer = None  # pyright: ignore[reportPrivateUsage]
        task.moved = True
        await call.pause(5)
        told = len(call.facts(Narrated))
        words = call.minds.work.words
        assert call.said[-1].text.endswith(words.moved if calls_back else words.moved_here)
        assert [fact.why for fact in call.facts(HoldEnded)] == ["moved"]
        await call.say("Kai, are you there?")
        assert call.said[-1].text == "I am here."
        assert "Long work" not in claude.requests[-1].asked.note
        await call.pause(9)
        assert call.said[-1].text.endswith(call.call.lines.are_you_still_there)
        assert len(call.facts(Narrated)) == told


async def test_short_work_does_not_ask_how_to_wait(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 12, **DONE}, minutes=0.2) as call:
        await call.pause(3)
        assert len(at(call, HoldStarted)) == 1


@pytest.mark.parametrize(("words", "keys"), [("I'll wait", ""), ("", "1")])
async def test_staying_can_be_said_or_keyed(claude: StagedClaude, rehearsal: Rehearsal, words: str, keys: str) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await (call.say(words, wait=False) if words else call.press(keys, wait=False))
        await call.pause(2.5)
        assert len(at(call, HoldStarted)) == 1
        assert "Good, stay with me." in call.said[-1].text


@pytest.mark.parametrize(
    ("words", "keys"), [("Call me back", ""), ("okay call me back when it's done", ""), ("", "#"), ("", "2")]
)
async def test_being_called_back_can_be_said_or_keyed(claude: StagedClaude, rehearsal: Rehearsal, words: str, keys: str) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await (call.say(words) if words else call.press(keys))
        assert "I'll call you back" in call.said[-1].text
        assert call.why == "call_back"


@pytest.mark.parametrize(
    ("words", "keys", "yes"), [("Yes", "", True), ("", "1", True), ("No, don't", "", False), ("", "2", False)]
)
async def test_a_question_of_the_work_is_asked_and_answered(
    claude: StagedClaude, rehearsal: Rehearsal, words: str, keys: str, yes: bool
) -> None:
    ask = {"after_s": 10, "asks": PUSH, "yes": [{"says": "It is pushed."}], "no": [{"says": "Left alone."}]}
    async with working(claude, rehearsal, ask, {"hangs": True}) as call:
        await call.pause(14)
        assert call.said[-1].text.endswith(PUSH["question"])
        assert [(fact.question, fact.exact) for fact in call.facts(Asked)] == [(PUSH["question"], PUSH["exact"])]
        await (call.say(words, wait=False) if words else call.press(keys, wait=False))
        await call.pause(20)
        assert [fact.yes for fact in call.facts(Answered)] == [yes]
        assert ("It is pushed." if yes else "Left alone.") in [line.text for line in call.facts(Narrated)]


async def test_a_yes_to_somebody_else_allows_nothing(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("kai", "It is sunny. Shall I go on?", when="weather")
    async with working(claude, rehearsal, {"after_s": 10, "asks": PUSH}, {"hangs": True}) as call:
        await call.pause(14)
        await call.say("Kai, how is the weather?")
        await call.say("Yes")
        assert call.facts(Answered) == []
        await call.pause(20)
        await call.say("Yes", wait=False)
        await call.pause(5)
        assert [fact.yes for fact in call.facts(Answered)] == [True]


async def test_a_yes_to_the_work_is_none_to_what_somebody_asked_before(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("kai", "Shall I forget your notes?", when="notes")
    async with working(claude, rehearsal, {"after_s": 12, "asks": PUSH}, {"hangs": True}) as call:
        await call.say("Kai, what about my notes?")
        await call.pause(12)
        await call.say("Yes")
        await call.pause(1.5)
        assert [fact.yes for fact in call.facts(Answered)] == [True]
        await call.say("Kai, are you there?")
        *_, notes, asked, yes, _ = call.call._mind.history.lines[:-1]  # pyright: ignore[reportPrivateUsage]
        assert (notes.speaker, asked.speaker, asked.text, yes.text) == ("kai", "engineer", PUSH["question"], "Yes")


async def test_nor_does_a_yes_to_what_the_phone_itself_asks(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.fails("architect", "refusal", when="router", after_words=0)
    claude.says("engineer", "Good.", when="^yes")
    async with working(claude, rehearsal, {"after_s": 10, "asks": PUSH}, {"hangs": True}) as call:
        await call.pause(14)
        await call.say("Architect, what do you make of a slow router?")
        assert call.said[-1].text.endswith("Is there anything else?")
        await call.say("Yes, go ahead")
        assert call.facts(Answered) == []


async def test_a_question_leaves_time_to_answer_somebody_else_first(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("kai", "add_to_task", {"words": "with a picture"}, when="picture")
    claude.says("kai", "I have passed it on. A large one?", after="add_to_task")
    async with working(claude, rehearsal, {"waits_for": "picture"}, {"asks": PUSH}, {"hangs": True}) as call:
        await call.pause(10)
        await call.say("Kai, also add a picture")
        await call.pause(8)
        (kai,) = [said.to_s for said in call.facts(SaidText) if "A large one?" in said.text]
        assert at(call, Asked)[0] - kai >= OFFER_S - 0.1


async def test_a_question_that_was_answered_elsewhere_is_not_asked_again(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 10, "asks": PUSH}, {"hangs": True}) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        await call.pause(14)
        assert task.question is not None
        task.tell(Answer(task.question.ask, yes=True))
        await call.pause(40)
        assert len(call.facts(Asked)) == 1
        assert call.facts(Answered) == []


async def test_keys_that_order_nothing_are_not_the_order_before_them(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai", when="keys 5")
    claude.says("engineer", "Five what?", when="keys 5")
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(10)
        await call.press("53", wait=False)
        await call.pause(12)
        assert [" have been on it for" in turn.text for turn in call.said].count(True) == 1


async def test_of_two_questions_the_second_waits_for_the_first_answer(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 12, "asks": PUSH}, {"hangs": True}) as call:
        await call.say("Engineer, write another")
        await call.pause(12)
        first, *again = [fact.task for fact in call.facts(Asked)]
        assert set(again) <= {first}
        await call.say("Yes", wait=False)
        await call.pause(8)
        assert [(fact.task, fact.yes) for fact in call.facts(Answered)] == [(first, True)]
        assert call.facts(Asked)[-1].task != first


async def test_a_question_nobody_answers_is_asked_again_and_is_then_a_no(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    ask = {"after_s": 10, "asks": PUSH, "no": [{"says": "Left alone."}]}
    async with working(claude, rehearsal, ask, {"hangs": True}) as call:
        await call.pause(70)
        assert [fact.again for fact in call.facts(Asked)] == [False, True]
        assert [(fact.yes, fact.by) for fact in call.facts(Answered)] == [(False, "silence")]


@pytest.mark.parametrize("words", ["", "Yes"])
async def test_a_question_of_work_that_is_just_ending_breaks_no_call(
    claude: StagedClaude, rehearsal: Rehearsal, words: str
) -> None:
    ask = {"after_s": 10, "asks": {**PUSH, "risky": True}}
    async with working(claude, rehearsal, ask, trust=Trust(risk="never")) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        await call.pause(14)
        with task.listening():
            pass  # its run takes nothing in from here on
        await (call.say(words) if words else call.pause(40))
        assert call.facts(Answered) == []
        assert call.facts(Failed) == []


@pytest.mark.parametrize("words", ["Kai, are you there?", "Goodbye."])
async def test_what_is_not_meant_for_who_asks_is_no_answer(claude: StagedClaude, rehearsal: Rehearsal, words: str) -> None:
    ask = {"after_s": 10, "asks": {"question": "Which colour should it have?"}, "yes": [{"says": "Blue it is."}]}
    async with working(claude, rehearsal, ask, {"hangs": True}) as call:
        await call.pause(14)
        await call.say(words)
        assert [fact for fact in call.facts(Answered) if fact.by == "voice"] == []
        assert call.why == "goodbye" or call.said[-1].text == "I am here."


async def test_the_run_hears_what_the_caller_answers_in_their_own_words(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    ask = {"after_s": 10, "asks": {"question": "Which colour should it have?"}, "yes": [{"says": "Blue it is."}]}
    async with working(claude, rehearsal, ask, {"hangs": True}) as call:
        await call.pause(14)
        await call.say("Make it blue", wait=False)
        await call.pause(20)
        assert "Blue it is." in [line.text for line in call.facts(Narrated)]


async def test_on_hold_the_caller_talks_to_kai_as_always_and_adds_to_the_work(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("kai", "add_to_task", {"words": "with a picture"}, when="picture")
    claude.says("kai", "I have passed it on.", after="add_to_task")
    waits = ({"waits_for": "picture"}, {"says": "A picture comes in too."}, {"hangs": True})
    async with working(claude, rehearsal, *waits) as call:
        await call.pause(10)
        await call.say("Kai, also add a picture")
        assert call.said[-1].text.endswith("I have passed it on.")
        assert "Long work under way, by Engineer" in claude.requests[-1].asked.note
        await call.pause(20)
        assert "A picture comes in too." in [line.text for line in call.facts(Narrated)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("How far are you?", "Engineer here. I have been on it for"),
        ("Who is working?", "Engineer here. I have been on it for"),
        ("Less detail, please", "I'll tell you less from now on."),
        ("Music off", "No music then."),
        ("Louder", "Louder."),
        ("What can I say?", "You can say: how far are you"),
    ],
)
async def test_orders_on_hold_are_obeyed_without_claude(
    claude: StagedClaude, rehearsal: Rehearsal, words: str, said: str
) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(10)
        asked = len(claude.requests)
        await call.say(words)
        assert said in call.said[-1].text
        assert len(claude.requests) == asked


async def test_there_is_no_more_than_all_and_no_less_than_silence(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        assert call.minds.work is not None
        words = call.minds.work.words.orders
        await call.pause(10)
        for said, answer in (
            ("Tell me more", words.more), ("Tell me more", words.most),
            ("Less detail", words.less), ("Less detail", words.less), ("Less detail", words.least),
            ("Be quiet", words.silent), ("Less detail", words.silent), ("Tell me more", words.more),
        ):  # fmt: skip
            await call.say(said)
            assert call.said[-1].text.endswith(answer)


async def test_where_there_is_no_music_none_is_promised(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        holding = call.call._holding  # pyright: ignore[reportPrivateUsage]
        assert holding is not None
        holding._work = replace(holding._work, music=None)  # pyright: ignore[reportPrivateUsage]
        await call.pause(10)
        await call.say("Music on")
        assert call.said[-1].text.endswith(holding.words.orders.no_music)


async def test_how_long_it_goes_on_is_counted_from_its_beginning(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        task.began -= timedelta(minutes=9)
        holding = call.call._holding  # pyright: ignore[reportPrivateUsage]
        assert holding is not None
        again = holding._attend(task)  # pyright: ignore[reportPrivateUsage]
        lines = [again.hold.due(holding._journal.now_s() + 30 * n, 30.0) for n in range(2)]  # pyright: ignore[reportPrivateUsage]
        assert lines[1] is not None
        assert "for 10 minutes now" in lines[1].text


async def test_who_is_on_hold_for_work_that_somebody_cancels_hears_that(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, *STEPS, {"hangs": True}) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        await call.pause(10)
        obeyed(task, Letter(1, task.id, "cancel", ""))
        await call.pause(8)
        assert [fact.why for fact in call.facts(HoldEnded)] == ["done"]
        assert call.said[-1].text == "Only half of it is there."


async def test_work_that_is_stopped_tells_what_it_achieved(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"says": "The outline stands."}, {"hangs": True}) as call:
        await call.pause(10)
        await call.say("Stop it")
        await call.pause(6)
        assert [(fact.ok, fact.why) for fact in call.facts(TaskDone)] == [(False, "work_stopped")]
        assert call.said[-1].text.endswith("Only half of it is there.")
        assert "The outline stands." in claude.requests[-1].asked.note


async def test_who_asks_how_it_goes_when_it_is_over_hears_how_it_ended(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 10.4, **DONE}) as call:
        await call.pause(5.5)
        await call.say("How far are you?")
        await call.pause(20)
        said = [fact.text for fact in call.facts(SaidText)]
        assert call.minds.work
        assert call.minds.work.words.nothing not in said
        assert said.count("Shall I read it to you?") == 1
        assert [fact.why for fact in call.facts(HoldEnded)] == ["done"]


@pytest.mark.parametrize("code", ["work_out_of_time", "work_out_of_money", "work_crashed"])
async def test_work_that_fails_says_so_in_words(claude: StagedClaude, rehearsal: Rehearsal, code: str) -> None:
    async with working(claude, rehearsal, {"after_s": 10, "failed": code}) as call:
        await call.pause(12)
        assert call.said[-1].text.endswith("Only half of it is there.")
        assert [(fact.ok, fact.why) for fact in call.facts(TaskDone)] == [(False, code)]


async def test_a_question_that_is_named_with_the_status_can_be_answered_at_once(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    async with working(claude, rehearsal, {"after_s": 10.4, "asks": PUSH}, {"hangs": True}) as call:
        await call.pause(5.5)
        await call.say("How far are you?")
        assert call.said[-1].text.endswith(f"I am waiting for your answer. {PUSH['question']}")
        await call.say("Yes")
        await call.pause(1.5)
        assert [fact.again for fact in call.facts(Asked)] == [False]
        assert [fact.yes for fact in call.facts(Answered)] == [True]


@pytest.mark.parametrize(
    ("mode", "pin", "said", "yes"),
    [
        ("risky", "2580", "Thank you.", True),
        ("risky", None, "That would need a PIN", False),
        ("never", None, "All right, I'll do it.", True),
    ],
)
async def test_what_is_risky_needs_the_pin_once(
    claude: StagedClaude, rehearsal: Rehearsal, mode: Literal["risky", "never"], pin: str | None, said: str, yes: bool
) -> None:
    policy = AdmissionPolicy(allow=(CALLER,), pin=SecretStr(pin) if pin else None, pin_mode=mode)
    asks = {**PUSH, "risky": True}
    ask = ({"after_s": 10, "asks": asks}, {"after_s": 30, "asks": asks}, {"hangs": True})
    async with working(claude, rehearsal, *ask, trust=(trust := Trust())) as call:
        unknown = Trust.of(Admission(policy), CALLER)
        trust.guard, trust.risk, trust.called = unknown.guard, unknown.risk, True  # as whoever is called while it runs
        await call.pause(14)
        await call.say("Yes", wait=pin is not None)
        if pin:
            assert call.said[-1].text.endswith(call.call.lines.pin.ask)
            assert call.facts(Answered) == []
            await call.press(f"{pin}#", wait=False)
        await call.pause(5)
        assert said in call.said[-1].text
        assert [fact.yes for fact in call.facts(Answered)] == [yes]
        assert pin is None or pin not in " ".join(entry.line() for entry in call.journal)
        await call.pause(35)
        await call.say("Yes", wait=False)
        await call.pause(5)
        assert [fact.yes for fact in call.facts(Answered)] == [yes, yes]


async def test_work_begins_when_the_pin_is_given(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    admission = Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580")))
    claude.says("engineer", "", note="has given the PIN", calls=[ToolUse(tool="start_task", input=POST)])
    async with working(claude, rehearsal, {"hangs": True}, trust=Trust.of(admission, CALLER)) as call:
        assert call.facts(TaskStarted) == []
        (refused,) = call.facts(ToolReturned)
        assert "needs the caller's PIN" in refused.result
        await call.press("2580#")
        assert len(call.facts(TaskStarted)) == 1
        assert "2580" not in str([request.asked for request in claude.requests])


async def test_who_would_rather_not_give_the_pin_is_not_asked_again(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    admission = Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580")))
    async with working(claude, rehearsal, {"hangs": True}, trust=Trust.of(admission, CALLER)) as call:
        await call.say("Never mind")
        assert call.said[-1].text == call.call.lines.pin.refused
        await call.say("Kai, are you there?")
        assert call.said[-1].text == "I am here."
        assert call.facts(TaskStarted) == []


@asynccontextmanager
async def allowed_without_pin(claude: StagedClaude, rehearsal: Rehearsal) -> AsyncGenerator[tuple[RehearsedCall, list[Word]]]:
    """The caller has said yes to something risky, and is asked for their PIN; with all that the run is told from there on."""
    admission = Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580")))
    asks = {"after_s": 1, "asks": {**PUSH, "risky": True}, "no": [{"says": "Left alone."}]}
    async with working(claude, rehearsal, asks, {"hangs": True}, trust=(trust := Trust())) as call:
        trust.guard, trust.risk, trust.called = PinGuard(admission, CALLER), "pin", True
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        words = list[Word]()
        tell = task.tell

        def heard(word: Word) -> None:
            words.append(word)
            tell(word)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(task, "tell", heard)
            await call.pause(14)
            await call.say("Yes")
            yield call, words


async def test_who_allows_something_and_does_not_give_the_pin_is_asked_again_and_then_it_is_a_no(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    async with allowed_without_pin(claude, rehearsal) as (call, words):
        lines = call.call.lines
        await call.pause(12)
        assert call.said[-1].text.endswith(lines.pin.ask), "silence is welcome"
        await call.pause(8)
        assert call.said[-1].text.endswith(lines.pin.again)
        assert len(call.facts(Asked)) == 1, "a yes would be taken for the PIN"
        await call.pause(16)
        assert call.minds.work
        assert call.minds.work.words.no_pin_given in call.said[-1].text
        assert [(fact.yes, fact.by) for fact in call.facts(Answered)] == [(False, "silence")]
        assert [(word.yes, word.why) for word in words if isinstance(word, Answer)] == [(False, "pin")]
        await call.pause(15)
        assert "Left alone." in [line.text for line in call.facts(Narrated)]
        assert call.why == ""


async def test_who_would_rather_not_give_the_pin_has_said_no(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with allowed_without_pin(claude, rehearsal) as (call, words):
        await call.say("Never mind")
        assert call.said[-1].text == call.call.lines.pin.refused
        assert [(fact.yes, fact.by) for fact in call.facts(Answered)] == [(False, "policy")]
        assert [(word.yes, word.why) for word in words if isinstance(word, Answer)] == [(False, "pin")]


async def test_a_pin_for_what_was_settled_elsewhere_is_not_waited_for(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with allowed_without_pin(claude, rehearsal) as (call, words):
        assert call.minds.work
        (task,) = call.minds.work.tasks.of(CALLER)
        assert task.question is not None
        task.tell(Answer(task.question.ask, yes=False))
        await call.pause(30)
        assert call.call.lines.pin.again not in " ".join(said.text for said in call.said)
        assert len(words) == 1
        assert "Left alone." in [line.text for line in call.facts(Narrated)]


async def test_whoever_hangs_up_leaves_the_work_running_and_its_questions_with_a_no(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    ask = ({"after_s": 10, "asks": PUSH}, {"hangs": True})
    async with working(claude, rehearsal, *ask) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        await call.pause(14)
        await call.hang_up()
        assert [fact.why for fact in call.facts(HoldEnded)] == ["hung_up"]
        assert task.running
        assert task.question is None
        assert not task.delivered


async def test_a_podcast_is_worded_by_the_agent_from_the_facts_and_said_plainly_when_that_is_late(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    happenings = (
        {"after_s": 15, "says": "The outline stands."},
        {"after_s": 30, "says": "The first part is written."},
        {"hangs": True},
    )
    claude.says("engineer", "So, the bones are there!", note="from these facts alone.*outline")
    claude.says("engineer", "Nobody waits for this.", note="from these facts alone.*first part", first_token_s=5)
    async with working(claude, rehearsal, *happenings) as call:
        await call.pause(7)
        await call.say("Tell me more", wait=False)
        await call.pause(60)
        texts = [said.text for said in call.said]
        assert any("So, the bones are there!" in text for text in texts)
        assert any("The first part is written." in text for text in texts)
        assert not any("Nobody waits" in text or "The outline stands" in text for text in texts)


def loud_from(call: RehearsedCall, at_s: float) -> float:
    """When the caller next heard a voice, on the journal's axis."""
    times = ((call.writing.on_axis(heard_s), frame) for heard_s, frame in call.line.heard)
    return next(heard_s for heard_s, frame in times if heard_s >= at_s and level_dbfs(frame) > QUIET_DBFS)


@pytest.mark.parametrize("minutes", [3.0, 0.2])
async def test_the_first_line_is_heard_within_2_s_of_the_beginning(
    claude: StagedClaude, rehearsal: Rehearsal, minutes: float
) -> None:
    async with working(claude, rehearsal, {"hangs": True}, minutes=minutes) as call:
        offered_s = call.facts(SaidText)[-1].to_s
        await call.pause(10)
        (held_s,) = at(call, HoldStarted)
        assert loud_from(call, held_s) - held_s <= 2.0
        if minutes < 1:  # nobody is asked how to wait
            assert loud_from(call, offered_s + 0.1) - offered_s <= 2.0


async def test_the_music_gives_way_within_100_ms_of_the_callers_first_sound(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(15)
        began_s = anyio.current_time()
        await call.say("Kai, what is that music called?", wait=False)
        before, after = [
            [level_dbfs(frame) for at_s, frame in call.line.heard if from_s <= at_s < to_s]
            for from_s, to_s in ((began_s - 0.5, began_s), (began_s + 0.1, anyio.current_time()))
        ]
        assert max(after) < max(before) - 9
