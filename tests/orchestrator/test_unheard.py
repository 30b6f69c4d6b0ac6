"""What the phone is about to say of long work when the caller speaks or presses a key: not heard, it asks nothing of them."""

from __future__ import annotations

from typing import Final

import anyio
import pytest
from pydantic import SecretStr

from agents.work import Add
from orchestrator.events import Answered, Asked, HoldEnded, HoldStarted, SaidText
from orchestrator.pin import PinGuard, Trust
from orchestrator.pin_filter import HIDDEN
from orchestrator.tasks import Task, Wish
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from telephony.admission import Admission, AdmissionPolicy
from tests.orchestrator.test_holding import CALLER, PUSH, steps
from tests.orchestrator.workroom import ENGINEER
from voices.engines.tones import TonesSynthesizer

SLOW_MOUTH: Final = TonesSynthesizer(delay_s=0.8, char_s=0.04)
NOTES: Final = "Shall I forget all your notes?"
ASKS: Final = steps({"waits_for": "picture"}, {"asks": PUSH}, {"hangs": True})


async def in_the_mouth(call: RehearsedCall) -> None:
    """Until the phone is about to say something by itself."""
    with anyio.fail_after(20):
        while call.call._reply is None:  # pyright: ignore[reportPrivateUsage]
            await call.pause(0.02)


def begun(call: RehearsedCall) -> Task:
    """Work that the caller has ordered before, as if in another call."""
    holding = call.call._holding  # pyright: ignore[reportPrivateUsage]
    assert holding is not None
    assert call.minds.work is not None
    task = call.minds.work.tasks.start(Wish(CALLER, "Write a post.", "a post", 3), ENGINEER)
    holding._attend(task)  # pyright: ignore[reportPrivateUsage]
    return task


@pytest.mark.parametrize(("words", "keys"), [("Yes, please", ""), ("", "1")])
async def test_a_yes_before_the_question_is_heard_allows_nothing(
    claude: StagedClaude, rehearsal: Rehearsal, words: str, keys: str
) -> None:
    claude.says("kai", NOTES, when="notes")
    claude.routes_to("kai", when="pressed the keys")
    claude.says("kai", "I keep them.")
    async with rehearsal.call(work=ASKS, synthesizers=[SLOW_MOUTH]) as call:
        task = begun(call)
        await call.say("Kai, what about my notes?")
        task.tell(Add("a picture"))
        await in_the_mouth(call)
        await (call.say(words) if words else call.press(keys))
        assert call.facts(Answered) == []
        assert task.question is not None
        await call.pause(12)
        assert [fact.again for fact in call.facts(Asked)] == [False]
        assert PUSH["question"] in [said.text for said in call.facts(SaidText)]


async def test_the_pin_is_asked_for_when_that_is_heard_and_not_before(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("kai", "It is sunny.", when="weather")
    guard = PinGuard(Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580"))), CALLER)
    work = steps({"after_s": 4, "done": {"result": "The post.", "spoken": "The post."}})
    async with rehearsal.call(work=work, synthesizers=[SLOW_MOUTH], trust=Trust(guard, risk="pin")) as call:
        assert call.minds.work is not None
        begun(call)
        await call.pause(3)
        await in_the_mouth(call)
        await call.say("Kai, how is the weather?")
        assert call.heard == ["Kai, how is the weather?"]
        assert "It is sunny." in call.said[-1].text
        await call.pause(4)
        assert call.said[-1].text == call.minds.work.words.withheld["result"]
        await call.say("two five eight zero")
        assert call.heard[-1] == HIDDEN


async def test_who_would_rather_wait_after_all_is_on_hold_again(rehearsal: Rehearsal) -> None:
    async with rehearsal.call(work=steps({"hangs": True}), synthesizers=[SLOW_MOUTH]) as call:
        begun(call)
        await call.say("I'll wait")
        await call.say("Call me back", wait=False)
        await call.pause(0.9)
        await call.say("I'll wait")
        await call.pause(2)
        assert [fact.why for fact in call.facts(HoldEnded)] == ["call_back"]
        assert len(call.facts(HoldStarted)) == 2
        assert call.call._mixer.bed.sounding  # pyright: ignore[reportPrivateUsage]
