"""One WebSocket of the imitation of ElevenLabs."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs

import anyio
from anyio.abc import TaskGroup

from voices.imitations.elevenlabs_service import GONE, HALF, LATE, MOST_CONTEXTS, REFUSALS, Receive, Scope, Send, Service, detail
from voices.imitations.elevenlabs_sound import VOICES


@dataclass
class _Context:
    voices: list[str]
    settings: dict[str, Any]
    scope: anyio.CancelScope
    text: str = ""
    closing: bool = False
    speaking: int = 0


class Connection:
    """One WebSocket: `multi-stream-input` of either kind, or text-to-dialogue without contexts."""

    def __init__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        self._service, self._scope, self._receive, self._send = service, scope, receive, send
        self._path = str(scope["path"]).strip("/").split("/")
        self._query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        self._dialogue = "text-to-dialogue" in self._path
        self._labelled = self._path[-1] == "multi-stream-input"
        self._contexts: dict[str, _Context] = {}
        self._closed = False

    async def serve(self) -> None:
        service = self._service
        if refused := self._refused():
            service.refused += 1
            await self._refuse(*refused)
            return
        await self._send({"type": "websocket.accept"})
        service.sockets += 1
        service.opened += 1
        try:
            async with anyio.create_task_group() as tasks:
                while (event := await self._receive())["type"] == "websocket.receive" and not self._closed:
                    await self._take(json.loads(event["text"]), tasks)
                self._closed = True
                tasks.cancel_scope.cancel()
        finally:
            service.sockets -= 1
            service.contexts -= len(self._contexts)

    def _refused(self) -> tuple[int, dict[str, Any]] | None:
        trouble, model = self._service.trouble, self._query.get("model_id", "")
        if trouble == "unreachable":
            return 503, detail("system_busy", "Service unavailable.")
        if trouble == "no_socket" or (trouble == "no_contexts" and self._dialogue and self._labelled):
            return 403, detail("forbidden", "WebSockets are not allowed here.")
        if (model.startswith(("eleven_v3", "eleven_v4"))) != self._dialogue:
            return 403, detail("unsupported_model", f"{model} is not available here.")
        return None if trouble in {"busy", "error"} else self._service.refusal(self._scope)

    async def _refuse(self, status: int, body: dict[str, Any]) -> None:
        headers = [(b"content-type", b"text/html" if self._service.trouble == "html" else b"application/json")]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": json.dumps(body).encode()})

    async def _take(self, message: dict[str, Any], tasks: TaskGroup) -> None:
        if message.get("close_socket"):
            await self._close(1000)
            return
        name = message.get("context_id", "" if self._labelled and not self._dialogue else LATE)
        if self._labelled and not self._dialogue and message == {"text": ""}:
            return
        if self._dialogue and self._labelled and "context_id" not in message:
            await self._close(1008, "missing_context_id", "context_id is required.")
            return
        if name not in self._contexts and not await self._opened(name, message):
            return
        await self._tell(name, self._contexts[name], message, tasks)

    async def _opened(self, name: str, message: dict[str, Any]) -> bool:
        if self._dialogue and not message.get("voices"):
            await self._close(1008, "voices_required", "voices must be set in the first message.")
            return False
        if len(self._contexts) >= MOST_CONTEXTS:
            told = f"Maximum simultaneous contexts per WebSocket connection exceeded ({MOST_CONTEXTS})."
            await self._close(1008, "max_active_conversations", told)
            return False
        voices = cast("list[str]", message.get("voices")) if self._dialogue else [self._path[-2]]
        if self._query["model_id"] == "eleven_v4_turbo" and len(voices) > 1:
            await self._close(1008, "too_many_voices", "Exactly one voice is supported.")
            return False
        self._contexts[name] = _Context(voices, message.get("voice_settings") or {}, anyio.CancelScope())
        self._service.bodies.append(message)
        self._service.contexts += 1
        self._service.most_contexts = max(self._service.most_contexts, len(self._contexts))
        return True

    async def _tell(self, name: str, context: _Context, message: dict[str, Any], tasks: TaskGroup) -> None:
        if self._dialogue and message.get("voices") and message is not self._service.bodies[-1]:
            await self._close(1008, "voices_set_twice", "voices can only be set in the first message.")
            return
        if message.get("close_context"):
            if not context.closing:
                context.closing = True
                tasks.start_soon(self._end, name, context)
            return
        voice = context.voices[0]
        for line in cast("list[dict[str, Any]]", message.get("inputs") or []):
            context.text, voice = context.text + line["text"], line["voice_id"]
            if voice not in context.voices:
                await self._close(1008, "unknown_voice", f"{voice} is not among the voices of this context.")
                return
        context.text += str(message.get("text") or "")
        if message.get("flush") and context.text.strip():
            text, context.text = context.text, ""
            context.speaking += 1
            context.voices.remove(voice)
            context.voices.insert(0, voice)
            tasks.start_soon(self._speak, name, context, text)

    async def _speak(self, name: str, context: _Context, text: str) -> None:
        service, voice = self._service, context.voices[0]
        if voice == GONE or voice not in VOICES:
            await self._close(1008, "voice_not_found", f"A voice with voice_id {voice} was not found.")
            return
        if service.trouble in REFUSALS:
            _, identifier, told = REFUSALS[service.trouble]
            await self._close(1008, identifier, told)
            return
        number = 0
        with context.scope:
            async for pcm, chars, starts_s in service.speech(text, voice, float(context.settings.get("speed", 1.0))):
                await self._sound(name, pcm, chars, starts_s)
                number += 1
                if number == HALF and service.trouble == "stops":
                    await self._close(1000)
        context.speaking -= 1
        if self._dialogue:
            await self._answer(name, {"is_final_audio_for_turn": True})
        if context.closing:
            await self._end(name, context)
        elif not self._labelled:
            await self._may_die()

    async def _sound(self, name: str, pcm: bytes, chars: list[str], starts_s: list[float]) -> None:
        match self._service.trouble:
            case "binary":
                await self._send({"type": "websocket.send", "bytes": pcm})
            case "no_json" | "html":
                await self._send({"type": "websocket.send", "text": "<!doctype html><p>Gateway timeout"})
            case "huge":
                await self._answer(name, {"audio": "A" * 5_000_000})
            case _:
                start_ms = [round(1_000 * at_s) for at_s in starts_s]
                times = "char_start_times_ms" if self._dialogue else "charStartTimesMs"
                await self._answer(name, {"audio": b64encode(pcm).decode(), "alignment": {"chars": chars, times: start_ms}})

    async def _end(self, name: str, context: _Context) -> None:
        """What was flushed is still spoken, but of dialogue only what is being made already."""
        if context.speaking and not self._dialogue:
            return
        context.scope.cancel()
        await anyio.sleep(self._service.closing_s)
        if self._contexts.pop(name, None):
            self._service.contexts -= 1
            await self._answer(name, {"is_final" if self._dialogue else "isFinal": True})
            await self._may_die()

    async def _may_die(self) -> None:
        if self._service.drops_after is not None:
            self._service.drops_after -= 1
            if self._service.drops_after < 0:
                self._service.drops_after = None
                await self._close(1001)

    async def _answer(self, name: str, fields: dict[str, Any]) -> None:
        if not self._closed:
            label = {"context_id" if self._dialogue else "contextId": name} if self._labelled else {}
            await self._send({"type": "websocket.send", "text": json.dumps({**fields, **label})})

    async def _close(self, code: int, identifier: str = "", message: str = "") -> None:
        if self._closed:
            return
        if identifier:
            told = {"message": message, "error": identifier, "code": code}
            await self._send({"type": "websocket.send", "text": json.dumps(told)})
        self._closed = True
        await self._send({"type": "websocket.close", "code": code, "reason": message[:120]})
