"""The emulator as a whole: one Litestar application on a loopback port, and the tasks behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import aiohttp
import anyio
from litestar import Litestar

from telephony.acs_emulator import control
from telephony.acs_emulator.call import Call
from telephony.acs_emulator.exchange import Exchange
from telephony.acs_emulator.rest import Desk
from telephony.acs_emulator.settings import CallOptions, EmulatorSettings, Fault
from telephony.acs_emulator.tokens import new_signer
from telephony.serving import opened, served


class Emulator:
    """A running emulator, for those in the same process; everybody else has the control API at `url`."""

    def __init__(self, exchange: Exchange, url: str) -> None:
        self._exchange = exchange
        self.url = url
        self.settings = exchange.settings
        self.record = exchange.record

    @staticmethod
    @asynccontextmanager
    async def serve(settings: EmulatorSettings | None = None) -> AsyncGenerator[Emulator]:
        """Runs while it is entered; every call ends with it. Raises OSError when the port is taken."""
        settings = settings or EmulatorSettings()
        signer = await new_signer(settings.issuer, settings.resource_id)
        async with aiohttp.ClientSession() as http, anyio.create_task_group() as tasks:
            exchange = Exchange(settings, signer, http, tasks)
            application = Litestar([Desk(exchange).route(), control.router(exchange)], openapi_config=None, logging_config=None)
            async with served(lambda url: application, opened(settings.host, settings.port)) as url:
                yield Emulator(exchange, url)
            tasks.cancel_scope.cancel()

    async def subscribe(self, url: str, headers: dict[str, str] | None = None) -> bool:
        """Send IncomingCall there; False when the webhook failed the handshake."""
        return await self._exchange.subscribe(url, headers or {}).validate()

    def place(self, caller: str, called: str, options: CallOptions | None = None) -> Call:
        """Somebody dials."""
        return self._exchange.place(caller, called, options or CallOptions())

    @property
    def calls(self) -> list[Call]:
        """Oldest first."""
        return list(self._exchange.calls.values())

    def fail(self, fault: Fault) -> None:
        """Let an operation go wrong, after the faults that are waiting already."""
        self._exchange.faults.append(fault)

    def mend(self) -> None:
        """No fault is waiting any more."""
        self._exchange.faults.clear()


async def run_emulator(settings: EmulatorSettings, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` gets the URL once."""
    async with Emulator.serve(settings) as emulator:
        ready(emulator.url)
        await anyio.sleep_forever()
