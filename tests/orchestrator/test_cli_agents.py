"""`pai-voice agents …`, as processes: what they print and write, and with which exit code."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import anyio
import pytest
import yaml

from agents.schema import schema_text
from orchestrator.config import Settings
from orchestrator.errors import NotWritten
from orchestrator.lineup import voice_choice
from orchestrator.lint import lint
from orchestrator.new_agent import NewAgent, write
from orchestrator.rosters import roster_of
from tests.kit.commands import COMMAND, environment, run
from voices.voice import load_voices

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

RUTH = "name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: You cook.\nvoice: alto\n"
SHIPPED = roster_of(Settings(agents=()))


async def test_the_schema_is_printed_for_editors(tmp_path: Path) -> None:
    shown = await run("agents", "schema", env=environment(tmp_path), cwd=tmp_path)
    assert (shown.code, shown.out) == (0, schema_text())


async def test_lint_tells_errors_and_advice_and_only_errors_fail(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert (await run("agents", "lint", env=env, cwd=tmp_path)).out == "nothing to complain of\n"
    file = tmp_path / "agents" / "ruth.yaml"
    file.parent.mkdir()
    file.write_text(RUTH.replace("alto", "kai"))
    advised = await run("agents", "lint", env=env, cwd=tmp_path)
    assert advised.code == 0
    assert advised.out.startswith(f"{file}:5:1: warning: `kai` is kai's voice too")
    file.write_text(RUTH + "tols: []\n")
    failed = await run("agents", "lint", "agents/ruth.yaml", "--json", env=env, cwd=tmp_path)
    assert failed.code == 1
    (complaint,) = failed.json
    assert complaint == {
        "state": "error",
        "file": "agents/ruth.yaml",
        "line": 6,
        "column": 1,
        "text": "unknown key `tols`. Did you mean `tools`?",
    }


async def test_show_tells_where_it_is_written_and_what_claude_reads(tmp_path: Path) -> None:
    file = tmp_path / "agents" / "ruth.yaml"
    file.parent.mkdir()
    file.write_text(RUTH + "aliases: [Rooth]\ntools: [recall]\nrisky_tools: [recall]\n")
    env = environment(tmp_path)
    shown = (await run("agents", "show", "rooth", "--json", env=env, cwd=tmp_path)).json
    assert (shown["id"], shown["file"]) == ("ruth", str(file))
    assert shown["system"].startswith("You are Ruth (agent ruth), cooks.\n\nYou cook.\n\n# You are on the phone")
    assert 0 < float(shown["usd_per_turn"]) < 0.001
    text = (await run("agents", "show", "ruth", env=env, cwd=tmp_path)).out
    assert str(file) in text
    assert "recall, what its server does not call harmless" in text
    assert shown["system"] in text
    failed = await run("agents", "show", "rut", env=env, cwd=tmp_path)
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.splitlines()[0] == "there is no agent `rut`. Did you mean `ruth`?"


async def test_your_own_agents_are_found_beside_you_and_in_your_configuration(tmp_path: Path) -> None:
    env = environment(tmp_path, PAI_VOICE_AGENTS="")
    for folder, role in ((tmp_path / "agents", "nearer"), (tmp_path / "pai-voice" / "agents", "further")):
        folder.mkdir(parents=True)
        (folder / "ruth.yaml").write_text(RUTH.replace("cooks", role))
    (tmp_path / "pai-voice" / "agents" / "zoe.yaml").write_text(RUTH.replace("Ruth", "Zoe").replace("alto", "tenor"))
    rows = (await run("agents", "list", "--json", env=env, cwd=tmp_path)).json
    roles = {row["id"]: row["role"] for row in rows}
    assert (roles["ruth"], roles["zoe"], len(roles)) == ("nearer", "cooks", 6)
    env["PAI_VOICE_AGENTS"] = f"{tmp_path / 'agents'}, {tmp_path / 'pai-voice' / 'agents'}"
    rows = (await run("agents", "list", "--json", env=env, cwd=tmp_path)).json
    assert next(row["role"] for row in rows if row["id"] == "ruth") == "further"


async def asked(folder: Path, answers: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [COMMAND, "agents", "new", "Ruth", *options]
    return await anyio.run_process(command, input=answers.encode(), check=False, env=environment(folder), cwd=folder)


async def test_new_asks_two_questions_and_writes_what_passes_lint(tmp_path: Path) -> None:
    done = await asked(tmp_path, "cooking and what to buy for it\nWarm and short\n")
    questions = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "What is Ruth for?" in questions
    assert "How does Ruth talk?" in questions
    assert "agents/ruth.yaml and tests/test_ruth.py are written" in questions
    written = yaml.safe_load((tmp_path / "agents" / "ruth.yaml").read_text())
    assert (written["name"], "voice" in written) == ("Ruth", False)
    assert json.loads((tmp_path / "agents" / "agent.schema.json").read_text())["title"] == "Agent"
    linted = await run("agents", "lint", env=environment(tmp_path), cwd=tmp_path)
    assert (linted.code, linted.out) == (0, "nothing to complain of\n")

    again = await asked(tmp_path, "", "--for", "x", "--voice", "alto", "--talks", "y")
    assert again.returncode == 1
    assert again.stderr == b"Ruth is ruth, who is there already\nfix: choose another name\n"


@pytest.mark.parametrize(
    ("answers", "options", "said"),
    [
        ("cooking\n", [], "not all questions were answered\nfix: answer them, or give --for and --talks"),
        (
            "",
            ["--for", "x", "--voice", "allto", "--talks", "y"],
            "there is no voice `allto`. Did you mean `alto`?\nfix: take one of `pai-voice voices list`",
        ),
    ],
)
async def test_new_writes_nothing_without_answers(tmp_path: Path, answers: str, options: list[str], said: str) -> None:
    failed = await asked(tmp_path, answers, *options)
    assert failed.returncode == 1
    assert said in failed.stderr.decode()
    assert [path async for path in anyio.Path(tmp_path).iterdir()] == []


def test_the_test_that_is_written_is_a_call_to_the_new_agent(tmp_path: Path) -> None:
    file, test = write(NewAgent("Dr. Ruth", "cooking", "Warm", "alto"), SHIPPED, tmp_path)
    assert (file.name, test.name) == ("dr-ruth.yaml", "test_dr_ruth.py")
    tree = ast.parse(test.read_text())
    (function,) = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    assert function.name == "test_dr_ruth_answers_by_name"
    assert [argument.arg for argument in function.args.args] == ["claude", "rehearsal"]
    source = ast.unparse(function)
    assert "claude.says('dr-ruth', 'Gladly. Tell me a little more about that.')" in source
    assert "rehearsal.call(agents='agents/')" in source
    assert "call.say('Dr. Ruth, can you help me?')" in source
    assert "assert call.said[-1].agent == 'dr-ruth'" in source


@pytest.mark.parametrize(
    ("name", "purpose", "manner"),
    [
        ("Zoë", "Use when: the caller # cooks", '"quoted", {braced} & *starred*'),
        ("D'Arcy", "- a list, - of things", "'single'\tand\x07 controls\nand lines"),
        ("Anna Lee", "x" * 2_000, "y " * 3_000),
        ("Bo-Dean", "@home: yes", "\\backslashes\\ and 100 %"),
    ],
)
def test_whatever_is_answered_the_files_are_right(tmp_path: Path, name: str, purpose: str, manner: str) -> None:
    file, test = write(NewAgent(name, purpose, manner, "alto"), SHIPPED, tmp_path)
    assert [complaint.as_text() for complaint in lint(Settings(agents=()), [file]) if complaint.state == "error"] == []
    assert roster_of(Settings(agents=(file.parent,)))[file.stem].name == name
    compile(test.read_text(), str(test), "exec")


@pytest.mark.parametrize("name", ["", "!!!", "7 of 9", "日本", "x" * 41])
def test_a_name_that_makes_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotWritten, match=r"makes no file's name|which nobody can say"):
        write(NewAgent(name, "x", "y", "alto"), SHIPPED, tmp_path)


@pytest.mark.parametrize(("name", "who"), [("Kai", "kai"), ("engineer", "engineer"), ("MARCUS", "engineer")])
def test_nobody_is_written_over(tmp_path: Path, name: str, who: str) -> None:
    with pytest.raises(NotWritten, match=f"is {who}, who is there already"):
        write(NewAgent(name, "x", "y", "alto"), SHIPPED, tmp_path)
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "ruth.yaml").touch()
    with pytest.raises(NotWritten, match=r"ruth\.yaml is there already"):
        write(NewAgent("Ruth", "x", "y", "alto"), SHIPPED, tmp_path)


def test_there_are_voices_left_for_agents_of_ones_own() -> None:
    assert {*voice_choice(load_voices()).given} - {agent.voice for agent in SHIPPED}
