"""Azure's own call recording, as far as its state goes. The sound of a call is on the emulator's tape either way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from telephony.acs_emulator.errors import ServiceError, read
from telephony.acs_emulator.exchange import Exchange


class _Locator(msgspec.Struct, rename="camel"):
    server_call_id: str = ""


class _Start(msgspec.Struct, rename="camel"):
    call_locator: _Locator = msgspec.field(default_factory=_Locator)
    call_connection_id: str = ""


def _body(recording: str, state: str) -> dict[str, Any]:
    return {"recordingId": recording, "recordingState": state, "recordingKind": "azureCommunicationServices"}


def start(exchange: Exchange, body: bytes) -> dict[str, Any]:
    asked = read(body, _Start)
    ids = (call.ids for call in exchange.calls.values() if call.live)
    if not any(asked.call_connection_id == one.connection or asked.call_locator.server_call_id == one.server for one in ids):
        raise ServiceError(404, "8522", "Call not found.")
    recording = uuid4().hex
    exchange.recordings[recording] = "active"
    return _body(recording, "active")


def get(exchange: Exchange, body: bytes, recording: str) -> dict[str, Any]:
    if recording not in exchange.recordings:
        raise ServiceError(404, "8522", "Recording not found.")
    return _body(recording, exchange.recordings[recording])


def _become(exchange: Exchange, recording: str, state: str) -> None:
    get(exchange, b"", recording)
    exchange.recordings[recording] = state


def pause(exchange: Exchange, body: bytes, recording: str) -> None:
    _become(exchange, recording, "inactive")


def resume(exchange: Exchange, body: bytes, recording: str) -> None:
    _become(exchange, recording, "active")


def stop(exchange: Exchange, body: bytes, recording: str) -> None:
    get(exchange, body, recording)
    del exchange.recordings[recording]
