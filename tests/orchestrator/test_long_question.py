"""A question that is too long to be asked at once: read out on demand, and only then allowed, with the PIN."""

from __future__ import annotations

from typing import Any, Final

from pydantic import SecretStr

from orchestrator.events import Answered
from orchestrator.pin import Trust
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from telephony.admission import Admission, AdmissionPolicy
from tests.orchestrator.test_holding import CALLER, working

LONG: Final[dict[str, Any]] = {
    "question": "The Engineer wants to delete prod, and more. Shall I leave it, or read it to you?",
    "whole": "The Engineer wants to do two things: delete prod; and copy a to b. Yes or no?",
    "tool": "Bash",
    "exact": "rm -rf prod && cp a b",
    "risky": True,
}
STEP: Final[dict[str, Any]] = {"after_s": 10, "asks": LONG, "yes": [{"says": "It is gone."}], "no": [{"says": "Left alone."}]}


def begins(trust: Trust) -> Trust:
    """They are known by their number, and the PIN is asked for what is risky."""
    policy = AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580"), pin_mode="risky")
    unknown = Trust.of(Admission(policy), CALLER)
    trust.guard, trust.risk, trust.called = unknown.guard, unknown.risk, True
    return trust


async def test_a_yes_counts_only_after_it_was_read(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, STEP, {"hangs": True}, trust=(trust := Trust())) as call:
        begins(trust)
        await call.pause(14)
        assert call.said[-1].text.endswith(LONG["question"])
        await call.say("yes")
        assert call.said[-1].text == "That is too long to allow unheard. Say, read it to me, or no."
        await call.say("read it to me")
        assert call.said[-1].text == "The Engineer wants to do two things: delete prod and copy a to b. Yes or no?"
        await call.say("yes")
        assert not call.facts(Answered), "the PIN comes first"
        await call.press("2580#", wait=False)
        await call.pause(5)
        assert [fact.yes for fact in call.facts(Answered)] == [True]


async def test_a_no_needs_no_reading(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, STEP, {"hangs": True}, trust=(trust := Trust())) as call:
        begins(trust)
        await call.pause(14)
        await call.say("no", wait=False)
        await call.pause(5)
        assert [fact.yes for fact in call.facts(Answered)] == [False]


async def test_silence_is_a_no(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, STEP, {"hangs": True}, trust=(trust := Trust())) as call:
        begins(trust)
        await call.pause(70)
        assert [fact.yes for fact in call.facts(Answered)] == [False]
