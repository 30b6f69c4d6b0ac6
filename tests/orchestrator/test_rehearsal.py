"""The test kit's calls: what a test can do in them, what it sees of them, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from agents.errors import FileError
from agents.script import Script
from agents.scripted import ScriptedTransport
from orchestrator.events import BargeIn, Failed, MoneySpent
from orchestrator.patience import Limits
from orchestrator.testing import cast
from orchestrator.testing.claude import StagedClaude, Unscripted
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.virtual_time import run
from voices.audio import write_wav
from voices.catalogue import spoken

pytestmark = pytest.mark.timeout(120)  # a hundred calls, in virtual time

LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."


async def test_engineer_takes_build_questions(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("engineer", "Run the tests first, then read the first failure.")
    async with rehearsal.call(agents="agents/") as call:
        await call.say("Engineer, why does the build fail?")
        assert call.said[-1].agent == "engineer"
        assert "tests" in call.said[-1].text


async def test_a_call_tells_what_happened(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("engineer", when="build")
    claude.uses("engineer", "current_time", {"zone": "Europe/Vienna"}, when="build")
    claude.says("engineer", "It broke at one.", after="current_time")
    async with rehearsal.call() as call:
        await call.say("what broke my build")
        assert call.heard == ["what broke my build"]
        assert [(route.speakers, route.by) for route in call.routed] == [(("engineer",), "claude")]
        assert [(tool.agent, tool.name, tool.input["zone"]) for tool in call.tools] == [
            ("engineer", "current_time", "Europe/Vienna")
        ]
        (turn,) = call.waterfall
        assert turn.response_ms is not None
        assert 500 < turn.response_ms < 3_000
        assert [fact.on for fact in call.facts(MoneySpent)][:2] == ["warm", "warm"]
        asked = [exchange.asked for exchange in claude.requests]
        assert {question.forced or question.agent for question in asked} == {"route", "kai", "engineer"}
    assert call.why == "caller_hung_up"


async def test_a_barge_in_and_what_was_heard_until_then(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("architect", LONG, when="photos")
    claude.says("architect", "Yes.", when="safe")
    claude.routes_to("architect")
    async with rehearsal.call() as call:
        await call.say("Architect, how do I store photos?", wait=False)
        await call.barge_in("wait, is that safe?", after_s=1.0)
        (barge_in,) = call.facts(BargeIn)
        first, last = call.said[-2:]
        assert (first.agent, first.interrupted, last.text) == ("architect", True, "Yes.")
        assert barge_in.onset_s == pytest.approx(first.from_s + 1.0, abs=0.15)
        assert LONG.startswith(first.text)


async def test_keys_a_cough_and_hanging_up(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai", when="keys")
    claude.says("kai", "One it is.", when="keys 1")
    async with rehearsal.call() as call:
        await call.cough()
        assert call.heard == []
        await call.press("1")
        assert call.said[-1].text == "One it is."
        await call.hang_up()
        assert call.why == "caller_hung_up"


async def test_a_sentence_that_is_broken_off_is_heard_as_far_as_it_came(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("architect", LONG)
    async with rehearsal.call() as call:
        call.caller.say("Architect, how do I store")
        call.line.say(bytes(8_000))  # a pause of a quarter second: a guess is made, and dropped
        await call.say("photos?")
        assert call.heard == ["Architect, how do I store photos?"]
        guessed = [exchange.asked.heard for exchange in claude.requests]
        assert guessed == ["Architect, how do I store", "Architect, how do I store photos?"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (529, "claude_overloaded"),
        (429, "claude_rate_limited"),
        (500, "claude_server_failed"),
        (401, "claude_unauthorised"),
        (402, "claude_out_of_credit"),
        (404, "claude_bad_request"),
        ("unreachable", "claude_unreachable"),
        ("refusal", "claude_refused"),
        ("max_tokens", "claude_truncated"),
        ("cut", "claude_broken_off"),
        ("stall", "claude_stalled"),
        ("error", "claude_server_failed"),
    ],
)
async def test_claude_fails_as_told(how: int, code: str, claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.fails("engineer", how)
    async with rehearsal.call() as call:
        await call.say("Engineer, why?")
        assert [fact.code for fact in call.facts(Failed)] == [code]


def test_two_lines_for_the_same_are_refused(claude: StagedClaude) -> None:
    claude.says("kai", "One thing.")
    with pytest.raises(ValueError, match="agent 'kai' already"):
        claude.says("kai", "Another.")


async def test_a_condition_goes_before_none(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("engineer", "To anything else.")
    claude.says("engineer", "To this.", when="this")
    async with rehearsal.call() as call:
        await call.say("Engineer, what about this?")
        await call.say("Engineer, and that?")
        assert [said.text for said in call.said[-2:]] == ["To this.", "To anything else."]


async def test_a_wav_is_heard(claude: StagedClaude, rehearsal: Rehearsal, hello: Path) -> None:
    claude.says("engineer", "Because.")
    async with rehearsal.call() as call:
        await call.say(hello)
        assert call.said[-1].text == "Because."
        await call.say(str(hello), heard_as="Engineer, and then")
        assert call.heard[-1] == "Engineer, and then"
        assert "engineer" in call.heard[0].lower()


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    wav = tmp_path / "hello.wav"

    async def speak() -> bytes:
        return await spoken("Engineer, why does the build fail?")

    write_wav(wav, anyio.run(speak))
    return wav


async def test_agents_of_ones_own_stand_over_the_shipped_ones(
    claude: StagedClaude, rehearsal: Rehearsal, tmp_path: Path, baker: str
) -> None:
    (tmp_path / "baker.yaml").write_text(baker, encoding="utf-8")
    claude.says("baker", "Rye, by all means.")
    async with rehearsal.call(agents=tmp_path) as call:
        await call.say("Baker, which flour?")
        assert call.said[-1].agent == "baker"


async def test_an_agent_that_is_broken_says_where(rehearsal: Rehearsal, tmp_path: Path, baker: str) -> None:
    (tmp_path / "baker.yaml").write_text(baker.replace("role:", "roll:"), encoding="utf-8")
    with pytest.raises(FileError, match=r"baker.yaml:2:1: unknown key `roll`. Did you mean `role`\?"):
        async with rehearsal.call(agents=tmp_path):
            pass


@pytest.fixture
def baker() -> str:
    return "name: Baker\nrole: bakes\ndescription: Use for bread.\nvoice: kai\nprompt: You bake.\n"


async def test_a_budget_that_is_almost_spent_is_told(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    spent = Decimal(0)
    for _ in range(2):  # in the first one the cache is written, which costs more
        async with rehearsal.call() as call:
            spent = sum((fact.usd for fact in call.facts(MoneySpent)), Decimal(0))
    async with rehearsal.call(limits=Limits(30, spent / Decimal("0.9"))) as call:
        await call.pause(3)
        assert call.said[-1].text == cast.read(Path("agents")).lines.limits.budget_almost_spent


async def test_what_a_test_finds_wrong_is_raised_as_it_is(rehearsal: Rehearsal) -> None:
    with pytest.raises(AssertionError, match=r"^wrong$"):
        async with rehearsal.call():
            raise AssertionError("wrong")


async def test_what_nobody_scripted_fails_the_test(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("engineer", "Because.", when="build")
    with pytest.raises(Unscripted) as failure:
        async with rehearsal.call() as call:
            await call.say("Engineer, how late is it?")
    message = str(failure.value)
    assert "Claude was asked as engineer, turn 1" in message
    assert "user: Engineer, how late is it?" in message
    assert 'claude.says("engineer", "…", when=\'Engineer, how late is it\')' in message
    assert "agent 'engineer', heard 'build'" in message


def test_a_hundred_calls_are_the_same() -> None:
    """How long they take is for `python -m tests.bench.rehearsals` to say."""
    journals: set[str] = set()

    async def rehearsed() -> None:
        claude = StagedClaude(Script())
        claude.says("engineer", "Run the tests first, then read the first failure.")
        async with Rehearsal(ScriptedTransport(claude)).call() as call:
            await call.say("Engineer, why does the build fail?")
        journals.add("\n".join(entry.line() for entry in call.journal))

    for _ in range(100):
        run(rehearsed)
    assert len(journals) == 1
