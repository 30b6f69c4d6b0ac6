"""The emulator's control API over HTTP and WebSocket, and input that makes no sense."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest
import websockets

from telephony.acs_emulator import run_emulator
from telephony.acs_emulator.call import State
from telephony.acs_emulator.settings import EmulatorSettings
from tests.kit.office import CALLED, CALLER, Office, office
from voices.audio import SILENCE


@asynccontextmanager
async def control(here: Office) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=here.emulator.url, trust_env=False) as http:
        yield http


async def test_a_call_by_hand_from_dialling_to_its_recording() -> None:
    async with office() as here, here.client() as client, control(here) as http:
        call = (await http.post("/control/calls", json={"from": CALLER, "to": CALLED})).json()["call"]
        await here.until(lambda: here.deliveries)
        assert (await http.get(f"/control/calls/{call}")).json()["state"] == "ringing"
        context = here.emulator.calls[0].context
        await client.answer_call(context, here.callback_url, media_streaming=here.streaming())
        socket = await here.socket()
        await socket.of_kind("AudioData")
        assert (await http.post(f"/control/calls/{call}/drop-socket", json={"away_s": 0.05})).status_code == 204
        assert (await http.post(f"/control/calls/{call}/drop-socket", json={})).status_code == 409
        await (await here.socket()).of_kind("AudioData")
        assert (await http.post(f"/control/calls/{call}/hang-up")).status_code == 204
        await here.told("CallDisconnected")
        state = (await http.get("/control/calls")).json()[0]
        assert (state["state"], state["why"], state["streaming"]["sockets"]) == ("ended", "caller hung up", 2)
        blob = (await http.get(f"/control/calls/{call}/recording.wav")).content
        with wave.open(io.BytesIO(blob)) as recording:
            assert (recording.getnchannels(), recording.getframerate()) == (2, 16_000)
        record = (await http.get("/control/record")).json()
        assert [one["detail"]["state"] for one in record if one["what"] == "call"] == ["ringing", "answered", "ended"]


@pytest.mark.parametrize(
    ("path", "body", "status", "hint"),
    [
        ("/control/calls", {"from": "nobody", "to": CALLED}, 400, "from"),
        ("/control/calls", {"from": CALLER}, 400, "to"),
        ("/control/calls", {"from": CALLER, "to": CALLED, "options": {"jiter_s": 1}}, 400, "jiter_s"),
        ("/control/calls", {"from": CALLER, "to": CALLED, "options": {"jitter_s": "lots"}}, 400, "jitter_s"),
        ("/control/calls/nobody/hang-up", None, 404, "GET /control/calls"),
    ],
)
async def test_bad_orders_are_refused_with_what_is_wrong(path: str, body: Any, status: int, hint: str) -> None:
    async with office() as here, control(here) as http:
        answer = await http.post(path, json=body)
        assert answer.status_code == status
        assert hint in answer.text
        assert here.emulator.calls == []


async def test_a_phone_that_talks_nonsense_is_ignored_and_one_that_goes_away_hangs_up() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        url = f"{here.emulator.url.replace('http', 'ws')}/control/calls/{call.ids.connection}/handset"
        async with websockets.connect(url, proxy=None) as phone:
            for nonsense in ("", "{", "[]", '{"do":"dance"}', '{"do":"press","keys":5}', '{"do":"answer"}', b"half a frame"):
                await phone.send(nonsense)
            await phone.send('{"do":"drop_socket","away_s":"long"}')
            await phone.send(SILENCE)
            await phone.send('{"do":"press","keys":"7"}')
            assert [json.loads(await phone.recv())["event"] for _ in range(2)] == ["ringing", "answered"]
            await (await here.socket()).of_kind("DtmfData")
        await call.gone()
        assert (call.state, call.why, call.keys) == (State.ENDED, "caller hung up", "7")


async def test_a_handset_of_no_call_is_refused() -> None:
    async with office() as here:
        url = f"{here.emulator.url.replace('http', 'ws')}/control/calls/nobody/handset"
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url, proxy=None)


async def test_it_runs_as_a_command_does() -> None:
    async with anyio.create_task_group() as tasks:
        ready, url = anyio.Event(), list[str]()

        def tell(here: str) -> None:
            url.append(here)
            ready.set()

        tasks.start_soon(run_emulator, EmulatorSettings(), tell)
        await ready.wait()
        async with httpx2.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{url[0]}/control/calls")).json() == []
            assert (await http.get(f"{url[0]}/calling/callConnections/x:dance")).status_code == 404
        tasks.cancel_scope.cancel()
