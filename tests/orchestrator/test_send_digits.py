"""Keys that an agent presses: they reach the far end, Claude learns what became of them, and before the PIN there are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from agents.script import Entry, ToolUse, When
from orchestrator.pin import Trust
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from telephony.admission import Admission, AdmissionPolicy
from telephony.line import DigitsNotSent
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import answer, on_the_phone

CALLER = "+15550100"
PRESSES = answer("kai", "", "door", calls=(ToolUse(tool="send_digits", input={"keys": "9#"}),))
ANSWERS = Entry(when=When(agent="kai", after="send_digits"), say="So much for that.")


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class DeafLine(RehearsalLine):
    async def send_digits(self, keys: str) -> None:
        raise DigitsNotSent("the far end has no ear for keys")


async def test_they_reach_the_far_end_and_the_journal(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("kai", "send_digits", {"keys": "9#"}, say="I press nine.", when="the door")
    claude.says("kai", "Done.", after="send_digits")
    async with rehearsal.call() as call:
        await call.say("Kai, open the door")
        assert call.line.shown == "9#"
        assert [(used.name, used.input) for used in call.tools] == [("send_digits", {"keys": "9#"})]
        assert call.said[-1].text == "I press nine. Done."


@pytest.mark.parametrize("keys", ["", "12w3", "louder", "1" * 33, "1 2", "d"])
async def test_what_is_no_key_is_not_pressed(keys: str, claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("kai", "send_digits", {"keys": keys}, when="the door", mistaken=True)
    claude.says("kai", "I cannot.", after="send_digits")
    async with rehearsal.call() as call:
        await call.say("Kai, open the door")
        assert (call.line.shown, call.tools) == ("", [])
    assert "send_digits was not called: keys:" in json.dumps(claude.requests[-1].request["messages"])


async def test_a_line_that_cannot_is_told_to_claude_who_tells_the_caller() -> None:
    async with on_the_phone(["Kai, open the door"], PRESSES, ANSWERS, line=DeafLine()) as call:
        await call.say()
        assert call.said[-1] == ("kai", "So much for that.")
    (result,) = call.claude.exchanges[-1].request["messages"][-1]["content"][:1]
    assert result["is_error"] is True
    assert result["content"] == "The keys were not sent: the far end has no ear for keys."


async def test_nothing_is_pressed_while_the_pin_is_asked_for() -> None:
    admission = Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580"), pin_mode="always"))
    heard = ["Kai, open the door", "two five eight zero", "Kai, open the door"]
    async with on_the_phone(heard, PRESSES, ANSWERS, trust=Trust.of(admission, CALLER)) as call:
        await call.say()
        assert call.line.shown == ""
        await call.say()
        assert call.line.shown == ""
        await call.say()
        assert call.line.shown == "9#"
