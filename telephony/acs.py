"""The Azure Communication Services listener: its webhook, its callbacks, its media sockets, and the calls they belong to.

Mount `routes` in a Litestar app and run `serve`. The app's server needs `ws_max_size=65536`; tokens are taken out of the scope
before anything can log them.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
import httpx2
import structlog
from anyio.abc import TaskGroup, TaskStatus
from litestar import Request, Response, WebSocket, post, websocket
from litestar.datastructures import Headers
from litestar.params import FromPath

from telephony.acs_auth import Tokens
from telephony.acs_line import AcsLine
from telephony.acs_rest import CallControl
from telephony.acs_settings import AcsSettings
from telephony.acs_wire import Callback, Handshake, IncomingCall, WireError, read_callbacks, read_events
from telephony.line import Line, LineDown
from telephony.open_calls import Note, OpenCalls
from telephony.refusals import Refusals

__all__ = ["AcsLine", "AcsListener", "AcsSettings"]

MAX_BODY: Final = 262_144  # one event has about 3 kB; Azure sends one at a time unless told otherwise
MAX_LINES: Final = 200  # far above what one machine carries; a flood ends here
SEEN_LIMIT: Final = 10_000
SEEN_S: Final = 600.0  # events older than a minute are dropped as stale, so longer memory buys nothing

Handler = Callable[[Line], Awaitable[None]]

log = structlog.get_logger()


class Seen:
    """What came before, of late: at most `limit` keys, each for `keep_s`."""

    def __init__(self, limit: int = SEEN_LIMIT, keep_s: float = SEEN_S) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()
        self._limit = limit
        self._keep_s = keep_s

    def again(self, key: str, now_s: float) -> bool:
        """Whether this key came before; from now on it has."""
        while self._until and (len(self._until) >= self._limit or next(iter(self._until.values())) < now_s):
            self._until.popitem(last=False)
        if key in self._until:
            return True
        self._until[key] = now_s + self._keep_s
        return False


@dataclass(frozen=True, slots=True)
class _Serving:
    """What exists only while we serve."""

    handler: Handler
    control: CallControl
    tokens: Tokens
    tasks: TaskGroup


class AcsListener:
    """A number at Azure Communication Services, as telephony.line's Listener and Dialler promise."""

    kind = "acs"

    def __init__(self, settings: AcsSettings, notes: OpenCalls | None = None) -> None:
        """In `notes` stands which calls are up, should we die."""
        self._settings, self._notes = settings, notes or OpenCalls()
        self._lines: dict[str, AcsLine] = {}
        self._seen = Seen()
        self._refusals = Refusals()
        self._serving: _Serving | None = None

    async def serve(self, handler: Handler, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Run `handler` for each call that rings, until cancelled; calls then are ended at Azure too."""
        client = await anyio.to_thread.run_sync(lambda: httpx2.AsyncClient(trust_env=False, timeout=5))  # reads certificates
        async with client, CallControl.open(self._settings) as control:
            tokens = Tokens(self._settings, client)
            await tokens.warm()
            async with anyio.create_task_group() as tasks:
                self._serving = _Serving(handler, control, tokens, tasks)
                try:
                    task_status.started()
                    await anyio.sleep_forever()
                finally:
                    self._serving = None
                    self._lines.clear()

    @property
    def number(self) -> str:
        """Empty if it is not set."""
        return self._settings.phone_number or ""

    async def dial(self, number: str) -> AcsLine:
        """As Dialler promises; the call is ended when `serve` is."""
        serving = self._serving
        if serving is None or self._settings.phone_number is None:
            raise LineDown("to call out, the listener must be serving and `phone_number` be set")
        line = self._line(serving, caller=number, called=self._settings.phone_number, rings=None)
        await serving.tasks.start(self._keep, line)
        taken = False
        try:
            await line.ring()
            taken = True
        finally:
            if not taken:
                await line.end()
        return line

    @property
    def routes(self) -> list[Any]:
        """Litestar route handlers: POST /acs/events, POST /acs/calls/{call_id}, WebSocket /acs/media/{call_id}."""

        @post("/acs/events", status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def events(request: Request[Any, Any, Any]) -> Response[Any]:
            return await self._take_events(request)

        @post("/acs/calls/{call_id:str}", status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def callbacks(request: Request[Any, Any, Any], call_id: FromPath[str]) -> Response[Any]:
            return _status(await self._take_callbacks(request, call_id))

        @websocket("/acs/media/{call_id:str}")
        async def media(socket: WebSocket[Any, Any, Any], call_id: FromPath[str]) -> None:
            await self._take_media(socket, call_id)

        return [events, callbacks, media]

    # --- Event Grid

    async def _take_events(self, request: Request[Any, Any, Any]) -> Response[Any]:
        secret = request.headers.get(self._settings.webhook_header, "")
        if not hmac.compare_digest(secret.encode(), self._settings.webhook_secret.get_secret_value().encode()):
            self._refusals.tell("acs_event_refused", why="the webhook secret is missing or wrong")
            return _status(401)
        try:
            events = read_events(await request.body())
        except WireError as error:
            self._refusals.tell("acs_event_malformed", error=str(error))
            return _status(400)
        for event in events:
            if isinstance(event, Handshake):
                log.info("acs_event_grid_handshake")
                return Response({"validationResponse": event.code})
        calls = [event for event in events if isinstance(event, IncomingCall)]
        if calls and self._serving is None:
            return _status(503)  # Event Grid comes again
        for call in calls:
            self._ring(call)
        return _status(200)

    def _ring(self, call: IncomingCall) -> None:
        now_s, serving = anyio.current_time(), self._serving
        age_s = (datetime.now(UTC) - call.raised_at).total_seconds()
        context = sha256(call.context.encode()).hexdigest()
        again = [self._seen.again(key, now_s) for key in (f"event {call.event_id}", f"context {context}")]
        if any(again):
            log.info("acs_event_duplicate", event_id=call.event_id)
        elif age_s > self._settings.max_event_age_s:
            log.warning("acs_event_stale", event_id=call.event_id, age_s=round(age_s, 1))
        elif serving is None or len(self._lines) >= MAX_LINES:
            log.error("acs_call_unanswered", event_id=call.event_id, lines=len(self._lines))
        else:
            line = self._line(serving, caller=call.caller, called=call.called, rings=call)
            log.info("line_rings", call_id=line.call_id, correlation_id=call.correlation_id)
            self._lines[line.call_id] = line  # now: many may ring before the first of them is handled
            serving.tasks.start_soon(self._handle, line, serving.handler)

    def _line(self, serving: _Serving, *, caller: str, called: str, rings: IncomingCall | None) -> AcsLine:
        return AcsLine(self._settings, serving.control, caller=caller, called=called, rings=rings, notes=self._notes)

    async def _handle(self, line: AcsLine, handler: Handler) -> None:
        async with self._registered(line):
            try:
                await handler(line)
            except Exception as error:  # noqa: BLE001 - a call's edge: it ends this call and no other
                _log_failure(line, error)

    async def _keep(self, line: AcsLine, *, task_status: TaskStatus[None]) -> None:
        async with self._registered(line):
            task_status.started()
            await line.over.wait()

    @asynccontextmanager
    async def _registered(self, line: AcsLine) -> AsyncGenerator[None]:
        """Azure finds the line for as long as this lasts; then the call is ended."""
        self._lines[line.call_id] = line
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(line.watch)
                tasks.start_soon(line.keep_known)
                yield
                tasks.cancel_scope.cancel()
        finally:
            await line.end()
            self._lines.pop(line.call_id, None)

    # --- callbacks

    async def _take_callbacks(self, request: Request[Any, Any, Any], call_id: str) -> int:
        token = _take_token(request.scope)
        line, serving = self._lines.get(call_id), self._serving
        if serving is not None and self._notes.left(call_id):
            return await self._end_left(serving, request, call_id)
        if line is None or serving is None:
            return 404
        callbacks = await self._callbacks(
            serving, request, None if line.entry.opens_callbacks(token) else "not this call's token"
        )
        if isinstance(callbacks, int):
            return callbacks
        if not all(line.belongs(callback.connection_id) for callback in callbacks):
            self._refusals.tell("acs_callback_refused", why="another call's connection id")
            return 403
        for callback in callbacks:
            if not self._seen.again(f"callback {call_id} {callback.id}", anyio.current_time()):
                line.happened(callback)
        return 200

    async def _callbacks(
        self, serving: _Serving, request: Request[Any, Any, Any], flaw: str | None = None
    ) -> list[Callback] | int:
        """What Azure tells, if it is Azure; else the status to answer with."""
        if flaw := flaw or await serving.tokens.flaw(request.headers.get("authorization")):
            self._refusals.tell("acs_callback_refused", why=flaw)
            return 401
        try:
            return read_callbacks(await request.body())
        except WireError as error:
            self._refusals.tell("acs_callback_malformed", error=str(error))
            return 400

    async def _end_left(self, serving: _Serving, request: Request[Any, Any, Any], call_id: str) -> int:
        """Azure tells of a call that our dead self left, and so what it calls it."""
        callbacks = await self._callbacks(serving, request)
        if isinstance(callbacks, int):
            return callbacks
        if id := next((callback.connection_id for callback in callbacks if callback.connection_id), ""):
            serving.tasks.start_soon(self._notes.end, serving.control, call_id, Note(id))
        return 200

    # --- media

    async def _take_media(self, socket: WebSocket[Any, Any, Any], call_id: str) -> None:
        token = _take_token(socket.scope)
        receive, send = socket.receive, socket.send  # raw ASGI: 50 messages a second pass each way
        await receive()  # websocket.connect
        line = self._lines.get(call_id)
        flaw = "no such call" if line is None else await self._media_flaw(line, token, socket.headers)
        if line is None or flaw:
            self._refusals.tell("media_socket_refused", why=flaw)
            await send({"type": "websocket.close", "code": 1008, "reason": ""})  # before accepting: the server says 403
            return
        await line.media.serve(receive, send)

    async def _media_flaw(self, line: AcsLine, token: str, headers: Headers) -> str | None:
        if not line.entry.opens_media(token):
            return "not this call's token"
        flaw = await self._socket_token_flaw(headers.get("authorization", ""))
        if flaw is not None:
            return flaw
        if not line.belongs(headers.get("x-ms-call-connection-id", "")):
            return "another call's connection id"
        return "the call is over" if line.over.is_set() else None

    async def _socket_token_flaw(self, authorization: str) -> str | None:
        mode = self._settings.socket_jwt
        if mode == "off" or (mode == "accept_if_valid" and not authorization):
            return None
        return "not serving" if self._serving is None else await self._serving.tokens.flaw(authorization)


def _log_failure(line: AcsLine, error: Exception) -> None:
    """What and where; a whole traceback would read source files on the event loop, and may hold a caller's words."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at else ""
    log.error("call_failed", call_id=line.call_id, error=type(error).__name__, where=where)


def _take_token(scope: Any) -> str:
    """The per-call token; the query leaves the scope, so that no access log can show it."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    scope["query_string"] = b""
    return query.get("t", [""])[0]


def _status(code: int) -> Response[None]:
    return Response(None, status_code=code)
