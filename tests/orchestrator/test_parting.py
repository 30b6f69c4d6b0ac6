"""A call that ends while work is under way: that it goes on is said, and how the caller will hear of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import SecretStr

from agents.lines import GoodbyeLines
from agents.scripted_work import WorkScript
from orchestrator.patience import Limits
from orchestrator.pin import Trust
from orchestrator.task import Orders, Wish
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from telephony.admission import Admission, AdmissionPolicy

HANGS = WorkScript.model_validate({"works": [{"steps": [{"hangs": True}]}]})
SAID = "Goodbye, Kai"
ENDS: dict[str, tuple[Limits, str]] = {
    "farewell": (Limits(30, Decimal(1)), SAID),
    "time_up": (Limits(0.3, Decimal(1)), ""),
    "budget_spent": (Limits(30, Decimal("0.0005")), ""),
}


def begin(claude: StagedClaude) -> None:
    task = {"what": "Write it.", "title": "a blog post", "minutes": 3, "mood": "calm"}
    claude.uses("engineer", "start_task", task, when="write")
    claude.says("engineer", "It takes three minutes.", after="start_task")


async def ended(call: RehearsedCall, words: str) -> str:
    """What was said last."""
    if words:
        await call.say(words)
    else:
        await call.pause(60)
    assert call.why
    return call.said[-1].text


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("rings", [True, False])
async def test_that_the_work_goes_on_is_said(claude: StagedClaude, rehearsal: Rehearsal, how: str, rings: bool) -> None:
    begin(claude)
    limits, words = ENDS[how]
    async with rehearsal.call(work=HANGS, limits=limits) as call:
        assert call.minds.work
        if not rings:
            call.minds.work.tasks._life.bearer = None  # pyright: ignore[reportPrivateUsage]
        await call.say("Engineer, write a blog post")
        goes_on = call.minds.lines.work_goes_on
        line = getattr(goes_on.called_back if rings else goes_on.told_later, how)
        assert (await ended(call, words)).endswith(line)
        assert ("I'll call you when" in line, "call me to hear" in line) == (rings, not rings)


@pytest.mark.parametrize("how", ENDS)
async def test_of_work_that_is_over_nothing_is_said(claude: StagedClaude, rehearsal: Rehearsal, how: str) -> None:
    begin(claude)
    claude.says("engineer", "That went wrong.", note="ended unfinished")
    limits, words = ENDS[how]
    async with rehearsal.call(limits=limits) as call:  # work that is not in the script breaks off at once
        await call.say("Engineer, write a blog post")
        await call.pause(3)
        lines = call.minds.lines
        plain = GoodbyeLines(farewell=lines.farewell, time_up=lines.limits.time_up, budget_spent=lines.limits.budget_spent)
        assert (await ended(call, words)).endswith(getattr(plain, how))


async def test_of_work_that_is_being_stopped_it_is_not_said_that_it_goes_on(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    begin(claude)
    async with rehearsal.call(work=HANGS) as call:
        await call.say("Engineer, write a blog post")
        (attended,) = call.call._holding._attended  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
        attended.task.orders = Orders(stopped=True)
        assert (await ended(call, SAID)).endswith(call.minds.lines.farewell)


async def test_to_a_stranger_nothing_is_said_of_it(rehearsal: Rehearsal) -> None:
    admission = Admission(AdmissionPolicy(allow=("+15550100",), pin=SecretStr("2580"), pin_mode="always"))
    trust = Trust.of(admission, "+15550100")
    async with rehearsal.call(work=HANGS, limits=ENDS["time_up"][0], trust=trust, greeted=False) as call:
        assert call.minds.work
        task = call.minds.work.tasks.start(Wish("+15550100", "Write it.", "a blog post", 3), call.minds.roster["engineer"])
        call.call._holding._attend(task)  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]  as if from before
        assert (await ended(call, "")).endswith(call.minds.lines.limits.time_up)


async def test_an_agent_that_ends_the_call_without_a_word_says_it_too(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    begin(claude)
    claude.uses("kai", "end_call", when="that was all")
    async with rehearsal.call(work=HANGS) as call:
        await call.say("Engineer, write a blog post")
        assert (await ended(call, "Kai, that was all for today")).endswith(call.minds.lines.work_goes_on.called_back.farewell)
