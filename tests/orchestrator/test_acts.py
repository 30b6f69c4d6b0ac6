"""Tools in a call, in virtual time: nobody waits in silence, nothing outlives its turn, and no guess acts."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from pydantic import SecretStr, ValidationError

from agents.errors import ToolError
from agents.script import ToolUse
from orchestrator.events import HeardText, SaidText, ToolReturned, ToolUsed, TurnEnded
from orchestrator.pin import Trust
from orchestrator.testing.claude import StagedClaude, Unscripted
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.stand_ins import StandIn
from telephony.admission import Admission, AdmissionPolicy

AGENTS = Path("tests/kit/agents")
FORECAST = "mcp:weather/forecast"
ASKED = "Piet, will there be rain?"


class Slow:
    """A tool that can be seen while it runs."""

    def __init__(self, seconds: float = 600) -> None:
        self._seconds = seconds
        self.uses = 0
        self.running = anyio.Event()
        self.stopped = False

    async def forecast(self, city: str = "Graz") -> str:
        """The weather in a city."""
        self.uses += 1
        self.running.set()
        try:
            await anyio.sleep(self._seconds)
        except anyio.get_cancelled_exc_class():
            self.stopped = True
            raise
        return f"Rain in {city}."


def rain(claude: StagedClaude, say: str = "Let me look.") -> None:
    claude.uses("piet", "weather__forecast", {"city": "Linz"}, say=say, when="rain")
    claude.says("piet", "That is all I know.", after="weather__forecast")


def silences(call: RehearsedCall) -> list[float]:
    """From the caller's last word on, until the answer is over."""
    (asked,) = call.facts(HeardText)
    heard = [(said.from_s, said.to_s) for said in call.facts(SaidText) if said.from_s > asked.to_s]
    return [later - earlier for (_, earlier), (later, _) in pairwise([(0.0, asked.to_s), *heard])]


def results(call: RehearsedCall) -> list[tuple[str, str, bool]]:
    return [(fact.name, fact.result, fact.failed) for fact in call.facts(ToolReturned)]


@pytest.mark.parametrize("seconds", [0, 1, 2, 5, 9, 600])
@pytest.mark.parametrize("say", ["", "Let me look."])
async def test_a_slow_tool_is_no_silence(claude: StagedClaude, rehearsal: Rehearsal, seconds: float, say: str) -> None:
    slow = Slow(seconds)
    rehearsal.toolbox[FORECAST] = slow.forecast
    rain(claude, say)
    async with rehearsal.call(AGENTS) as call:
        await call.say(ASKED)
        assert call.said[-1].text.endswith("That is all I know.")
        assert max(silences(call)) < 3
        told = claude.requests[-1].request["messages"][-1]["content"][0]
        if seconds < 10:
            assert (told["content"], told.get("is_error")) == ("Rain in Linz.", None)
            assert results(call) == [("weather__forecast", "Rain in Linz.", False)]
        else:
            assert (told["content"], told["is_error"]) == ("weather__forecast took longer than 10 s and was stopped.", True)
            assert (slow.stopped, results(call)) == (True, [])


async def test_an_error_is_told_to_claude_and_to_the_journal(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    rehearsal.toolbox[FORECAST] = StandIn(fails="The server broke off.")
    rain(claude)
    async with rehearsal.call(AGENTS) as call:
        await call.say(ASKED)
        told = claude.requests[-1].request["messages"][-1]["content"][0]
        assert (told["content"], told["is_error"]) == ("The server broke off.", True)
        assert results(call) == [("weather__forecast", "The server broke off.", True)]


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOWN = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}


