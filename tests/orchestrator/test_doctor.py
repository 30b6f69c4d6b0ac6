"""What the doctor finds, in good health and in bad."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from litestar import Litestar
from pydantic import SecretStr

from agents.claude import BrainSettings
from agents.mcp_server import McpSettings
from agents.roster import Roster
from agents.script import Script
from orchestrator.config import MindSettings, ServerSettings, Settings
from orchestrator.doctor.agents import agents
from orchestrator.doctor.azure import azure
from orchestrator.doctor.claude import claude
from orchestrator.doctor.engines import ear, engines, mouths, vad
from orchestrator.doctor.finding import Finding
from orchestrator.doctor.machine import data_folder, port, room
from orchestrator.doctor.music import music
from orchestrator.doctor.packages import OURS, ROOT, packages, python
from orchestrator.doctor.public import reached
from orchestrator.doctor.tools import tools
from orchestrator.doctor.work import work
from orchestrator.rosters import roster_of
from orchestrator.scripted_house import serving
from telephony.acs import AcsListener
from telephony.acs_emulator import EMULATOR_KEY, Emulator
from telephony.acs_settings import AcsSettings
from telephony.admission import AdmissionPolicy
from telephony.serving import served
from tests.kit import weather
from tests.kit.commands import environment, run
from voices.audio import write_wav
from voices.engines.registry import SYNTHESIZERS
from voices.settings import EarSettings, VoiceSettings

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

NOWHERE = "http://127.0.0.1:1"  # nothing listens on tcpmux


def acs_at(url: str, **other: Any) -> AcsSettings:
    known = {
        "endpoint": url,
        "access_key": EMULATOR_KEY,
        "public_url": url,
        "webhook_secret": "a-secret-of-the-webhook",
        "audience": "6b1f4c9e",
        "jwks_url": f"{url}/calling/keys",
    }
    return AcsSettings.model_validate(known | other)


def at(host_and_port: str) -> ServerSettings:
    host, _, number = host_and_port.removeprefix("http://").partition(":")
    return ServerSettings(host=host, port=int(number))


@pytest.fixture
async def roster() -> Roster:
    return await anyio.to_thread.run_sync(roster_of, Settings(agents=(Path("/nowhere"),)))


@asynccontextmanager
async def our_server(acs: AcsSettings) -> AsyncGenerator[str]:
    routes = AcsListener(acs).routes
    async with served(lambda _: Litestar(routes, openapi_config=None, logging_config=None)) as url:
        yield url


@asynccontextmanager
async def somebody(status: int, body: bytes = b"") -> AsyncGenerator[str]:
    """A server that gives one answer to everything."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async with served(lambda _: answer) as url:
        yield url


def states(findings: list[Finding]) -> list[str]:
    return [finding.state for finding in findings]


def test_our_packages_are_ours() -> None:
    assert packages() == Finding("packages", "ok", f"{', '.join(OURS)} lie in {ROOT}")
    assert python().state == "ok"


async def test_a_package_of_the_same_name_is_found_before_anything_else(tmp_path: Path) -> None:
    """`openai-agents` brings a package `agents`; with it first on the path not one command could be imported."""
    foreign = tmp_path / "site"
    (foreign / "agents").mkdir(parents=True)
    (foreign / "agents" / "__init__.py").touch()
    info = foreign / "openai_agents-0.24.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: openai-agents\nVersion: 0.24.0\n")
    (info / "top_level.txt").write_text("agents\n")
    env = environment(tmp_path, PYTHONPATH=str(foreign))

    doctor = await run("doctor", "--json", env=env, cwd=tmp_path)
    assert doctor.code == 1, doctor.err
    (finding,) = doctor.json
    assert finding["state"] == "broken"
    assert "`agents` is openai-agents's" in finding["fact"]
    assert finding["fix"].startswith("pip uninstall openai-agents")

    other = await run("agents", "list", env=env, cwd=tmp_path)
    assert other.code == 1
    assert "`agents` is openai-agents's" in other.err
    assert "fix: pip uninstall openai-agents" in other.err
    assert "Traceback" not in other.err


