"""`pai-voice serve`: telephones that answer, until stopped."""

from __future__ import annotations

import ctypes
import gc
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import anyio
import structlog
from anyio.abc import TaskStatus
from litestar import Litestar

from agents.pai import PaiSettings, visible
from agents.sandbox import check_sandbox, consequence
from orchestrator.app import House, open_house
from orchestrator.callback import CallBack
from orchestrator.config import Settings, surroundings
from orchestrator.errors import ConfigError
from orchestrator.keeping import kept
from orchestrator.loop_watchdog import watched
from orchestrator.ready import BY_SCRIPT, KEY_FIX, NO_KEY, lacks
from orchestrator.scripted_house import thinking
from telephony.acs import AcsListener, AcsSettings
from telephony.line import Dialler, Line
from telephony.open_calls import OpenCalls
from telephony.serving import opened, served

log = structlog.get_logger()


async def serve(
    settings: Settings, say: Callable[[str], object], notes: OpenCalls | None = None, script: Path | None = None
) -> None:
    """Until a signal stops it, at whatever moment; with a `script`, that answers in Claude's place.

    Raises ConfigError; in a group OSError when the port cannot be had, AgentError
    and the engines' errors, all before the first call."""
    _unread()
    with _loading():
        await _serve(settings, say, notes, script)


async def _serve(settings: Settings, say: Callable[[str], object], notes: OpenCalls | None, script: Path | None) -> None:
    acs = settings.acs
    for lack in lacks(settings):
        raise ConfigError(lack.what, lack.fix)
    assert acs is not None
    if settings.claude.api_key is None and script is None:
        say(f"{NO_KEY}; {KEY_FIX}; {BY_SCRIPT}")
    async with anyio.create_task_group() as tasks:
        stop = _Stop(tasks.cancel_scope)
        await tasks.start(stop.when_told)
        with opened(settings.server.host, settings.server.port) as door:  # now, not after seconds of loading for nothing
            async with thinking(settings, script) as own, open_house(own) as house:
                with anyio.CancelScope() as stop.scope:  # the house itself closes in peace
                    async with watched() if settings.log.level == "debug" else nullcontext():
                        await _answer(house, acs, door, say, notes)


def _unread() -> None:
    """No program that runs as we do, such as `ps e` in the shell of long work, reads our environment from /proc any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE


async def _answer(house: House, acs: AcsSettings, door: socket, say: Callable[[str], object], notes: OpenCalls | None) -> None:
    async with answering(house, lambda _url: acs, door, notes) as url:
        names = ", ".join(agent.name for agent in house.roster.agents)
        say(f"listening on {url} for {acs.public_url}; on the line: {names}; ears: {house.parts.minds.recognizer.name}")
        say(f"sandbox of long work: {await _sandbox(house.settings.pai)}")
        await anyio.sleep_forever()


async def _sandbox(pai: PaiSettings) -> str:
    check = await check_sandbox(visible(pai, surroundings()))
    fix = f"; {check.fix}" if check.fix and pai.sandbox != "off" else ""
    return f"{consequence(pai.sandbox, check)}{fix}"


@asynccontextmanager
async def answering(
    house: House, acs_at: Callable[[str], AcsSettings], door: socket | None = None, notes: OpenCalls | None = None
) -> AsyncGenerator[str]:
    """The ACS line, answered while this is entered; gives the server's URL. `acs_at` may need it for its own public URL.

    A call that comes early rings until all is open: what is asked in it is kept, and never in memory alone.
    """
    ready = anyio.Event()

    async def take(line: Line) -> None:
        await ready.wait()
        await house.take(line)

    listeners: list[AcsListener] = []

    def application(url: str) -> Litestar:
        listeners.append(AcsListener(acs_at(url), notes))
        return Litestar(listeners[0].routes, openapi_config=None, logging_config=None)

    try:
        async with anyio.create_task_group() as tasks, served(application, door) as url:
            await tasks.start(listeners[0].serve, take)
            async with _working(house, listeners[0]):
                ready.set()
                with _settled():
                    tasks.start_soon(house.unstored.run)
                    if house.care is not None:
                        tasks.start_soon(house.care.run)
                    yield url
            tasks.cancel_scope.cancel()
    finally:
        await house.unstored.give_up()


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
def _loading() -> Generator[None]:
    """No garbage collector until all is settled: it would walk what is loaded again and again, and nothing of it goes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _settled() -> Generator[None]:
    """What is loaded now stays: a garbage collector that walks all of it again and again stops every call for 50 ms each time."""
    gc.collect()
    gc.freeze()
    gc.enable()
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