@pytest.mark.parametrize(("takes", "fits"), [(None, True), (CITY, True), (TOWN, False)])
async def test_a_stand_in_takes_what_it_says(
    takes: dict[str, Any] | None, fits: bool, claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    rehearsal.toolbox[FORECAST] = StandIn(says="Rain.", takes=takes)
    rain(claude)
    with nullcontext() if fits else pytest.raises(Unscripted, match=r"an input that it does not take: .*It takes: town"):
        async with rehearsal.call(AGENTS) as call:
            await call.say(ASKED)


def test_a_stand_in_takes_an_object() -> None:
    with pytest.raises(ValidationError, match="its schema is not that of an object"):
        StandIn(takes={"city": "string"})


async def test_a_tool_that_is_not_there_is_not_offered(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("piet", "I cannot see from here.")
    async with rehearsal.call(AGENTS) as call:
        await call.say(ASKED)
        assert [tool["name"] for tool in claude.requests[-1].request["tools"]] == ["end_call"]
        assert call.tools == []


async def test_whoever_cuts_in_stops_the_tool(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    slow = Slow()
    rehearsal.toolbox[FORECAST] = slow.forecast
    rain(claude)
    claude.says("piet", "As you like.", when="never mind the")
    async with rehearsal.call(AGENTS) as call:
        await call.say(ASKED, wait=False)
        await slow.running.wait()
        await call.say("Piet, never mind the weather", wait=True)
        assert slow.stopped
        assert call.said[-1].text == "As you like."
        assert results(call) == []


async def test_hanging_up_stops_the_tool_at_once(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    slow = Slow()
    rehearsal.toolbox[FORECAST] = slow.forecast
    rain(claude)
    async with rehearsal.call(AGENTS) as call:
        await call.say(ASKED, wait=False)
        await slow.running.wait()
        with anyio.fail_after(1):
            await call.hang_up()
        assert slow.stopped


async def test_a_guess_does_not_use_a_tool(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    """The caller pauses for so long that an answer is begun, and goes on."""
    slow = Slow(0)
    rehearsal.toolbox[FORECAST] = slow.forecast
    claude.says("piet", "", when="rain", calls=[ToolUse(tool="weather__forecast")], first_token_s=0.05)
    claude.says("piet", "That is all I know.", after="weather__forecast")
    async with rehearsal.call(AGENTS) as call:
        await call.say("Piet, will there be rain", wait=False)
        await call.pause(0.45)
        await call.say("tomorrow?")
        (ended,) = [entry.at_s for entry in call.journal if isinstance(entry.event, TurnEnded)]
        (used,) = [entry.at_s for entry in call.journal if isinstance(entry.event, ToolUsed)]
        assert len([asked for asked in claude.requests if asked.asked.agent == "piet" and not asked.asked.after]) > 1
        assert slow.uses == 1
        assert used >= ended


async def test_what_is_not_async_can_stand_in_too(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    def dice(sides: int) -> int:
        """Throw a die."""
        if sides < 1:
            raise ToolError("there is no such die")
        return sides

    rehearsal.toolbox["python:dice"] = dice
    claude.uses("piet", "dice", {"sides": 0})
    claude.says("piet", "No.", after="dice")
    async with rehearsal.call(AGENTS) as call:
        await call.say("Piet, throw it.")
        assert results(call) == [("dice", "there is no such die", True)]


def trusted(mode: Literal["never", "risky"], pin: str | None) -> Trust:
    policy = AdmissionPolicy(allow=("+15550100",), pin=SecretStr(pin) if pin else None, pin_mode=mode)
    return Trust.of(Admission(policy), "+15550100")


async def test_a_risky_tool_is_used_when_the_pin_is_given(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    rehearsal.toolbox[FORECAST] = StandIn(says="Rain in Linz.", risky=True)
    claude.uses("piet", "weather__forecast", note="has given the PIN")
    claude.uses("piet", "weather__forecast", when="rain")
    claude.says("piet", "Your PIN?", after="weather__forecast", when="rain")
    async with rehearsal.call(AGENTS, trust=trusted("risky", "2580")) as call:
        await call.say(ASKED)
        ((_, result, failed),) = results(call)
        assert failed
        assert "needs the caller's PIN" in result
        await call.press("2580#")
        assert results(call)[1] == ("weather__forecast", "Rain in Linz.", False)


@pytest.mark.parametrize(
    ("mode", "failed", "result"), [("never", False, "Rain in Linz."), ("risky", True, "none is set on this line")]
)
async def test_without_a_pin_a_risky_tool_is_free_only_where_the_owner_said_so(
    claude: StagedClaude, rehearsal: Rehearsal, mode: Literal["never", "risky"], failed: bool, result: str
) -> None:
    rehearsal.toolbox[FORECAST] = StandIn(says="Rain in Linz.", risky=True)
    rain(claude)
    async with rehearsal.call(AGENTS, trust=trusted(mode, None)) as call:
        await call.say(ASKED)
        ((_, told, wrong),) = results(call)
        assert (wrong, result in told) == (failed, True)
