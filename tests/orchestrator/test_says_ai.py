"""Who is not the owner is told first that an AI speaks (EU AI Act, article 50). In virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from orchestrator.events import SaidText
from orchestrator.pin import Trust
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import CALLER
from tests.orchestrator.stage import LINES, on_the_phone

OWNER = "+4312345678"
GREETING = "Hi, this is Kai. What can I do for you?"


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def first_words(called: bool = False, **policy: Any) -> list[str]:
    trust = Trust.of(Admission(AdmissionPolicy(**policy)), CALLER)
    trust.called = called
    async with on_the_phone(trust=trust) as call:
        return [fact.text for fact in call.facts(SaidText)]


@pytest.mark.parametrize(
    "policy",
    [
        {"allow": (CALLER, OWNER)},  # the first one is the owner's
        {"allow": (OWNER, CALLER), "owners": (CALLER,)},
        {"allow": (OWNER, CALLER), "owners": (OWNER, CALLER)},
        {"allow": (OWNER, CALLER), "say_ai": False},
    ],
)
async def test_owners_are_greeted_as_ever(policy: dict[str, Any]) -> None:
    assert await first_words(**policy) == [GREETING]


@pytest.mark.parametrize("called", [False, True])
async def test_others_hear_it_first_whoever_called(called: bool) -> None:
    assert await first_words(called, allow=(OWNER, CALLER)) == [LINES.an_ai, GREETING]


@pytest.mark.parametrize("called", [False, True])
async def test_also_before_the_question_for_the_pin(called: bool) -> None:
    said = await first_words(called, allow=(OWNER, CALLER), pin=SecretStr("2580"), pin_mode="always")
    asks = f"{LINES.callback.who} {LINES.pin.ask}" if called else LINES.pin.ask
    assert said[:2] == [LINES.an_ai, asks]


def test_an_owner_must_be_allowed_to_call() -> None:
    with pytest.raises(ValidationError, match=r"`owners` has \+4312345678, which is not in `allow`"):
        AdmissionPolicy(allow=(CALLER,), owners=(OWNER,))
    assert AdmissionPolicy(region="AT", allow=("01 2345678",), owners=("+43 1 2345678",)).owners == (OWNER,)
    assert not AdmissionPolicy().say_ai or AdmissionPolicy().must_say_ai(OWNER)
