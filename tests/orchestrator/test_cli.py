"""The commands, as processes: what they print, to whom, and with which exit code."""

from __future__ import annotations

import runpy
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from orchestrator import cli
from tests.kit.commands import environment, run

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

HEAVY = "anthropic anyio azure httpx2 litestar numpy onnxruntime phonenumbers pydantic structlog uvicorn yaml"
ACS = """
[acs]
endpoint = "http://127.0.0.1:1"
access_key = "c2VjcmV0LWtleQ=="
public_url = "http://127.0.0.1:1"
webhook_secret = "hush-hush-hush-hush"
audience = "6b1f4c9e"
"""
ALLOW = '[admission]\nallow = ["+15550100"]\n'


def test_help_waits_for_nothing_heavy() -> None:
    look = f"import sys, orchestrator.cli; sys.exit(' '.join(sorted(set(sys.modules) & set({HEAVY.split()!r}))))"
    assert subprocess.run([sys.executable, "-c", look], check=False, capture_output=True, text=True).stderr.strip() == ""


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "demo",
        "dial",
        "doctor",
        "emulate acs",
        "agents list",
        "agents lint",
        "agents new",
        "agents route",
        "agents eval",
        "config show",
        "calls show",
        "forget",
        "speech-server",
    ],
)
async def test_every_command_has_help(tmp_path: Path, command: str) -> None:
    shown = await run(*command.split(), "--help", env=environment(tmp_path), cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"Usage: pai-voice {command}".strip())


@pytest.mark.parametrize("group", ["", "agents", "calls", "config", "emulate", "tasks"])
async def test_what_a_command_does_fits_into_its_line(tmp_path: Path, group: str) -> None:
    shown = await run(*group.split(), "--help", env=environment(tmp_path, COLUMNS="80"), cwd=tmp_path)
    told = shown.out.partition("Commands:\n")[2].splitlines()
    assert told
    assert [line for line in told if not line.endswith(".") or line.endswith("...")] == []


async def test_the_version(tmp_path: Path) -> None:
    shown = await run("--version", env=environment(tmp_path), cwd=tmp_path)
    assert (shown.code, shown.out) == (0, f"pai-voice {version('pai-voice')}\n")


def test_it_runs_as_a_module_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pai-voice", "--version"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(cli.__file__), run_name="__main__")
    assert capsys.readouterr().out == f"pai-voice {version('pai-voice')}\n"


@pytest.mark.parametrize(
    ("command", "settings", "said", "fix"),
    [
        ("serve", "", "there is no line to answer", "add [acs] to pai-voice.toml"),
        ("serve", ACS, "nobody may call", 'list your number in [admission] of pai-voice.toml: allow = ["+15550100"]'),
        ("serve", "[acs]\nendpoint = 1", "pai-voice.toml:2: acs.endpoint: must be text; put it in quotes", "correct it there"),
        ("serve", "[[[", "pai-voice.toml:1: ", "write `key = value`"),
        ("config show", "[server]\nprot = 1", "did you mean `port`?", "correct it there"),
        ("calls show", "", "there are no calls yet in", "`pai-voice serve` and a telephone"),
        ("replay build/demo", "", "there is no journal.jsonl in build/demo", "`pai-voice demo` makes some"),
        ("tasks show last", "", "there are no tasks yet in", "ask an agent for something that takes long"),
        ("dial --text hi --emulator http://127.0.0.1:1", "", "no emulator answers at http://127.0.0.1:1", "start one with"),
        ("dial --emulator 127.0.0.1:8070 --text hi", "", "is no address", "--emulator http://127.0.0.1:8070"),
        ("dial", "", "there is nothing to say or to press", "give --text, --wav or --dtmf"),
        ("dial --dtmf 12x", "", "and no 'x'", "keys that a telephone has"),
        ("dial --from 12 --dtmf 1", "", "12 is no telephone number", "+15550100"),
        ("agents new ../x --for x --talks x", "", "which nobody can say", "a name of letters"),
        ("dial --wav nowhere.wav", "", "nowhere.wav: No such file", "give a PCM wav"),
        ("dial --wav pai-voice.toml", "#", "pai-voice.toml: not a wav file", "give a PCM wav"),
        ("agents eval --live", "", "needs ANTHROPIC_API_KEY", "leave --live out"),
        ("agents eval nowhere.yaml", "", "nowhere.yaml:1:1: is not there", "give the path of a file"),
        ("agents route why --floor enginer", "", "Did you mean `engineer`?", "agents list"),
        ("demo --live", "", "needs ANTHROPIC_API_KEY", "leave --live out"),
        ("demo --wav nowhere.wav", "", "nowhere.wav: No such file", "give a PCM wav"),
        ("demo --wav nowhere.wav", "[[[", "nowhere.wav: No such file", "give a PCM wav"),
    ],
)
async def test_a_failure_is_a_sentence_and_its_fix(tmp_path: Path, command: str, settings: str, said: str, fix: str) -> None:
    (tmp_path / "pai-voice.toml").write_text(settings)
    failed = await run(*command.split(), env=environment(tmp_path), cwd=tmp_path)
    assert (failed.code, failed.out) == (1, "")
    how = failed.err.splitlines()[-1]
    assert said in failed.err
    assert how.startswith("fix: ")
    assert fix in how
    assert "Traceback" not in failed.err
    assert "\x1b" not in failed.err
    assert "hush" not in failed.err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: Kai\n\trole: x\n", "kai.yaml:2:1: "),
        ("name: Kai\nrole: x\ndescription: x\nprompt: x\nvoice: kai\ncolour: red\n", "kai.yaml:6:1: "),
        (
            "name: Kai\nrole: x\ndescription: x\nprompt: x\nvoice: kay\nfront_desk: true\n",
            "kai.yaml:5:1: there is no voice `kay`",
        ),
    ],
)
async def test_a_broken_agent_stops_the_server_at_its_line(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "pai-voice.toml").write_text(ACS + ALLOW)
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "kai.yaml").write_text(text)
    failed = await run("serve", env=environment(tmp_path), cwd=tmp_path)
    assert failed.code == 1
    *_, what, how = failed.err.splitlines()
    assert place in what
    assert how.startswith(f"fix: edit {tmp_path / 'agents' / 'kai.yaml'}, line {place.split(':')[1]}")


