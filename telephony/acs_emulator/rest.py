"""The REST surface's front desk: faults, version, signature, repeatability, then the operation; one entry in the record each."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import anyio
import msgspec
from litestar import Request, asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from telephony.acs_emulator import signature
from telephony.acs_emulator.errors import ServiceError, bad_argument, not_found
from telephony.acs_emulator.exchange import Exchange
from telephony.acs_emulator.operations import Operation, find
from telephony.acs_emulator.settings import API_VERSIONS, Fault

REMEMBERED: Final = 1_000  # answers kept for a repeated request; the SDK repeats within seconds

MAX_BODY: Final = 1_048_576

Answer = tuple[int, bytes, dict[str, str]]


class Desk:
    """Answers every request under /calling."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._answered: OrderedDict[str, Answer] = OrderedDict()

    def route(self) -> ASGIRouteHandler:
        @asgi("/calling", is_mount=True, copy_scope=False)
        async def calling(scope: Scope, receive: Receive, send: Send) -> None:
            answer = await self._serve(Request(scope), await _body(receive))
            if answer is None:
                await _hang_up(send)
            else:
                await _send(send, *answer)

        return calling

    async def _serve(self, request: Request[Any, Any, Any], body: bytes) -> Answer | None:
        """None cuts the connection."""
        raw_path = request.scope["raw_path"].decode("latin-1")
        if request.method == "GET" and raw_path == "/calling/keys":  # needs no key: it is what signs the callbacks
            return _json(200, self._exchange.signer.key_set())
        found = find(request.method, raw_path)
        fault = self._exchange.fault(found[0].name) if found else None
        if fault and fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        try:
            answer = self._operate(request, raw_path, body, found, fault)
        except ServiceError as error:
            headers = {"Retry-After": str(fault.retry_after_s)} if fault and fault.retry_after_s is not None else {}
            answer = _json(error.status, error.as_json(), headers)
        self._note(request, found, answer, fault)
        if fault and fault.kind == "late":
            await anyio.sleep(fault.seconds)
        return None if fault and fault.kind in ("drop", "lost") else answer

    def _operate(
        self,
        request: Request[Any, Any, Any],
        raw_path: str,
        body: bytes,
        found: tuple[Operation, str] | None,
        fault: Fault | None,
    ) -> Answer:
        if found is None:
            raise ServiceError(404, "ResourceNotFound", "There is no such operation.")
        if fault and fault.kind in ("status", "drop"):
            raise ServiceError(fault.status, fault.code, "The emulator was told to fail.")
        self._check(request, raw_path, body)
        operation, name = found
        repeat = request.headers.get("repeatability-request-id")
        if repeat and (before := self._answered.get(f"{operation.name} {repeat}")):
            return before
        subject: Any = self._exchange
        if name:
            subject = self._exchange.calls.get(name)
            if subject is None or not subject.live:
                raise not_found()
        result = operation.act(subject, body)
        answer = (operation.status, b"", {}) if result is None else _json(operation.status, result)
        if repeat:
            self._answered[f"{operation.name} {repeat}"] = answer
            if len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)
        return answer

    def _check(self, request: Request[Any, Any, Any], raw_path: str, body: bytes) -> None:
        if request.query_params.get("api-version") not in API_VERSIONS:
            raise bad_argument(f"The api-version is invalid; supported: {', '.join(API_VERSIONS)}.")
        target = f"{raw_path}?{request.scope['query_string'].decode('latin-1')}"
        key = self._exchange.settings.access_key.get_secret_value()
        if why := signature.wrong(request.method, target, request.headers, body, key):
            raise ServiceError(401, "Denied", f"Denied by the resource provider. {why}")

    def _note(
        self, request: Request[Any, Any, Any], found: tuple[Operation, str] | None, answer: Answer, fault: Fault | None
    ) -> None:
        operation, call = (found[0].name, found[1] or None) if found else (None, None)
        detail = {"fault": fault.kind} if fault else {}
        self._exchange.record.add("rest", call, operation=operation, method=request.method, status=answer[0], **detail)


async def _body(receive: Receive) -> bytes:
    """By hand: what Litestar has for it wants an HTTP handler, and that could not cut a connection."""
    body, more = bytearray(), True
    while more and len(body) < MAX_BODY:
        message: Any = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return status, msgspec.json.encode(body), {"Content-Type": "application/json"} | (headers or {})


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    if status != 204:
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _hang_up(send: Send) -> None:
    """Begin an answer and never finish it: the server then cuts the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
