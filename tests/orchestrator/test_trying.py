"""`pai-voice agents try`, as a process: typed into, interrupted, given a scenario."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from agents.errors import FileError
from agents.script import Entry, Script, ToolUse, When
from orchestrator.config import Settings
from orchestrator.scripted_house import serving
from orchestrator.trying import played
from orchestrator.trying.belongings import WORK
from orchestrator.trying.keyboard import PatientLoop
from orchestrator.trying.session import read_script
from tests.kit.commands import COMMAND, Finished, environment, running
from tests.kit.commands import run as command

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

SCRIPT = """
entries:
  - when: {agent: engineer, heard: build}
    say: Read the first failure.
  - when: {agent: engineer, heard: shape}
    say: That is one for Serena.
    calls: [{tool: bring_in, input: {agent: architect, why: the shape}}]
  - when: {agent: architect}
    say: Draw the boundary first.
"""
SCENARIO = """
claude: {entries: [{when: {agent: engineer}, say: Because it is Monday.}]}
turns:
  - say: Engineer, why?
    expect: {agent: engineer, text: EXPECTED}
"""


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "script.yaml").write_text(SCRIPT, encoding="utf-8")
    return environment(tmp_path)


LINES = "why does the build fail\n\nwhat is the right shape\ngoodbye\nnever said\n"


async def typed(env: Mapping[str, str], lines: str, *arguments: str) -> Finished:
    call = [COMMAND, "agents", "try", *arguments]
    done = await anyio.run_process(call, input=lines.encode(), check=False, env=env, cwd=env["XDG_CONFIG_HOME"])
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def spoken(out: str) -> list[tuple[str, str]]:
    """Who said what, by the transcript."""
    lines = [line[9:] for line in out.splitlines() if line[:7].strip().replace(".", "").isdigit() and line[9:20].endswith(" ")]
    return [(line[:11].strip(), line[11:]) for line in lines if line[:11].strip() in ("caller", "Engineer", "Architect", "Kai")]


async def test_the_agent_picks_up_and_hands_over_and_the_sum_is_told(env: Mapping[str, str]) -> None:
    done = await typed(env, LINES, "engineer", "--script", "script.yaml")
    assert (done.code, done.err.splitlines()) == (0, [WORK])
    assert spoken(done.out) == [
        ("Engineer", "Hi, this is Engineer. What can I do for you?"),
        ("caller", "why does the build fail"),
        ("Engineer", "Read the first failure."),
        ("caller", "what is the right shape"),
        ("Engineer", "That is one for Serena."),
        ("Architect", "Draw the boundary first."),
        ("caller", "goodbye"),
        ("Architect", "Talk to you soon. Goodbye."),
    ]
    assert "engineer uses bring_in (agent: architect, why: the shape)" in done.out
    timings = [line for line in done.out.splitlines() if "first token" in line]
    assert all(" ms  by floor: heard " in line and line.endswith(" USD") for line in timings)
    assert len(timings) == 2
    assert done.out.splitlines()[-1].startswith("3 turns, p50 ")


async def test_its_journal_is_json(env: Mapping[str, str]) -> None:
    done = await typed(env, "why does the build fail\n", "engineer", "--script", "script.yaml", "--json")
    said = [entry["text"] for entry in done.json if entry["kind"] == "said"]
    assert said[1:] == ["Read the first failure."]


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (["engineer"], "Engineer thinks with Claude, and there is no key", "set ANTHROPIC_API_KEY, or say in a file"),
        (["enginer"], "there is no agent `enginer`. Did you mean `engineer`?", "give an id that"),
        (["engineer", "--script", "none.yaml"], "none.yaml:1:1: is not there", "give the path of a file that is there"),
        (["engineer", "none.yaml"], "none.yaml:1:1: is not there", "give the path of a file that is there"),
        (["engineer", "s.yaml", "--live"], "--live plays it with Claude itself, and there is no key", "set ANTHROPIC_API_KEY"),
    ],
)
async def test_what_is_missing_is_told(env: Mapping[str, str], arguments: list[str], what: str, fix: str) -> None:
    await anyio.Path(env["XDG_CONFIG_HOME"], "s.yaml").write_text(SCENARIO)
    failed = await typed(env, "", *arguments)
    told, mended = failed.err.splitlines()
    assert (failed.code, told.startswith(what), mended.startswith(f"fix: {fix}")) == (1, True, True), failed.err


async def test_what_nobody_scripted_is_told_with_the_line_that_would(env: Mapping[str, str]) -> None:
    failed = await typed(env, "why does the build fail\nEngineer, how late is it?\n", "engineer", "--script", "script.yaml")
    assert failed.code == 1
    assert failed.out.splitlines()[-1].startswith("2 turns")
    assert failed.err.startswith(f"{WORK}\nClaude was asked as engineer, turn 3, and the script has no answer")
    assert "In YAML: - {when: {agent: engineer, heard: 'Engineer, how late is it'}, say: …}" in failed.err


@pytest.mark.slow  # a call in real time, after Claude's SDK was loaded
async def test_claude_itself_answers_where_there_is_a_key(env: Mapping[str, str]) -> None:
    script = Script(entries=(Entry(when=When(agent="engineer"), say="Read it."),))
    async with serving(script) as claude:
        own = {**env, "ANTHROPIC_API_KEY": "real", "ANTHROPIC_BASE_URL": claude.url}
        done = await typed(own, "Engineer, why?\n", "engineer")
        assert [one.asked.agent for one in claude.exchanges if one.request["max_tokens"] > 1] == ["engineer"]
    assert (done.code, done.err.splitlines()) == (0, [WORK])
    assert spoken(done.out)[-1] == ("Engineer", "Read it.")


async def test_ctrl_c_ends_it_with_the_sum(env: Mapping[str, str]) -> None:
    call = ("agents", "try", "engineer", "--script", "script.yaml")
    async with running(*call, env=env, cwd=Path(env["XDG_CONFIG_HOME"])) as session:
        assert session.process.stdin
        await session.process.stdin.send(b"why does the build fail\n")
        await session.says("first token")
        session.process.send_signal(signal.SIGINT)
        await session.says("1 turn, p50")
        assert await session.ends() in (0, 130)  # at the prompt, or just before it
        assert session.log.read_text() == f"{WORK}\n"


def test_a_scenario_holds_or_its_line_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file, settings = Path("monday.yaml"), Settings(agents=())
    file.write_text(SCENARIO.replace("EXPECTED", "Monday"), encoding="utf-8")
    played.scenario(settings, "engineer", file, live=False, as_json=False)
    held = capsys.readouterr().out
    assert spoken(held)[1:] == [("caller", "Engineer, why?"), ("Engineer", "Because it is Monday.")]
    assert held.splitlines()[-1] == "monday.yaml: holds"

    file.write_text(SCENARIO.replace("EXPECTED", "Tuesday"), encoding="utf-8")
    complaint = "monday.yaml:5:5: engineer was to say /Tuesday/, but engineer said 'Because it is Monday.'"
    with pytest.raises(FileError, match=f"^{re.escape(complaint)}$"):
        played.scenario(settings, "engineer", file, live=False, as_json=False)
    assert spoken(capsys.readouterr().out)[-1] == ("Engineer", "Because it is Monday.")

    file.write_text(SCENARIO.replace("EXPECTED", "Monday") + "    judge: it is long\n", encoding="utf-8")
    played.scenario(settings, "engineer", file, live=False, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == "monday.yaml: holds, but for what --live judges"


@pytest.mark.slow  # as above
async def test_claude_judges_a_scenario_live(env: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO.replace("EXPECTED", "Monday") + "    judge: it is long\n", encoding="utf-8")
    verdict = ToolUse(tool="verdict", input={"holds": False, "why": "it has four words"})
    answers = (
        Entry(when=When(agent="engineer"), say="Because it is Monday."),
        Entry(when=When(forced="verdict"), calls=(verdict,)),
    )
    async with serving(Script(entries=answers)) as claude:
        own = {**env, "ANTHROPIC_API_KEY": "real", "ANTHROPIC_BASE_URL": claude.url}
        failed = await command("agents", "try", "engineer", "s.yaml", "--live", env=own, cwd=tmp_path)
    assert (failed.code, failed.err.splitlines()[0]) == (1, "s.yaml:6:5: 'it is long' does not hold: it has four words")


def test_a_scenario_is_a_script_too_and_what_it_does_not_route_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    said, stays = read_script(path, "engineer").entries
    assert said.say == "Because it is Monday."
    assert (stays.when.forced, stays.calls[0].input) == ("route", {"speakers": [{"agent": "engineer"}]})
    path.write_text("entires: []\n", encoding="utf-8")
    with pytest.raises(FileError, match="Did you mean `entries`"):
        read_script(path, "engineer")


def test_time_stands_still_for_who_types() -> None:
    loop = PatientLoop()
    began_s, zero_s = time.monotonic(), loop.time()
    with loop.standing_still():
        subprocess.run(["sleep", "0.3"], check=True)
    assert loop.time() - zero_s <= time.monotonic() - began_s - 0.3
    loop.run_until_complete(asyncio.sleep(0.05))
    assert 0.05 <= loop.time() - zero_s <= time.monotonic() - began_s - 0.3
    loop.close()
