"""An ASGI application on a port, inside somebody else's process: signals are theirs, cancelling is what stops it."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import anyio
import uvicorn

from telephony.door_guard import DoorGuard
from telephony.refusals import Strangers

ACCEPTED_AT_ONCE: Final = 16  # connections in one turn of the event loop, which asyncio takes from the backlog
WAITING: Final = 512  # connections that the kernel keeps for us
MAX_MESSAGE: Final = 65_536  # on a WebSocket; a frame of sound takes a kilobyte


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for door in sockets or ():
            door.listen(WAITING)  # the kernel may keep more than we take at once
        self.ready.set()


async def _serve(server: _Server, door: socket.socket) -> None:
    """Ends by `should_exit` only: cancelled, uvicorn would leave its sockets open, and the next server would hang."""
    with anyio.CancelScope(shield=True):
        await server.serve([door])


def opened(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A door that is ours from now on: who comes waits until it is served. Port 0 takes a free one.

    Raises OSError when the port cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)[0]
        door = socket.socket(family, kind, protocol)  # asyncio turns Nagle off only where TCP is named: 40 ms a frame, else
    except OSError as error:
        raise _not_had(host, port, error) from error
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(WAITING)
    except OSError as error:
        door.close()
        raise _not_had(host, port, error) from error
    return door


def _not_had(host: str, port: int, error: OSError) -> OSError:
    return OSError(error.errno, f"{host}:{port} cannot be had: {error.strerror}")


@asynccontextmanager
async def served(
    app_at: Callable[[str], Any], door: socket.socket | None = None, guard: DoorGuard | None = None
) -> AsyncGenerator[str]:
    """The ASGI application that `app_at` makes for its own URL, served while this is entered; gives the URL.

    Its `door` is closed in the end; a new one, on loopback, if left out. The `guard` bounds who comes.
    """
    with door or opened() as door:
        host, port = door.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        guard = DoorGuard() if guard is None else guard
        config = uvicorn.Config(
            guard.watching(app_at(url)),
            **guard.protocols(),
            backlog=ACCEPTED_AT_ONCE,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws_per_message_deflate=False,  # frames of sound do not compress, and trying costs more than sending
            ws_max_size=MAX_MESSAGE,
            timeout_graceful_shutdown=1,
        )
        server, strangers = _Server(config), Strangers()
        uvicorn_log = logging.getLogger("uvicorn.error")
        uvicorn_log.addFilter(strangers)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_serve, server, door)
            try:
                await server.ready.wait()
                yield url
            finally:
                server.should_exit = True
                uvicorn_log.removeFilter(strangers)
