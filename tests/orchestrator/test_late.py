"""An answer that takes too long: the caller may wait for it, or be called back with it. Only what can be kept is offered."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest

from agents.brain import CALLER, Utterance
from agents.definition import Agent
from agents.script import ToolUse
from agents.scripted_work import WorkScript
from orchestrator.attended import Late
from orchestrator.events import HoldEnded, Routed, SaidText, TaskStarted
from orchestrator.late import late
from orchestrator.pin import Trust
from orchestrator.reply import Reply
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from tests.agents.stage import ROSTER

if TYPE_CHECKING:
    from orchestrator import ear
    from orchestrator.journal import Journal

QUESTION = "what do you make of a slow router and a slow answer"
OFFER = "That takes longer than it should. Shall I go on, or call you back?"
ALONE = "That takes longer than it should. I am still on it."
FAREWELL = "I'll call you back when it is done. Talk to you then."
HANGS = WorkScript.model_validate({"works": [{"steps": [{"hangs": True}]}]})


@asynccontextmanager
async def slow(
    claude: StagedClaude, rehearsal: Rehearsal, *, trust: Trust | None = None, rings: bool = True, before: str = ""
) -> AsyncGenerator[RehearsedCall]:
    """A call in which the Architect takes long over a question, and asks whether to go on."""
    claude.routes_to("architect", when=QUESTION, first_token_s=2.2)
    claude.says("architect", "Patience is a virtue.", when=QUESTION, first_token_s=5.5)
    claude.says("kai", "I am here.")
    async with rehearsal.call(work=HANGS, trust=trust) as call:
        assert call.minds.work
        if not rings:
            call.minds.work.tasks._life.bearer = None  # pyright: ignore[reportPrivateUsage]
        if before:
            await call.say(before)
        await call.say(QUESTION, wait=False)
        await call.pause(9.2)
        yield call


def spoken(call: RehearsedCall) -> str:
    return " ".join(fact.text for fact in call.facts(SaidText))


@pytest.mark.parametrize(("words", "keys"), [("Call me back", ""), ("okay, call me back when it's done", ""), ("", "#")])
async def test_the_caller_is_called_back_with_what_they_asked(
    claude: StagedClaude, rehearsal: Rehearsal, words: str, keys: str
) -> None:
    async with slow(claude, rehearsal, before="Kai, are you there?") as call:
        await (call.say(words) if words else call.press(keys))
        (started,) = call.facts(TaskStarted)
        assert (started.agent, started.title) == ("architect", "the answer to your question")
        assert QUESTION in started.what
        assert "kai: I am here." in started.what
        assert OFFER.partition(". ")[0] in spoken(call)
        assert call.said[-1].text.endswith(FAREWELL)
        assert "virtue" not in spoken(call)
        assert call.why == "call_back"
        assert call.facts(HoldEnded) == []


async def test_silence_means_going_on_and_then_the_offer_is_void(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with slow(claude, rehearsal) as call:
        await call.answered()
        assert f"{OFFER} Patience is a virtue." in spoken(call)
        await call.say("Call me back")
        assert call.said[-1].text == "I am here."
        assert call.facts(TaskStarted) == []


async def test_who_says_go_on_is_answered_by_the_same(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("architect", "Slow and slow is slower.", when="^go on")
    async with slow(claude, rehearsal) as call:
        await call.say("Go on")
        assert call.facts(Routed)[-1] == Routed(turn=2, speakers=("architect",), by="floor")
        assert call.said[-1].text.endswith("Slow and slow is slower.")
        assert QUESTION in str(claude.requests[-1].request["messages"])
        assert call.facts(TaskStarted) == []


async def test_the_offer_is_void_once_the_caller_speaks_of_something_else(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("architect", "", when="forget")
    async with slow(claude, rehearsal) as call:
        await call.say("Never mind")
        await call.say("Wait")
        await call.say("Call me back")
        assert call.facts(TaskStarted) == []
        assert call.why == ""


@pytest.mark.parametrize(("rings", "trust"), [(False, None), (True, Trust(risk="pin"))])
async def test_what_cannot_be_kept_is_not_offered(
    claude: StagedClaude, rehearsal: Rehearsal, rings: bool, trust: Trust | None
) -> None:
    async with slow(claude, rehearsal, rings=rings, trust=trust) as call:
        await call.answered()
        assert f"{ALONE} Patience is a virtue." in spoken(call)


ASKED = (Utterance("kai", "Hello."), Utterance(CALLER, QUESTION))
ARCHITECT = ROSTER["architect"]


def reply_to(question: str = QUESTION, *, spoken: bool = True, acted: bool = False, played: bool = False) -> Reply:
    reply = Reply(3, cast("Journal", None), cast("ear.Utterance", object()) if spoken else None, question)
    reply.acted = acted
    reply.played = {"architect"} if played else set()
    return reply


def test_the_work_is_told_the_question_and_the_talk_before_it() -> None:
    assert late(reply_to(), ARCHITECT, ASKED) == Late(ARCHITECT, 3, QUESTION, "kai: Hello.")


@pytest.mark.parametrize(
    ("reply", "agent"),
    [
        (reply_to(acted=True), ARCHITECT),
        (reply_to(played=True), ARCHITECT),
        (reply_to(spoken=False), ARCHITECT),
        (reply_to("2 5 8 0"), ARCHITECT),
        (reply_to(), ARCHITECT.model_copy(update={"task": None})),
        (reply_to(), ARCHITECT.model_copy(update={"tools": ()})),
    ],
    ids=["a tool was used", "it has begun to be heard", "keys", "a PIN", "no long work", "no tool for it"],
)
def test_what_may_not_be_taken_over(reply: Reply, agent: Agent) -> None:
    assert late(reply, agent, ASKED) is None


async def test_when_no_more_work_may_be_begun_the_caller_is_told(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    task = {"what": "x", "title": "x", "minutes": 3, "mood": "calm"}
    claude.says("engineer", "", when="three things", calls=[ToolUse(tool="start_task", input=task)] * 3)
    claude.says("engineer", "They are under way.", after="start_task")
    async with slow(claude, rehearsal, before="Engineer, do three things") as call:
        assert len(call.facts(TaskStarted)) == 3
        await call.say("Call me back", wait=False)
        await call.pause(6)
        assert "I cannot take that on just now. Please ask me again." in spoken(call)
        assert len(call.facts(TaskStarted)) == 3
        assert call.why == ""