@pytest.mark.parametrize("command", ["serve", "emulate acs"])
async def test_a_port_that_is_taken(tmp_path: Path, command: str) -> None:
    (tmp_path / "pai-voice.toml").write_text(ACS + ALLOW)
    with socket.create_server(("127.0.0.1", 0)) as door:
        number = str(door.getsockname()[1])
        option = ["--port", number] if command == "emulate acs" else []
        env = environment(tmp_path, PAI_VOICE_SERVER__PORT=number)
        failed = await run(*command.split(), *option, env=env, cwd=tmp_path)
    assert failed.code == 1
    assert "Address already in use" in failed.err.splitlines()[-2]
    assert failed.err.splitlines()[-1].startswith("fix: stop what listens there, or take another port")


@pytest.mark.parametrize("option", ["--port 70000", "--port x", "--prot 1"])
async def test_wrong_usage_is_told_by_its_own_code(tmp_path: Path, option: str) -> None:
    failed = await run("emulate", "acs", *option.split(), env=environment(tmp_path), cwd=tmp_path)
    assert (failed.code, failed.out) == (2, "")
    assert "Traceback" not in failed.err


@pytest.mark.parametrize("command", ["agents list", "config show"])
async def test_in_a_pipe_there_are_no_colours_and_whole_lines(tmp_path: Path, command: str) -> None:
    env = environment(tmp_path, COLUMNS="40")
    shown = await run(*command.split(), env=env, cwd=tmp_path)
    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert "…" not in shown.out


async def test_a_set_that_the_router_gets_wrong_fails(tmp_path: Path) -> None:
    line = "{said: 'Engineer, why?', speakers: [kai], by: name}"
    (tmp_path / "mine.yaml").write_text(f"lines:\n  mine:\n    - {line}\n")
    env = environment(tmp_path)
    shown = await run("agents", "eval", "mine.yaml", env=env, cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    failed = await run("agents", "eval", "mine.yaml", "--at-least", "97", env=env, cwd=tmp_path)
    assert (failed.code, failed.out) == (1, shown.out)
    assert failed.err.startswith("0 of 1 right (0.0 %), 1 wrong by name; 97 % were asked for\nfix: ")
    passed = await run("agents", "eval", "--at-least", "97", "--json", env=env, cwd=tmp_path)
    assert (passed.code, passed.json["wrong_by_name"]) == (0, 0)


async def test_a_decision_is_told(tmp_path: Path) -> None:
    env = environment(tmp_path)
    told = await run("agents", "route", "Is that safe?", "--floor", "engineer", env=env, cwd=tmp_path)
    assert (told.code, told.out.splitlines()[0]) == (0, "Engineer answers.")
    shown = await run("agents", "route", "Is that safe, Kai?", "--json", env=env, cwd=tmp_path)
    assert (shown.json["by"], shown.json["speakers"]) == ("name", ["kai"])


async def test_reading_commands_give_json(tmp_path: Path) -> None:
    env = environment(tmp_path, ANTHROPIC_API_KEY="sk-ant-secret")
    agents = (await run("agents", "list", "--json", env=env, cwd=tmp_path)).json
    assert [agent["id"] for agent in agents] == ["kai", "architect", "engineer", "researcher"]
    rows = (await run("config", "show", "--json", env=env, cwd=tmp_path)).json
    assert {"key": "claude.api_key", "value": "********", "origin": "ANTHROPIC_API_KEY"} in rows
    assert (await run("calls", "list", "--json", env=env, cwd=tmp_path)).json == []


def test_sigterm_is_a_tidy_end_even_before_a_command_waits_for_it() -> None:
    told = "import os, signal; from orchestrator.terminal import end_when_terminated; end_when_terminated(); "
    told += "os.kill(os.getpid(), signal.SIGTERM); raise SystemExit(1)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