async def test_a_fresh_machine_can_show_the_demo_but_takes_no_calls(tmp_path: Path) -> None:
    env = environment(tmp_path, PAI_VOICE_SERVER__PORT="0")  # another server may run on this machine
    doctor = await run("doctor", "--json", env=env, cwd=tmp_path)
    assert doctor.code == 1, doctor.out  # as `serve` would end
    found = {finding["name"]: finding for finding in doctor.json}
    assert not [finding for finding in doctor.json if finding["state"] != "ok" and not finding["fix"]]
    for name in ("packages", "python", "settings", "port", "data folder", "agents", "speech detector", "ear", "mouth"):
        assert found[name]["state"] == "ok", found[name]
    assert [found[name]["state"] for name in ("Claude", "Azure")] == ["warn", "broken"]
    assert [name for name, finding in found.items() if finding["state"] == "broken"] == ["Azure"]
    assert "first sound after" in found["voice of Architect"]["fact"]
    assert not await anyio.Path(tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "file", "text", "fact"),
    [
        ("settings", "pai-voice.toml", "[server]\nprot = 1", "did you mean `port`?"),
        ("agents", "agents/kai.yaml", "name: [", "kai.yaml:1:"),
    ],
)
async def test_what_is_broken_stands_in_red_and_with_its_fix(tmp_path: Path, name: str, file: str, text: str, fact: str) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / file).write_text(text)
    doctor = await run("doctor", env=environment(tmp_path), cwd=tmp_path)
    assert doctor.code == 1
    *_, broken, fix = doctor.out.splitlines()
    assert broken.split()[:2] == ["broken", name]
    assert fact in broken
    assert fix.strip().startswith("fix: ")
    assert "\x1b" not in doctor.out


async def test_the_port() -> None:
    assert (await anyio.to_thread.run_sync(port, Settings(server=ServerSettings(port=0)))).state == "ok"
    with socket.create_server(("127.0.0.1", 0)) as door:
        taken = await anyio.to_thread.run_sync(port, Settings(server=ServerSettings(port=door.getsockname()[1])))
    assert (taken.state, "cannot be had: Address already in use" in taken.fact) == ("broken", True)
    async with our_server(acs_at(NOWHERE)) as url:
        ours = await anyio.to_thread.run_sync(port, Settings(server=at(url)))
    assert (ours.state, ours.fact.partition(" listens")[0]) == ("ok", "`pai-voice serve`")


def test_the_data_folder(tmp_path: Path) -> None:
    assert data_folder(Settings(home=tmp_path / "not" / "yet")).state == "ok"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    broken = data_folder(Settings(home=tmp_path / "file" / "home"))
    assert (broken.state, "cannot be written" in broken.fact) == ("broken", True)
    assert states([room(tmp_path, gb) for gb in (2.3, 1.9, 0.09)]) == ["ok", "warn", "broken"]
    assert "10 hours" in room(tmp_path, 2.304).fact


def test_every_engine_is_listed() -> None:
    names = [finding.name for finding in engines(Settings(ears=EarSettings(model="/nowhere")))]
    assert names == ["ear whisper", *(f"mouth {engine.name}" for engine in SYNTHESIZERS)]
    assert engines(Settings(ears=EarSettings(model="/nowhere")))[0].state == "warn"


