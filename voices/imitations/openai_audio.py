"""Servers of OpenAI's audio dialect, imitated: our own, devnen/Chatterbox-TTS-Server and Qwen3-TTS servers; and their faults."""

from __future__ import annotations

import json
import threading
import zlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import anyio
import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, to_pcm
from voices.speech_server.disconnect import until_gone
from voices.speech_server.model import Style
from voices.speech_server.tones import TonesModel
from voices.speech_server.wav import wav

Flavour = Literal["ours", "devnen", "qwen3"]
Fault = Literal[
    "breaks off", "busy", "cut clean", "endless", "fails", "hangs", "html", "mp3", "no server", "noise", "refused", "short",
    "silence", "wrong rate",
]  # fmt: skip
"""`breaks off` closes the connection in mid-sentence; `cut clean` ends the answer there as if it were whole."""

_LARGEST_BODY: Final = 64_000
_PIECE_S: Final = 0.2
_UNKNOWN: Final = b"\xff\xff\xff\xff"
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass
class AudioServer:
    """An ASGI application. A sentence takes `delay_s` before its first byte; each streamed piece `piece_s` more."""

    flavour: Flavour = "ours"
    voices: tuple[str, ...] = ("kai",)
    key: str = ""
    delay_s: float = 0.0
    piece_s: float = 0.0
    rate: int = 24_000
    faults: deque[Fault | None] = field(default_factory=deque[Fault | None])
    """What goes wrong with the next requests; None for one that goes well."""
    asked: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1_000))
    """The bodies of the latest requests."""
    hung_up: int = 0
    """Requests that their client closed before their end."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        async with until_gone(receive):
            await self._answer(scope, body, send)
            return
        self.hung_up += 1

    async def _answer(self, scope: MutableMapping[str, Any], body: bytes, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"").decode()
        match scope["path"]:
            case "/health" if self.flavour != "devnen":
                await _json(send, 200, {"ready": True})
            case "/v1/audio/voices":
                await _json(send, 200, {"voices": list(self.voices)})
            case "/v1/audio/speech" if self.key and given != f"Bearer {self.key}":
                await self._refuse(send, 401, "the key is wrong")
            case "/v1/audio/speech":
                await self._speech(send, json.loads(body))
            case _:
                await self._refuse(send, 404, "Not Found")

    async def _speech(self, send: Send, asked: dict[str, Any]) -> None:
        self.asked.append(asked)
        fault = self.faults.popleft() if self.faults else None
        await anyio.sleep(self.delay_s)
        if asked["voice"] not in self.voices and fault is None:
            status, said = {
                "ours": (404, f"there is no voice {asked['voice']!r} here; there are: {', '.join(self.voices)}"),
                "devnen": (404, f"Voice file '{asked['voice']}' not found."),
                "qwen3": (400, f"Voice {asked['voice']!r} is not configured. Available voices: {list(self.voices)}"),
            }[self.flavour]
            return await self._refuse(send, status, said)
        match fault:
            case "busy":
                return await self._refuse(send, 429, "32 sentences wait already")
            case "fails":
                return await self._refuse(send, 500, "CUDA error: out of memory")
            case "refused":
                return await self._refuse(send, 422, "input: String should have at most 3 characters")
            case "no server":
                return await self._refuse(send, 404, "Not Found")
            case "html":
                return await _whole(send, 200, b"text/html", b"<!doctype html><title>Welcome to nginx!</title>")
            case "mp3":
                return await _whole(send, 200, b"audio/mpeg", b"\xff\xfb\x90\x00" * 100)
            case "hangs":
                return await anyio.sleep_forever()
            case _:
                return await self._sound(send, asked, fault)

    async def _sound(self, send: Send, asked: dict[str, Any], fault: Fault | None) -> None:
        pcm = self._pcm(asked, fault)
        as_wav = asked.get("response_format", "wav") == "wav"
        kind = b"audio/wav" if as_wav else b"audio/pcm"
        rate = 8_000 if fault == "wrong rate" else self.rate
        content = wav(pcm, rate) if as_wav else pcm
        if self.flavour == "qwen3" and as_wav:
            content = content[:4] + _UNKNOWN + content[8:40] + _UNKNOWN + content[44:]
        headers = [(b"content-type", kind)]
        if self.flavour == "ours":
            headers += [(b"content-length", str(len(content)).encode()), (b"x-sample-rate", str(rate).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if fault in ("breaks off", "cut clean"):
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
            if fault == "breaks off" or self.flavour == "ours":
                raise _BreaksOff
        else:
            async for piece in self._pieces(content, endless=fault == "endless"):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _pieces(self, content: bytes, *, endless: bool) -> AsyncGenerator[bytes, None]:
        if self.flavour != "qwen3":
            yield content
            return
        size = int(_PIECE_S * self.rate) * 2 + 1  # odd on purpose: samples are torn, as networks do
        while True:
            for at in range(0, len(content), size):
                yield content[at : at + size]
                await anyio.sleep(self.piece_s)
            if not endless:
                return

    def _pcm(self, asked: dict[str, Any], fault: Fault | None) -> bytes:
        text, pitch = asked["input"], 150 + zlib.crc32(asked["voice"].encode()) % 251
        said = _tone(text[:3] if fault == "short" else text, pitch)
        if fault == "silence":
            said = said * 0
        if fault == "noise":
            said = np.random.default_rng(0).uniform(-1, 1, said.size).astype(np.float32)
        return to_pcm(said * FULL_SCALE)

    async def _refuse(self, send: Send, status: int, said: str) -> None:
        error = {"error": {"message": said, "type": "invalid_request_error", "param": None, "code": None}}
        await _json(send, status, error if self.flavour == "ours" else {"detail": said})


@lru_cache(32)  # a bench is not to measure this
def _tone(text: str, pitch: int) -> npt.NDArray[np.float32]:
    return TonesModel(0).speak(text, pitch, Style(), threading.Event())


class _BreaksOff(Exception):
    """The connection ends here: the server closes it."""


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")[:_LARGEST_BODY]
        more = message.get("more_body", False) and len(body) < _LARGEST_BODY
    return body


async def _json(send: Send, status: int, content: object) -> None:
    await _whole(send, status, b"application/json", json.dumps(content).encode())


async def _whole(send: Send, status: int, kind: bytes, content: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
