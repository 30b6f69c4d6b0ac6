"""The plugin as somebody meets it who installed the package, in an empty folder of their own."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal

from agents.script import Entry, Script, ToolUse, When
from orchestrator.scripted_house import serving
from orchestrator.testing.offline import Guard
from tests.kit.preloaded import preload

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

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


@pytest.fixture(scope="module", autouse=True)
def preloaded() -> None:
    preload()


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the other plugins of this environment, which take seconds to load; one test finds ours as pytest does."""
    assert not list(pytester.path.iterdir())
    if request.function is not test_a_test_as_in_the_issue_passes:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.setenv("PYTEST_PLUGINS", "orchestrator.testing.plugin")


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
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*This test reached for the real Claude (POST https://api.anthropic.com/v1/messages)*"])


async def test_the_guard_is_lifted_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def network(*_: object) -> httpx2.Response:
        return httpx2.Response(204)

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", network)
    guard = Guard()
    guard.up()
    request = httpx2.Request("GET", "https://api.anthropic.com/v1/models")
    with guard.lift():
        assert (await httpx2.AsyncHTTPTransport().handle_async_request(request)).status_code == 204
    with pytest.raises(pytest.fail.Exception, match="reached for the real Claude"):
        await httpx2.AsyncHTTPTransport().handle_async_request(request)
    guard.down()
    assert (await httpx2.AsyncHTTPTransport().handle_async_request(request)).status_code == 204


def test_what_nobody_scripted_is_told_without_a_stack(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSES.replace('says("engineer"', 'says("kai"'))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Claude was asked as engineer, turn 1, *", "*Script it: claude.says(*", "*call 1*"])
    result.stdout.no_fnmatch_line("*Error*")


def test_with_the_fixture_the_sdk_itself_is_answered(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SERVED)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


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


def test_live_the_real_claude_answers_and_judges(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SCENARIO.replace("EXPECTED", "Tuesday") + "    judge: it is dry\n  - silence_s: 0.1\n    judge: it is long\n"
    (pytester.path / "tuesday.scenario.yaml").write_text(text, encoding="utf-8")
    script = Script(
        entries=(
            Entry(when=When(agent="engineer"), say="Because it is Tuesday."),
            verdict("(?s)Tuesday.*must hold of it: it is dry", holds=True),
            verdict("(?s)Tuesday.*must hold of it: it is long", holds=False),
        )
    )
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(script)) as claude:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", claude.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "real")
        result = pytester.runpytest_subprocess("--live")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*yaml:8:5: 'it is long' does not hold: it is as it is"])


def verdict(heard: str, *, holds: bool) -> Entry:
    given = {"holds": holds, "why": "it is as it is"}
    return Entry(when=When(forced="verdict", heard=heard), calls=(ToolUse(tool="verdict", input=given),))


def test_live_needs_a_key(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    (pytester.path / "monday.scenario.yaml").write_text(SCENARIO + "    judge: the answer is dry\n", encoding="utf-8")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(pytester.path))
    result = pytester.runpytest_inprocess("--live")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["--live talks to the real Claude, and there is no key; set ANTHROPIC_API_KEY"])


def test_where_nobody_uses_it_nothing_is_imported() -> None:
    code = "import sys, orchestrator.testing.plugin; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anthropic", "anyio", "httpx2", "numpy", "pydantic", "yaml", "agents", "voices", "telephony", "rich"} & set(alone)
