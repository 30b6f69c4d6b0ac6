"""The control API: the hands that dial, pick up, talk, press keys, hang up and break things (see the package's docstring)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import anyio
from litestar import Response, Router, WebSocket, get, post, websocket
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, JSONBody
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telephony.acs_emulator.call import Call, State
from telephony.acs_emulator.exchange import Exchange, Phone
from telephony.acs_emulator.settings import CallOptions
from telephony.line import NUMBER
from voices.audio import FRAME_BYTES, Frame

Here = NamedDependency[Exchange]
AnySocket = WebSocket[Any, Any, Any]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class PlaceCall(_Asked):
    """`from` dials `to`."""

    caller: str = Field(alias="from", pattern=NUMBER)
    called: str = Field(alias="to", pattern=NUMBER)
    options: CallOptions = CallOptions()


class DropSocket(_Asked):
    away_s: float = Field(default=0.5, ge=0, le=60)
    redial: bool = True


def describe(call: Call) -> dict[str, Any]:
    """A call's state and what was measured of it, ready for JSON."""
    stream = call.stream
    return {
        "call": call.ids.connection,
        "served_as": urlsplit(call.callbacks.uri or "").path.rpartition("/")[2],  # as the server that took it calls it
        "from": call.caller,
        "to": call.called,
        "direction": "outbound" if call.outbound else "inbound",
        "state": call.state.value,
        "why": call.why,
        "over": call.is_gone,
        "duration_s": round(call.tape.length_s, 3),
        "keys": call.keys,
        "shown": call.shown,
        "heard": asdict(call.ear.figures),
        "late_max_s": round(call.late_max_s, 4),
        "phone_frames_dropped": call.mouth.dropped,
        "streaming": None
        if stream is None
        else {
            "active": stream.active,
            "sockets": call.sockets,
            "sent": stream.sent,
            "lost": stream.lost,
            "malformed": stream.malformed,
            "ignored": stream.ignored,
        },
    }


def _find(exchange: Exchange, call: str) -> Call:
    if call not in exchange.calls:
        raise NotFoundException(f"there is no call {call}; GET /control/calls lists them")
    return exchange.calls[call]


@post("/calls")
async def place(exchange: Here, data: JSONBody[PlaceCall]) -> dict[str, str]:
    return {"call": exchange.place(data.caller, data.called, data.options).ids.connection}


@get("/calls")
async def calls(exchange: Here) -> list[dict[str, Any]]:
    return [describe(call) for call in exchange.calls.values()]


@get("/calls/{call:str}")
async def state(exchange: Here, call: FromPath[str]) -> dict[str, Any]:
    return describe(_find(exchange, call))


@get("/calls/{call:str}/recording.wav")
async def recording(exchange: Here, call: FromPath[str]) -> Response[bytes]:
    return Response(await anyio.to_thread.run_sync(_find(exchange, call).tape.wav), media_type="audio/wav")


@post("/calls/{call:str}/hang-up", status_code=204)
async def hang_up(exchange: Here, call: FromPath[str]) -> None:
    _find(exchange, call).end("caller hung up")


@post("/calls/{call:str}/drop-socket", status_code=204)
async def drop_socket(exchange: Here, call: FromPath[str], data: JSONBody[DropSocket]) -> None:
    if not _find(exchange, call).drop_socket(data.away_s, redial=data.redial):
        raise HTTPException("the call has no media socket now", status_code=409)


@get("/record")
async def record(exchange: Here) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in exchange.record.entries()]


@websocket("/calls/{call:str}/handset")
async def handset(socket: AnySocket, exchange: Here, call: FromPath[str]) -> None:
    phone = Phone()
    phone.ring(_find(exchange, call))
    await socket.accept()
    await _hold(socket, phone, once=True)


@websocket("/phones/{number:str}")
async def ringable(socket: AnySocket, exchange: Here, number: FromPath[str]) -> None:
    phone = exchange.phones[number] = Phone()
    await socket.accept()
    try:
        await _hold(socket, phone, once=False)
    finally:
        if exchange.phones.get(number) is phone:
            del exchange.phones[number]


def router(exchange: Exchange) -> Router:
    handlers = [place, calls, state, recording, hang_up, drop_socket, record, handset, ringable]
    here = Provide(lambda: exchange, sync_to_thread=False)
    return Router("/control", route_handlers=handlers, dependencies={"exchange": here})


async def _hold(socket: AnySocket, phone: Phone, *, once: bool) -> None:
    """Join a phone with the hand that holds it. A hand that lets go hangs up."""
    async with anyio.create_task_group() as both:

        async def listen() -> None:
            while True:
                call = await phone.rings()
                await _play(socket, call)
                if once:
                    break
            await socket.close()

        both.start_soon(listen)
        try:
            while (message := await socket.receive())["type"] != "websocket.disconnect":
                if phone.call:
                    await _obey(phone.call, message)
        finally:
            if phone.call:
                phone.call.end("caller hung up")
        both.cancel_scope.cancel()


async def _play(socket: AnySocket, call: Call) -> None:
    """What the phone plays and is told, until the call is over and all of it was passed on."""
    async for item in call.handset.items():
        await socket.send_data(item, mode="text" if isinstance(item, str) else "binary")


async def _obey(call: Call, message: Any) -> None:
    """One message from the phone: a frame of sound, or one thing to do. What is neither is ignored."""
    sound = message.get("bytes")
    if sound is not None:
        if len(sound) == FRAME_BYTES:
            call.say(Frame(sound))
        return
    try:
        asked = json.loads(message.get("text") or "")
    except ValueError:
        return
    match asked:
        case {"do": "press", "keys": str(keys)}:
            await call.press(keys)
        case {"do": "hang_up"}:
            call.end("caller hung up")
        case {"do": "answer"} if call.outbound and call.state is State.RINGING:
            call.answer()
        case {"do": "decline" | "busy" as how} if call.outbound and call.state is State.RINGING:
            call.end("declined" if how == "decline" else how)
        case {"do": "drop_socket", **how}:
            with suppress(ValidationError):
                drop = DropSocket.model_validate(how)
                call.drop_socket(drop.away_s, redial=drop.redial)
        case _:
            pass
