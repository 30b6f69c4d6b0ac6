"""A scripted Claude: the Messages API from a script, over real HTTP, or in-process without sockets, threads or real time.

Any key is accepted, none is not; a request of `max_tokens: 1` (a warm-up) is answered with one token, past the script.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import anyio
import httpx2

from agents.script import Asked, Entry, Script, asked
from agents.scripted_reply import CutOff, PromptCache, as_message, as_stream, tokens_in

_MAX_BODY: Final = 32 * 1024 * 1024  # the API's own limit
_KEPT: Final = 1_000  # requests kept for asserting
_JSON: Final = [("content-type", "application/json")]


@dataclass(eq=False)
class Exchange:
    """One request to /v1/messages and how it went."""

    request: dict[str, Any]
    asked: Asked
    over: anyio.Event = field(default_factory=anyio.Event)
    """Set when the answer is over, to its end or not."""
    complete: bool = False
    """False while it runs, and when the client closed early or the script broke it off."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: AsyncGenerator[bytes, None]


class ScriptedClaude:
    """The whole server, without a transport; itself an ASGI application."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self.url = ""
        """Set by `serving`."""
        self._faults: Counter[int] = Counter()
        self._cache = PromptCache()
        self._serials = count(1)
        self._replying: set[anyio.CancelScope] = set()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """`headers` with lower-case names. The body's delays happen as it is read; closing it is hanging up. Raises CutOff for
        a Claude that is not reached at all."""
        match method, path.rstrip("/"):
            case "HEAD" | "GET", "/api/hello" | "":
                return _json(200, {"message": "hello"})
            case "GET", "/v1/models":
                models = [
                    {"type": "model", "id": "claude-haiku-5-5", "display_name": "Scripted", "created_at": "2026-10-07T00:00:00Z"}
                ]
                return _json(200, {"data": models, "has_more": False, "first_id": None, "last_id": None})
            case "POST", "/v1/messages" | "/v1/messages/count_tokens" as which:
                if not headers.get("x-api-key") and not headers.get("authorization", "").removeprefix("Bearer").strip():
                    return _error(401, "authentication_error", "x-api-key or Authorization: Bearer is missing")
                return self._messages(body, counting=which.endswith("tokens"))
            case _:
                return _error(404, "not_found_error", f"{method} {path} is not scripted")

    def _messages(self, body: bytes, *, counting: bool) -> Answer:
        try:
            request: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            return _error(400, "invalid_request_error", f"the body is not JSON: {error}")
        if not isinstance(request, dict) or not isinstance(request.get("messages"), list) or not request["messages"]:
            return _error(400, "invalid_request_error", "messages: at least one message is required")
        if counting:
            return _json(200, {"input_tokens": tokens_in(json.dumps(request, ensure_ascii=False))})
        exchange = Exchange(request, asked(request))
        self.exchanges.append(exchange)
        entry = Entry(say="Hm", first_token_s=0) if request.get("max_tokens") == 1 else self.script.entry(exchange.asked)
        return self.unscripted(exchange) if entry is None else self._reply(entry, exchange)

    def unscripted(self, exchange: Exchange) -> Answer:
        """To a request that nothing in the script answers."""
        exchange.over.set()
        return _error(400, "invalid_request_error", f"no entry of the script fits {exchange.asked}; add one, or a default")

    def _reply(self, entry: Entry, exchange: Exchange) -> Answer:
        entry = self._with_its_fault(entry)
        streamed = bool(exchange.request.get("stream"))
        if entry.fault and (entry.fault.kind == "status" or (entry.fault.kind == "error" and not streamed)):
            exchange.over.set()
            wait = [] if entry.fault.retry_after_s is None else [("retry-after", f"{entry.fault.retry_after_s:g}")]
            return _error(entry.fault.status, entry.fault.type, "scripted", wait)
        if entry.fault and entry.fault.kind == "unreachable":
            exchange.over.set()
            raise CutOff
        usage = self._cache.read(exchange.request)
        model = str(exchange.request.get("model", "claude-haiku-5-5"))
        serial = f"{next(self._serials):06d}"
        form, kind = (as_stream, "text/event-stream") if streamed else (as_message, "application/json")
        body = form(self.script, entry, model=model, serial=serial, usage=usage)
        return Answer(200, [("content-type", kind), ("request-id", f"req_scripted_{serial}")], _watched(body, exchange))

    def _with_its_fault(self, entry: Entry) -> Entry:
        """The entry, without its fault once that has happened as often as it should."""
        if entry.fault and entry.fault.times:
            self._faults[id(entry)] += 1
            if self._faults[id(entry)] > entry.fault.times:
                return entry.model_copy(update={"fault": None})
        return entry

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """ASGI. A client that goes away stops its answer at once."""
        if scope["type"] != "http":
            return
        with anyio.CancelScope() as replying:
            self._replying.add(replying)
            try:
                await self._respond(scope, receive, send)
            finally:
                self._replying.discard(replying)

    async def _respond(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        if body is None:
            return
        if len(body) > _MAX_BODY:
            answer = _error(413, "request_too_large", "at most 32 MB")
        else:
            try:
                answer = self.answer(scope["method"], scope["path"], headers, body)
            except CutOff:
                answer = _error(503, "api_error", "scripted")
        raw_headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw_headers})
        async with anyio.create_task_group() as group:
            group.start_soon(_hung_up, receive, group.cancel_scope)
            async with aclosing(answer.body) as chunks:
                try:
                    async for chunk in chunks:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                except CutOff:
                    pass  # returning with the body unfinished makes the server drop the connection
            group.cancel_scope.cancel()

    def stop(self) -> None:
        """Break off every answer under way."""
        for scope in self._replying:
            scope.cancel()


class ScriptedTransport(httpx2.AsyncBaseTransport):
    """The network between an httpx2 client and a ScriptedClaude, without one: all waits are anyio sleeps in the reader."""

    def __init__(self, claude: ScriptedClaude) -> None:
        self.claude = claude

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = self.claude.answer(request.method, request.url.path, headers, await request.aread())
        except CutOff as error:
            raise httpx2.ConnectError("scripted") from error
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer.body))


class _Body(httpx2.AsyncByteStream):
    def __init__(self, chunks: AsyncGenerator[bytes, None]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                yield chunk
        except CutOff as error:
            raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body") from error

    async def aclose(self) -> None:
        await self._chunks.aclose()


_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def _body(receive: _Receive) -> bytes | None:
    """None if the client left; no more than a little over the limit is kept."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= _MAX_BODY:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _hung_up(receive: _Receive, replying: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    replying.cancel()


async def _watched(body: AsyncGenerator[bytes, None], exchange: Exchange) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(body):
            async for chunk in body:
                yield chunk
        exchange.complete = True
    finally:
        exchange.over.set()


def _json(status: int, value: object, headers: list[tuple[str, str]] | None = None) -> Answer:
    async def body() -> AsyncGenerator[bytes, None]:
        yield json.dumps(value).encode()

    return Answer(status, [*_JSON, *(headers or [])], body())


def _error(status: int, kind: str, message: str, headers: list[tuple[str, str]] | None = None) -> Answer:
    return _json(status, {"type": "error", "error": {"type": kind, "message": message}}, headers)
