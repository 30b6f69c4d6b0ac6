"""The PIN at the start of a call: by keys, by voice, three tries; and never in the journal, nor told to Claude."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from orchestrator.events import DigitPressed
from orchestrator.pin import Trust
from telephony.admission import Admission, AdmissionPolicy, Admitted, Refused
from tests.orchestrator.stage import LINES, Rehearsal, answer, on_the_phone

CALLER = "+15550100"


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.fixture
def admission() -> Admission:
    return Admission(AdmissionPolicy(allow=(CALLER,), pin=SecretStr("2580"), pin_mode="always"))


def told(call: Rehearsal) -> str:
    return "\n".join(entry.line() for entry in call.entries) + str([exchange.request for exchange in call.claude.exchanges])


async def test_by_keys(admission: Admission) -> None:
    async with on_the_phone(["Engineer, why?"], answer("engineer", "Because."), trust=Trust.of(admission, CALLER)) as call:
        assert call.said == [("kai", LINES.pin.ask)]
        call.line.press("2580#")
        await anyio.sleep(6)
        assert [text for _, text in call.said[1:]] == [LINES.pin.passed, "Hi, this is Kai. What can I do for you?"]
        await call.say()
        assert call.said[-1] == ("engineer", "Because.")
        assert "2580" not in told(call)
        assert {fact.key for fact in call.facts(DigitPressed)} == {"…"}


async def test_by_voice(admission: Admission) -> None:
    heard = ["two five eight oh", "Engineer, why?"]
    async with on_the_phone(heard, answer("engineer", "Because."), trust=Trust.of(admission, CALLER)) as call:
        await call.say()
        assert call.said[-1] == ("kai", "Hi, this is Kai. What can I do for you?")
        await call.say()
        assert call.said[-1] == ("engineer", "Because.")
        assert "two five" not in told(call)


async def test_words_that_are_no_pin_are_no_try(admission: Admission) -> None:
    heard = ["wait for it", "I want to ask", "it is to five eight oh", "Engineer, why?"]
    async with on_the_phone(heard, answer("engineer", "Because."), trust=Trust.of(admission, CALLER)) as call:
        for _ in range(3):
            await call.say()
        assert [text for _, text in call.said[1:4]] == [LINES.pin.unclear, LINES.pin.unclear, LINES.pin.passed]
        assert "want to" not in told(call)


async def test_who_says_no_pin_at_all_is_not_asked_for_ever(admission: Admission) -> None:
    async with on_the_phone(["hello"] * 3, trust=Trust.of(admission, CALLER)) as call:
        await call.say()
        await call.say()
        await call.say(wait=False)
        await call.line.over.wait()
    assert (call.call.why, call.said[-1][1]) == ("given_up", LINES.pin.given_up)
    assert not isinstance(admission.check(CALLER, spent_today=Decimal(0)), Refused), "the number need not rest"


async def test_three_wrong_tries_end_the_call_and_the_next_one_does_without(admission: Admission) -> None:
    wrong = ["one two three four", "one two three five", "one two three six"]
    async with on_the_phone(wrong, trust=Trust.of(admission, CALLER)) as call:
        await call.say()
        await call.say()
        assert [text for _, text in call.said[1:]] == [LINES.pin.wrong] * 2
        await call.say(wait=False)
        await call.line.over.wait()
    assert call.call.why == "locked"
    assert call.said[-1][1] == LINES.pin.locked
    assert isinstance(admission.check(CALLER, spent_today=Decimal(0)), Admitted)
    assert all(exchange.request["max_tokens"] == 1 for exchange in call.claude.exchanges)  # warm-ups only
    async with on_the_phone(["two five eight zero"], answer("kai", "I see."), trust=Trust.of(admission, CALLER)) as call:
        assert [text for _, text in call.said] == [LINES.pin.rests, "Hi, this is Kai. What can I do for you?"]
        await call.say()
        assert call.said[-1] == ("kai", "I see."), "it is not taken"
        assert "five eight" not in told(call)
