"""ElevenLabs on loopback: its WebSockets and its HTTP, at known times, and with its troubles on request.

Written from elevenlabs 2.78, the API reference and what other clients report (pipecat#4132, #5353; livekit/agents-js#1985). It is
strict: what the service refuses, it refuses.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from voices.audio import RATE
from voices.imitations.elevenlabs_connection import Connection
from voices.imitations.elevenlabs_service import GONE as GONE
from voices.imitations.elevenlabs_service import HALF, Receive, Scope, Send, Service, detail
from voices.imitations.elevenlabs_service import KEY as KEY
from voices.imitations.elevenlabs_service import Trouble as Trouble
from voices.imitations.elevenlabs_sound import VOICES


class ElevenLabsImitation(Service):
    """An ASGI application; its `url`, once it is served, is what `base_url` wants, and KEY the key."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await Connection(self, scope, receive, send).serve()
        else:
            await _http(self, scope, receive, send)


async def _http(service: Service, scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event.get("body", b"")
        if not event.get("more_body"):
            break

    async def answer(status: int, content: dict[str, Any] | str) -> None:
        kind = b"text/html" if isinstance(content, str) else b"application/json"
        sent = content if isinstance(content, str) else json.dumps(content)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": sent.encode()})

    if service.trouble == "html":
        await answer(502, "<!doctype html><p>Bad gateway")
        return
    if refused := service.refusal(scope):
        await answer(*refused)
        return
    match scope["method"], str(scope["path"]).strip("/").split("/"):
        case "GET", ["v1", "models"]:
            await answer(200, {"models": []})
        case "POST", ["v1", "voices", "add"]:
            await answer(200, {"voice_id": VOICES[-1], "requires_verification": False})
        case "POST", ["v1", "text-to-speech", voice, "stream", "with-timestamps"] if voice in VOICES:
            await _streamed(service, voice, json.loads(body), send)
        case "POST", ["v1", "text-to-speech", voice, "stream", "with-timestamps"]:
            await answer(404, detail("voice_not_found", f"A voice with voice_id {voice} was not found."))
        case _:
            await answer(404, detail("not_found", "There is nothing here."))


async def _streamed(service: Service, voice: str, body: dict[str, Any], send: Send) -> None:
    service.bodies.append(body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    at_s, number = 0.0, 0
    async for pcm, chars, starts_s in service.speech(body["text"], voice, float(body.get("voice_settings", {}).get("speed", 1))):
        times = {"characters": chars, "character_start_times_seconds": [at_s + start_s for start_s in starts_s]}
        line = json.dumps({"audio_base64": b64encode(pcm).decode(), "alignment": times}) + "\n"
        await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
        at_s, number = at_s + len(pcm) / 2 / RATE, number + 1
        if number == HALF and service.trouble == "stops":
            raise ConnectionAbortedError  # the server drops the connection
    await send({"type": "http.response.body", "body": b""})
