"""The real thing: `emulate acs`, `serve` and `dial` as processes, with Silero, Whisper and espeak, and a scripted Claude."""

from __future__ import annotations

import json
import signal
import socket
import tomllib
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import websockets

from agents.script import Script
from agents.scripted import ScriptedClaude
from orchestrator.scripted_house import serving
from tests.kit.commands import Premises, children, environment, eventually, lines, premises, run, running

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

# Each test calls from a number of its own, so that it knows its journal.
TALKER, DROPPER, STRANGER, TWICE, STOPPED, *FORGERS = [f"+155501{digits:02}" for digits in range(10)]
UNLISTED = "+15550199"
ANSWER = "Quite a lot."
Event = dict[str, Any]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[tuple[Premises, ScriptedClaude]]:
    script = Script(first_token_s=0.1, defaults={"kai": ANSWER})
    settings = {
        "PAI_VOICE_VOICES__ENGINES": "espeak",
        "PAI_VOICE_ADMISSION__ALLOW": ", ".join([TALKER, DROPPER, STRANGER, TWICE, STOPPED, *FORGERS]),
        "PAI_VOICE_ADMISSION__MAX_CALLS": "20",  # those whose every callback is forged last until the answer's deadline
    }
    async with (
        serving(script) as claude,
        premises(folder, ANTHROPIC_API_KEY="scripted", ANTHROPIC_BASE_URL=claude.url, **settings) as made,
    ):
        yield made, claude


@pytest.fixture(scope="module")
async def phones(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Premises, ScriptedClaude]]:
    async with house(tmp_path_factory.mktemp("premises")) as made:
        yield made


@pytest.fixture
def at(phones: tuple[Premises, ScriptedClaude]) -> Premises:
    return phones[0]


async def test_a_talk_from_a_listed_number(at: Premises, tmp_path: Path) -> None:
    tape = tmp_path / "tape.wav"
    talk = at.dial(TALKER, *lines(["question", "goodbye"]), "--record", str(tape), "--json")
    dialled = await run(*talk, env=at.env, cwd=at.folder)
    assert dialled.code == 0, dialled.err
    assert dialled.json["outcome"] == "completed"
    assert len(dialled.json["turns"]) == 2
    with wave.open(str(tape)) as recording:
        assert (recording.getnchannels(), recording.getframerate()) == (2, 16_000)
        assert recording.getnframes() / 16_000 == pytest.approx(dialled.json["duration_s"], abs=0.5)

    journal = await at.ended(TALKER)
    went_on(journal)
    assert journal[-1]["why"] == "goodbye"
    listed = (await run("calls", "list", "--json", env=at.env, cwd=at.folder)).json
    ours = next(call for call in listed if call["caller"] == TALKER)
    assert (ours["line"], ours["why"], ours["turns"]) == ("acs", "goodbye", 2)
    for name in (ours["name"], dialled.json["served_as"]):
        assert (await run("calls", "show", name, "--json", env=at.env, cwd=at.folder)).json == journal

    log = await anyio.Path(at.server.log).read_text()
    assert {"line_rings", "line_answered", "line_over"} <= {json.loads(line)["event"] for line in log.splitlines()}
    settings = tomllib.loads(await anyio.Path(at.env["PAI_VOICE_CONFIG"]).read_text())
    private = [settings["acs"]["webhook_secret"], ANSWER, *(fact["text"] for fact in journal if "text" in fact)]
    assert not [words for words in private if words in log]


async def test_an_unlisted_number_is_turned_away(phones: tuple[Premises, ScriptedClaude]) -> None:
    at, claude = phones
    asked = len(claude.exchanges)
    dialled = await run(*at.dial(UNLISTED, *lines(["question"]), "--json"), env=at.env, cwd=at.folder)
    assert dialled.code == 1
    assert (dialled.json["outcome"], dialled.json["why"]) == ("refused", "forbidden")
    assert "fix: put the number on the list" in dialled.err
    call = dialled.json["call"]
    states = [entry["state"] for entry in await at.record(what="call", call=call)]
    assert states == ["ringing", "rejected"]
    assert await at.record(what="rest", operation="reject", status=204)
    assert not await at.record(what="socket", call=call)
    assert len(claude.exchanges) == asked
    journal = await at.ended(UNLISTED)
    assert [fact["kind"] for fact in journal] == ["call_started", "call_refused", "call_ended"]
    assert (journal[1]["why"], journal[2]["why"]) == ("forbidden", "refused")


