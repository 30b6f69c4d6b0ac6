"""ElevenLabs on loopback: its WebSockets and its HTTP, at known times, and with its troubles on request.

Written from elevenlabs 2.78, the API reference and what other clients report (pipecat#4132, #5353; livekit/agents-js#1985). It is
strict: what the service refuses, it refuses.
"""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import uvicorn

from voices.audio import RATE
from voices.imitations.elevenlabs_connection import Connection
from voices.imitations.elevenlabs_service import GONE as GONE
from voices.imitations.elevenlabs_service import HALF, Receive, Scope, Send, Service, detail
from voices.imitations.elevenlabs_service import KEY as KEY
from voices.imitations.elevenlabs_service import Trouble as Trouble
from voices.imitations.elevenlabs_sound import VOICES


class ElevenLabsImitation(Service):
    """An ASGI application; `serving` runs it."""

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
            raise ConnectionAbortedError  # uvicorn drops the connection
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving(service: ElevenLabsImitation) -> AsyncGenerator[ElevenLabsImitation]:
    """On a free port of 127.0.0.1; its `url` is what `base_url` wants, and KEY the key."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        service.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _Server(
            uvicorn.Config(
                service,
                lifespan="off",
                ws="websockets-sansio",
                ws_ping_interval=None,
                access_log=False,
                log_config=None,
                log_level="critical",
                timeout_graceful_shutdown=1,
            )
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listening])
            await server.ready.wait()
            try:
                yield service
            finally:
                server.should_exit = True


class _Server(uvicorn.Server):
    """Inside somebody else's process: signals are theirs, and readiness is an event."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