RUTH = "name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: You cook.\nvoice: alto\n"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, [("ok", "Kai, Architect, Engineer, Researcher", "")]),
        ({"ruth.yaml": RUTH.replace("alto", "kai")}, [("warn", "Ruth; one warning", "agents lint")]),
        ({"ruth.yaml": RUTH.replace("alto", "kai") + "aliases: [Stop]\n"}, [("warn", "Ruth; 2 warnings", "agents lint")]),
        (
            {"ruth.yaml": RUTH + "tols: []\n", "anna.yaml": RUTH.replace("alto", "allto").replace("Ruth", "Anna")},
            [
                ("broken", "ruth.yaml:6: unknown key", "ruth.yaml, line 6"),
                ("broken", "anna.yaml:5: ", "anna.yaml, line 5"),
            ],
        ),
        ({"../voices/aunt.yaml": "engines: {}\n"}, [("broken", "aunt.yaml:1: ", "aunt.yaml, line 1")]),
    ],
)
def test_every_broken_file_is_shown_and_warnings_are_counted(
    files: dict[str, str], found: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    for folder in ("agents", "voices"):
        (tmp_path / folder).mkdir()
    for name, text in files.items():
        (tmp_path / "agents" / name).write_text(text)
    findings = agents(Settings(agents=(tmp_path / "agents",), voices=VoiceSettings(folders=(tmp_path / "voices",))))
    assert len(findings) == len(found)
    for finding, (state, fact, fix) in zip(findings, found, strict=True):
        assert finding.state == state
        assert fact in finding.fact
        assert fix in finding.fix


ESPEAK = Settings(voices=VoiceSettings(engines=("espeak",), folders=()))


async def test_ears_and_mouths_are_tried(roster: Roster) -> None:
    assert (await vad()).state == "ok"
    heard = await ear(EarSettings())
    assert (heard.state, heard.fact.split()[:2]) == ("ok", ["whisper", "warm"])
    missing = await ear(EarSettings(model="/nowhere"))
    assert (missing.state, "not on this machine" in missing.fix) == ("warn", True)
    spoken = [finding async for finding in mouths(ESPEAK, roster)]
    assert states(spoken) == ["ok"] * 5
    assert [finding.fact.split(",")[0] for finding in spoken[1:]] == [f"{agent.voice} on espeak" for agent in roster]


async def test_an_agent_with_no_voice_here(roster: Roster) -> None:
    mute = Roster([agent.model_copy(update={"voice": "kay"}) for agent in roster])
    findings = [finding async for finding in mouths(ESPEAK, mute)]
    assert states(findings) == ["ok"] + ["broken"] * 4
    assert "did you mean 'kai'?" in findings[1].fact


async def test_claude_accepts_the_key_for_nothing_and_speaks_if_asked(roster: Roster) -> None:
    async with serving(Script()) as scripted:
        settings = Settings(claude=BrainSettings(api_key=SecretStr("key"), base_url=scripted.url))
        assert states([finding async for finding in claude(settings, roster, live=False)]) == ["ok"]
        assert not scripted.exchanges
        _, live = [finding async for finding in claude(settings, roster, live=True)]
        assert (live.name, live.state) == ("Claude live", "ok")
        assert [exchange.request["max_tokens"] for exchange in scripted.exchanges] == [1]

        unknown = settings.model_copy(update={"mind": MindSettings(router_model="claude-nowhere-1")})
        (finding,) = [finding async for finding in claude(unknown, roster, live=False)]
        assert (finding.state, "claude-nowhere-1" in finding.fact) == ("warn", True)


@pytest.mark.parametrize("line", [None, acs_at(NOWHERE)])
async def test_without_a_key_it_warns_as_serve_does(roster: Roster, line: AcsSettings | None) -> None:
    (finding,) = [finding async for finding in claude(Settings(acs=line), roster, live=True)]
    assert (finding.state, "ANTHROPIC_API_KEY" in finding.fix) == ("warn", True)


@pytest.mark.parametrize(
    ("status", "body", "fact", "fix"),
    [
        (401, b"{}", "answers 401 to our key", "ANTHROPIC_API_KEY"),
        (529, b"{}", "answers 529 to our key", "status.claude.com"),
        (200, b"<html>", "cannot be asked (JSONDecodeError)", "base_url"),
        (200, b"[]", "cannot be asked (TypeError)", "base_url"),
    ],
)
async def test_a_claude_that_does_not_answer_as_it_should(roster: Roster, status: int, body: bytes, fact: str, fix: str) -> None:
    async with somebody(status, body) as url:
        settings = Settings(claude=BrainSettings(api_key=SecretStr("sk-ant-secret"), base_url=url))
        (finding,) = [finding async for finding in claude(settings, roster, live=True)]
        (only_listed,) = [finding async for finding in claude(settings, roster, live=False)]
    assert (finding.state, only_listed.state) == ("broken", "warn")  # `serve` starts all the same
    assert fact in finding.fact
    assert fix in finding.fix
    assert "secret" not in f"{finding}"


async def test_a_claude_that_lists_but_does_not_speak(roster: Roster) -> None:
    models = {agent.model.id for agent in roster} | {MindSettings().router_model}
    async with somebody(200, json.dumps({"data": [{"id": model} for model in models]}).encode()) as url:
        settings = Settings(claude=BrainSettings(api_key=SecretStr("key"), base_url=url))
        findings = [finding async for finding in claude(settings, roster, live=True)]
    assert states(findings) == ["ok", "broken"]


async def test_azure_accepts_our_signature() -> None:
    async with Emulator.serve() as emulator:
        settings = Settings(acs=acs_at(emulator.url), admission=AdmissionPolicy(allow=("+15550100",)))
        assert states([finding async for finding in azure(settings)]) == ["ok", "ok", "warn", "ok"]
        assert [(entry.detail["operation"], entry.detail["status"]) for entry in emulator.record.entries()] == [("get", 404)]
        settings = Settings(acs=acs_at(emulator.url, access_key="b3RoZXI="))
        admission, signature, _, _ = [finding async for finding in azure(settings)]
    assert (signature.state, "401" in signature.fact) == ("warn", True)
    assert (admission.state, "allow = " in admission.fix) == ("broken", True)


@pytest.mark.parametrize(("number", "state"), [(None, "warn"), ("+15550199", "ok")])
async def test_without_a_number_of_our_own_nobody_is_called_back(number: str | None, state: str) -> None:
    findings = [finding async for finding in azure(Settings(acs=acs_at(NOWHERE, phone_number=number)))]
    (found,) = [finding for finding in findings if finding.name == "call-back"]
    assert (found.state, "phone_number in [acs]" in found.fix) == (state, state == "warn")


async def test_music_on_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(wanted: Any) -> Finding:
        return await music(Settings.model_validate({"hold": {"music": wanted}, "voices": {"elevenlabs": {"key": "a-key"}}}))

    assert [(await found(wanted)).fact for wanted in ("composed", "off")] == ["composed", "none is wanted"]
    monkeypatch.setitem(sys.modules, "elevenlabs", None)
    missing, empty = await found("elevenlabs"), await found(tmp_path)
    assert (missing.state, missing.fix) == ("warn", "pip install 'pai-voice[cloud]'")
    assert (empty.state, "there is no music" in empty.fact) == ("warn", True)
    await anyio.to_thread.run_sync(write_wav, tmp_path / "calm rain.wav", bytes(range(1, 255)) * 4_000)
    assert "calm rain" in (await found(tmp_path)).fact


async def test_azure_is_not_there() -> None:
    findings = [finding async for finding in azure(Settings(acs=acs_at(NOWHERE)))]
    assert states(findings) == ["broken", "warn", "warn", "warn"]
    assert states([finding async for finding in azure(Settings())]) == ["broken"]


async def test_the_public_url_reaches_a_server_that_runs() -> None:
    acs = acs_at(NOWHERE)
    async with our_server(acs) as url:
        settings = Settings(acs=acs_at(NOWHERE, public_url=url), server=at(url))
        assert states([finding async for finding in reached(settings)]) == ["ok", "ok"]


async def test_the_public_url_reaches_this_machine_where_no_server_runs_yet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
    settings = Settings(acs=acs_at(NOWHERE, public_url=url), server=at(url))
    assert states([finding async for finding in reached(settings)]) == ["ok", "ok"]


async def test_the_public_url_leads_elsewhere() -> None:
    async with our_server(acs_at(NOWHERE, webhook_secret="the-secret-of-another")) as url:
        webhook, upgraded = [finding async for finding in reached(Settings(acs=acs_at(NOWHERE, public_url=url), server=at(url)))]
    assert ("answers 401" in webhook.fact, webhook.state, upgraded.state) == (True, "broken", "ok")
    async with somebody(200, b"hello") as url:
        findings = [finding async for finding in reached(Settings(acs=acs_at(NOWHERE, public_url=url), server=at(url)))]
    assert states(findings) == ["broken", "broken"]
    findings = [finding async for finding in reached(Settings(acs=acs_at(NOWHERE), server=ServerSettings(port=0)))]
    assert states(findings) == ["broken", "broken"]


async def test_tools_that_others_bring() -> None:
    def server(**given: Any) -> McpSettings:
        return McpSettings.model_validate(given)

    shipped = await anyio.to_thread.run_sync(roster_of, Settings(agents=(Path("/nowhere"),)))
    assert [finding async for finding in tools(Settings(), shipped)] == []
    wants = shipped.front_desk.model_copy(
        update={"tools": ("mcp:weather/forcast", "mcp:weather/pid", "mcp:nobody/x", "end_call")}
    )
    settings = Settings(
        tools={"weather": server(command=sys.executable, args=[weather.__file__]), "nobody": server(command="/no")}
    )
    there, nobody, missing = [finding async for finding in tools(settings, Roster([wants]))]
    assert (there.name, there.state, there.fact.endswith("environment, and 6 more")) == ("tools weather", "ok", True)
    assert (nobody.name, nobody.state, "No such file" in nobody.fact) == ("tools nobody", "warn", True)
    assert (missing.state, missing.fact) == (
        "warn",
        "Kai wants `forcast` of weather, which has no such tool. Did you mean `forecast`?",
    )
    assert all(finding.fix for finding in (nobody, missing))


def test_a_finding_is_json_and_text() -> None:
    finding = Finding("port", "broken", "taken", "free it")
    assert json.loads(json.dumps(asdict(finding))) == {"name": "port", "state": "broken", "fact": "taken", "fix": "free it"}
    assert str(finding.as_text()).split() == ["broken", "port", "taken", "fix:", "free", "it"]


@pytest.mark.parametrize(
    ("says", "pai", "state", "fact"),
    [
        ("2.1.330 (Claude Code)", {}, "ok", "claude 2.1.330, with its own login"),
        ("2.1.330 (Claude Code)", {"auth": "api_key", "api_key": "k"}, "ok", "with the key of [pai]"),
        ("2.1.330 (Claude Code)", {"auth": "inherit"}, "warn", "but there is none"),
        ("2.0.9 (Claude Code)", {}, "warn", "2.0.9 is too old; 2.1.248 is needed"),
        ("Hello", {}, "warn", "does not tell its version"),
        (None, {}, "warn", "There is no claude command line"),
    ],
)
async def test_long_work(tmp_path: Path, says: str | None, pai: dict[str, Any], state: str, fact: str) -> None:
    command = tmp_path / "claude"
    if says is not None:
        command.write_text(f"#!/bin/sh\necho '{says}'\n")
        command.chmod(0o755)
    found = await work(Settings.model_validate({"pai": {"command": command, **pai}}), {"PATH": "/usr/bin:/bin"})
    assert (found.name, found.state) == ("long work", state)
    assert fact in found.fact
    assert bool(found.fix) is (state != "ok")


@pytest.mark.realcli
async def test_the_real_command_line_is_there() -> None:
    assert (await work(Settings(), {"PATH": "/usr/bin:/bin"})).state == "ok"
