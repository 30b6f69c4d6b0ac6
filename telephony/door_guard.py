"""What bounds a server that anybody on the network can reach: connections, and the time and size of a request.

uvicorn bounds none of these: its `limit_concurrency` answers everybody with 503, the telephone's provider too, and it waits for
ever for the rest of a request. Here nobody is refused for how many others come: whoever came first and has not said a whole
request yet goes, so that a flood of half-open connections pushes out itself, and the provider, who says all at once, gets in.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import anyio
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_S: Final = 5.0  # for all of a request's head
BODY_S: Final = 10.0  # for all of its body, from then on
MAX_HEAD: Final = 32_768  # Azure's have about 2 kB
REFUSED_S: Final = 0.2  # until a stranger hears that they are refused: a flood of tries has to wait for each
UNPROVEN: Final = 128  # connections in all that are not known to be the provider's
OF_ONE: Final = 64  # of one address; behind a proxy or a tunnel all come from one
IN_ALL: Final = 1_024  # those of calls included: two sockets and a callback for each of 200

App = Callable[[Any, Any, Any], Awaitable[None]]
Address = tuple[str, int] | None


@dataclass(eq=False, slots=True)
class Visit:
    """One connection."""

    transport: asyncio.Transport
    address: str
    proven: bool = False
    """Something on it was let in."""
    busy: bool = False
    """A whole request is being answered."""


@dataclass(slots=True)
class DoorGuard:
    """Of one server."""

    head_s: float = HEAD_S
    body_s: float = BODY_S
    refused_s: float = REFUSED_S
    unproven: int = UNPROVEN
    of_one: int = OF_ONE
    in_all: int = IN_ALL
    _visits: dict[Address, Visit] = field(default_factory=dict[Address, Visit])
    _of: dict[str, dict[Visit, None]] = field(default_factory=lambda: defaultdict[str, dict[Visit, None]](dict))
    """By address, the oldest first; proven ones are none of them."""
    _waiting: dict[Visit, None] = field(default_factory=dict[Visit, None])
    """All that are not proven, the oldest first."""

    @property
    def connections(self) -> int:
        return len(self._visits)

    def came(self, transport: asyncio.Transport, client: Address) -> Visit | None:
        """None: there is no room, not even for another in its place."""
        visit = Visit(transport, client[0] if client else "")
        theirs = self._of[visit.address]
        if len(theirs) >= self.of_one:
            self._send_away(theirs)
        if len(self._waiting) >= self.unproven:
            self._send_away(self._waiting)
        if len(self._waiting) >= self.unproven or len(theirs) >= self.of_one or len(self._visits) >= self.in_all:
            return None
        self._visits[client] = visit
        theirs[visit] = self._waiting[visit] = None
        return visit

    def left(self, visit: Visit, client: Address) -> None:
        if self._visits.get(client) is visit:
            del self._visits[client]
        self._forget(visit)

    def prove(self, client: Address) -> None:
        """Something of theirs was let in: they keep their place."""
        visit = self._visits.get(client)
        if visit is not None:
            visit.proven = True
            self._forget(visit)

    def _send_away(self, some: dict[Visit, None]) -> None:
        oldest = next((visit for visit in some if not visit.busy), None)
        if oldest is not None:
            self._forget(oldest)
            oldest.transport.abort()

    def _forget(self, visit: Visit) -> None:
        self._waiting.pop(visit, None)
        theirs = self._of.get(visit.address)
        if theirs is not None:
            theirs.pop(visit, None)
            if not theirs:
                del self._of[visit.address]

    def watching(self, app: App) -> App:
        """The application. Whom it lets in is proven; who is not must come anew: a flood of bad requests pays for each."""

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            async def sent(message: Any) -> None:
                match message:
                    case {"type": "http.response.start", "status": status} if status < 300:
                        self.prove(scope["client"])
                    case {"type": "http.response.start"} if not self._is_proven(scope["client"]):
                        message = message | {"headers": [*message.get("headers", ()), (b"connection", b"close")]}
                        await self._make_wait(scope["client"])
                    case {"type": "websocket.accept"}:
                        self.prove(scope["client"])
                    case {"type": "websocket.close"} if not self._is_proven(scope["client"]):
                        await self._make_wait(scope["client"])
                    case _:
                        pass
                await send(message)

            await app(scope, receive, sent)

        return watched

    async def _make_wait(self, client: Address) -> None:
        """Who was turned away; they may be sent away meanwhile."""
        visit = self._visits.get(client)
        if visit is not None:
            visit.busy = False
        await anyio.sleep(self.refused_s)

    def _is_proven(self, client: Address) -> bool:
        visit = self._visits.get(client)
        return visit is not None and visit.proven

    def protocols(self) -> dict[str, Any]:
        """For `uvicorn.Config`."""
        guard = self

        class Http(HttpToolsProtocol):
            _guard_visit: Visit | None = None
            _guard_timer: asyncio.TimerHandle | None = None
            _guard_waits = ""
            _guard_head = 0

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self._guard_visit = guard.came(transport, self.client)
                if self._guard_visit is None:
                    transport.abort()
                    return
                self._guard_wait("head")

            def connection_lost(self, exc: Exception | None) -> None:
                self._guard_wait("")
                if self._guard_visit is not None:
                    guard.left(self._guard_visit, self.client)
                super().connection_lost(exc)

            def data_received(self, data: bytes) -> None:
                if self.transport.is_closing():
                    return
                super().data_received(data)
                if isinstance(self.transport.get_protocol(), WebSocketsSansIOProtocol) or self.transport.is_closing():
                    self._guard_wait("")
                    return
                if self._guard_answers:
                    self._guard_wait("body" if self.cycle.more_body else "")
                else:  # a head that is not whole yet
                    self._guard_head += len(data)
                    self._guard_wait("head")
                    if self._guard_head > MAX_HEAD:
                        self.transport.abort()

            @property
            def _guard_answers(self) -> bool:
                cycle = cast("RequestResponseCycle | None", self.cycle)  # none at first, whatever uvicorn says
                return cycle is not None and not cycle.response_complete

            def on_response_complete(self) -> None:
                super().on_response_complete()
                self._guard_head = 0
                self._guard_wait("")  # uvicorn's own time for the next request runs

            def handle_websocket_upgrade(self) -> None:
                visit, client = self._guard_visit, self.client
                super().handle_websocket_upgrade()
                protocol: Any = self.transport.get_protocol()
                if isinstance(protocol, Socket) and visit is not None:
                    protocol.guard_leaves = lambda: guard.left(visit, client)
                    visit.busy = True

            def _guard_wait(self, what: str) -> None:
                if self._guard_visit is not None:
                    self._guard_visit.busy = not what and self._guard_answers
                if what == self._guard_waits and what:
                    return
                self._guard_waits = what
                if self._guard_timer is not None:
                    self._guard_timer.cancel()
                    self._guard_timer = None
                if what:
                    self._guard_timer = self.loop.call_later(
                        guard.head_s if what == "head" else guard.body_s, self.transport.abort
                    )

        class Socket(WebSocketsSansIOProtocol):
            guard_leaves: Callable[[], None] | None = None

            def connection_lost(self, exc: Exception | None) -> None:
                if self.guard_leaves is not None:
                    self.guard_leaves()
                super().connection_lost(exc)

        return {"http": Http, "ws": Socket}