@pytest.mark.parametrize("secret", [None, "", "not the secret at all"])
async def test_an_event_without_the_secret_is_refused(at: Premises, secret: str | None) -> None:
    headers = {} if secret is None else {"x-pai-voice-secret": secret}
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{at.server_url}/acs/events", json=[{"id": "1"}], headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("forgery", "caller"),
    list(zip(["wrong_key", "wrong_audience", "expired", "unsigned", "missing"], FORGERS, strict=True)),
)
async def test_forged_tokens_open_nothing(at: Premises, forgery: str, caller: str) -> None:
    call = await at.place(caller, callback_token=forgery, socket_token=forgery)
    assert (await at.comes(what="callback", call=call))[0]["status"] == 401
    socket = (await at.comes(what="socket", call=call))[0]
    assert (socket["state"], "403" in socket["why"]) == ("refused", True)
    await at.azure.post(f"calls/{call}/hang-up")


async def test_a_stranger_at_the_doors_of_a_live_call(at: Premises) -> None:
    call = await at.place(STRANGER)
    await at.comes(what="socket", call=call, state="opened")
    journal = await at.begun(STRANGER)
    door = f"{journal[0]['call']}?t=guessed"
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{at.server_url}/acs/calls/{door}", json=[])).status_code == 401
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await websockets.connect(f"{at.server_url.replace('http', 'ws')}/acs/media/{door}", proxy=None)
    await at.azure.post(f"calls/{call}/hang-up")
    assert (await at.ended(STRANGER))[-1]["why"] == "caller_hung_up"


async def test_an_event_delivered_twice_is_one_call(at: Premises) -> None:
    deliveries = {"what": "event_grid", "kind": "Notification", "status": 200}
    answers = {"what": "rest", "operation": "answer"}
    delivered, answered = len(await at.record(**deliveries)), len(await at.record(**answers))
    call = await at.place(TWICE, deliveries=2)
    await at.comes(delivered + 2, **deliveries)
    await at.comes(what="socket", call=call, state="opened")
    await at.azure.post(f"calls/{call}/hang-up")
    await at.ended(TWICE)
    assert len(await at.record(**answers)) == answered + 1


async def test_a_media_socket_that_drops_is_dialled_again(at: Premises) -> None:
    async with running(*at.dial(DROPPER, *lines(["question"])), env=at.env, cwd=at.folder) as caller:
        await caller.says("hears")
        call = next(one["call"] for one in (await at.azure.get("calls")).json() if one["from"] == DROPPER)
        assert (await at.azure.post(f"calls/{call}/drop-socket", json={"away_s": 0.5})).status_code == 204
        assert await caller.ends() == 0, caller.lines
    assert (await at.azure.get(f"calls/{call}")).json()["streaming"]["sockets"] == 2
    went_on(await at.ended(DROPPER))


async def test_stopping_the_server_ends_its_calls_tidily(tmp_path: Path) -> None:
    async with house(tmp_path) as (at, _):
        async with running(*at.dial(STOPPED, *lines(["question"])), env=at.env, cwd=at.folder) as caller:
            await caller.says("hears")
            left = children(at.server.process.pid)
            at.server.process.terminate()
            assert await at.server.ends() == 0
            assert await caller.ends() == 1
        assert (await at.ended(STOPPED))[-1]["why"] == "server_stopped"
        assert not [child for child in left if await anyio.Path(f"/proc/{child}").exists()]
        assert [call["over"] for call in (await at.azure.get("calls")).json()] == [True]


SETTINGS = """
[server]
port = {port}
[acs]
endpoint = "http://127.0.0.1:1"
access_key = "c2VjcmV0LWtleQ=="
audience = "6b1f4c9e"
webhook_secret = "hush-hush-hush-hush"
public_url = "http://127.0.0.1:{port}"
[admission]
allow = ["+15550100"]
[tools.mute]
command = "sleep"
args = ["60"]
"""


def settings_at(folder: Path, port: int) -> dict[str, str]:
    (folder / "pai-voice.toml").write_text(SETTINGS.format(port=port))
    return environment(folder)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_tidily_while_it_still_loads(tmp_path: Path, told: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

    async def knock() -> bool:
        try:
            await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
        except OSError:
            return False
        return True

    async with running("serve", env=settings_at(tmp_path, port), cwd=tmp_path) as server:
        await eventually(knock, bool)  # from here on engines are loaded, and then a tool is waited for that never answers
        server.process.send_signal(told)
        assert await server.ends() == 0
        log = await anyio.Path(server.log).read_text()
        assert [json.loads(line)["event"] for line in log.splitlines()][-1] == "stopping"


async def test_a_port_that_is_taken_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        serve = await run("serve", env=settings_at(tmp_path, port), cwd=tmp_path)
    assert serve.code == 1
    assert serve.err.splitlines() == [
        f"127.0.0.1:{port} cannot be had: Address already in use",
        "fix: stop what listens there, or take another port: PAI_VOICE_SERVER__PORT for `serve`, --port for `emulate acs`",
    ]


def texts(journal: list[Event], kind: str) -> str:
    return " ".join(fact["text"] for fact in journal if fact["kind"] == kind)


def went_on(journal: list[Event]) -> None:
    """What was asked was heard, and answered."""
    assert "kai" in texts(journal, "heard").lower()
    assert ANSWER in texts(journal, "said")
