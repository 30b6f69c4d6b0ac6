"""The plugin as somebody meets it who installed the package, in an empty folder of their own."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

for heavy in ("anthropic", "numpy", "orchestrator.testing.rehearsal", "orchestrator.testing.scenario_item"):
    import_module(heavy)  # pytester forgets what is imported during its runs, and numpy cannot be imported twice

pytest_plugins = ["pytester"]

PASSES = """
async def test_engineer_takes_build_questions(claude, rehearsal):
    claude.says("engineer", "Run the tests first, then read the first failure.")
    async with rehearsal.call(agents="agents/") as call:
        await call.say("Engineer, why does the build fail?")
        assert call.said[-1].agent == "engineer"
        assert "tests" in call.said[-1].text
"""
REACHES_BY_SDK = """
def test_it():
    from anthropic import Anthropic
    Anthropic(api_key="x").messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
"""
REACHES_BY_BRAIN = """
import anyio
from pathlib import Path
from agents.claude import BrainSettings, ClaudeBrain
from orchestrator.testing.cast import read

def test_it():
    players = read(Path("agents"))
    async def warm():
        async with ClaudeBrain(BrainSettings(api_key="x"), players.prompts) as brain:
            await brain.warm(players.roster.front_desk)
    anyio.run(warm)
"""
SERVED = """
import anyio

def test_it(claude):
    from anthropic import AsyncAnthropic
    claude.says(None, "Hello to you.", when="hello")
    async def ask():
        return await AsyncAnthropic(api_key="x").messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello"}]
        )
    assert anyio.run(ask).content[0].text == "Hello to you."
    assert claude.requests[0].request["model"] == "m"
"""
SCENARIO = """
claude: {entries: [{when: {agent: engineer}, say: Because it is Monday.}]}
turns:
  - say: Engineer, why?
    expect: {agent: engineer, text: EXPECTED}
"""


@pytest.fixture(autouse=True)
def folder(pytester: pytest.Pytester) -> Path:
    assert not list(pytester.path.iterdir())
    return pytester.path


def test_a_test_as_in_the_issue_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSES)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_false_expectation_fails_with_what_was_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSES.replace('"tests" in', '"banana" in'))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*assert 'banana' in 'Run the tests first, then read the first failure.'",
            "*call 1*",
            "*caller * Engineer, why does the build fail?",
            "*Engineer * then read the first failure.",
        ]
    )
    result.stdout.no_fnmatch_line("*ExceptionGroup*")


@pytest.mark.parametrize("reaches", [REACHES_BY_SDK, REACHES_BY_BRAIN])
def test_whoever_reaches_for_the_real_claude_fails_at_once(pytester: pytest.Pytester, reaches: str) -> None:
    pytester.makepyfile(reaches)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*This test reached for the real Claude (POST https://api.anthropic.com/v1/messages)*"])


def test_with_the_fixture_the_sdk_itself_is_answered(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SERVED)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["monday.scenario.yaml", "scenarios/monday.yaml"])
def test_scenarios_are_collected_and_told_by_line(pytester: pytest.Pytester, name: str) -> None:
    path = pytester.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(SCENARIO.replace("EXPECTED", "Monday"), encoding="utf-8")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    path.write_text(SCENARIO.replace("EXPECTED", "Tuesday"), encoding="utf-8")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    complaint = "engineer was to say /Tuesday/, but engineer said 'Because it is Monday.'"
    result.stdout.fnmatch_lines([f"*monday*yaml:5:5: {complaint}", "*Engineer * Because it is Monday."])


def test_a_scenario_that_is_broken_is_an_error_with_its_line(pytester: pytest.Pytester) -> None:
    (pytester.path / "broken.scenario.yaml").write_text("turns:\n  - sya: Hello\n", encoding="utf-8")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*broken.scenario.yaml:2:5: unknown key `sya`. Did you mean `say`?"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_judge_is_asked_only_live(pytester: pytest.Pytester) -> None:
    text = SCENARIO.replace("EXPECTED", "Monday") + "    judge: the answer is dry\n"
    (pytester.path / "monday.scenario.yaml").write_text(text, encoding="utf-8")
    result = pytester.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*`pytest --live` lets Claude judge: the answer is dry"])


def test_where_nobody_uses_it_nothing_is_imported() -> None:
    code = "import sys, orchestrator.testing.plugin; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anthropic", "anyio", "httpx2", "numpy", "pydantic", "yaml", "agents", "voices", "telephony", "rich"} & set(alone)
