"""`pai-voice serve`: telephones that answer, until stopped."""

from __future__ import annotations

import ctypes
import gc
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from socket import socket

import anyio
import structlog
from anyio.abc import TaskStatus
from litestar import Litestar

from orchestrator.app import House, open_house
from orchestrator.callback import CallBack
from orchestrator.config import FILE, Settings
from orchestrator.errors import ConfigError
from orchestrator.keeping import kept
from telephony.acs import AcsListener, AcsSettings
from telephony.line import Dialler
from telephony.serving import opened, served

log = structlog.get_logger()


async def serve(settings: Settings, say: Callable[[str], object]) -> None:
    """Until a signal stops it, at whatever moment. Raises ConfigError; in a group OSError when the port cannot be had, AgentError
    and the engines' errors, all before the first call."""
    _unread()
    acs = settings.acs
    if acs is None:
        raise ConfigError("there is no line to answer", f"add [acs] to {FILE}, as the README shows, or try `pai-voice demo`")
    if not settings.admission.allow:
        raise ConfigError("nobody may call", f'list your number in [admission] of {FILE}: allow = ["+15550100"]')
    async with anyio.create_task_group() as tasks:
        stop = _Stop(tasks.cancel_scope)
        await tasks.start(stop.when_told)
        with opened(settings.server.host, settings.server.port) as door:  # now, not after seconds of loading for nothing
            async with open_house(settings) as house:
                with anyio.CancelScope() as stop.scope:  # the house itself closes in peace
                    await _answer(house, acs, door, say)


def _unread() -> None:
    """No program that runs as we do, such as `ps e` in the shell of long work, reads our environment from /proc any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE


async def _answer(house: House, acs: AcsSettings, door: socket, say: Callable[[str], object]) -> None:
    async with answering(house, lambda _url: acs, door) as url:
        names = ", ".join(agent.name for agent in house.roster.agents)
        say(f"listening on {url} for {acs.public_url}; on the line: {names}; ears: {house.parts.minds.recognizer.name}")
        await anyio.sleep_forever()


@asynccontextmanager
async def answering(house: House, acs_at: Callable[[str], AcsSettings], door: socket | None = None) -> AsyncGenerator[str]:
    """The ACS line, answered while this is entered; gives the server's URL. `acs_at` may need it for its own public URL."""
    listeners: list[AcsListener] = []

    def application(url: str) -> Litestar:
        listeners.append(AcsListener(acs_at(url)))
        return Litestar(listeners[0].routes, openapi_config=None, logging_config=None)

    async with anyio.create_task_group() as tasks, served(application, door) as url:
        await tasks.start(listeners[0].serve, house.take)
        async with _working(house, listeners[0]):
            with _settled():
                if house.care is not None:
                    tasks.start_soon(house.care.run)
                yield url
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def _working(house: House, dialler: Dialler) -> AsyncGenerator[None]:
    """Long work is kept, and its owners are called when it is done, if we have a number to call from."""
    tasks = house.tasks
    if tasks is None:
        yield
        return
    if dialler.number:
        tasks.bearer = CallBack(house, dialler, tasks.of)
    async with kept(tasks, house.settings):
        yield


@contextmanager
def _settled() -> Generator[None]:
    """What is loaded now stays: a garbage collector that walks all of it again and again stops every call for 50 ms each time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass
class _Stop:
    scope: anyio.CancelScope
    """What a signal ends now."""

    async def when_told(self, *, task_status: TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                log.info("stopping", signal=number.name)
                self.scope.cancel()
                return
