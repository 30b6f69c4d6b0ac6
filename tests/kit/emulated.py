"""The whole telephone in one process: the emulator, our server on a port of its own, and a handler for its calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio
import numpy as np
from litestar import Litestar
from pydantic import SecretStr

from telephony.acs import AcsListener, AcsSettings
from telephony.acs_emulator import EMULATOR_KEY, Emulator, EmulatorSettings
from telephony.line import Line
from telephony.serving import served
from voices.audio import RATE, frames, to_pcm

CALLER: Final = "+431234567"
CALLED: Final = "+15550100"
SECRET: Final = "a-secret-of-the-webhook"


def tone(seconds: float, hz: float = 440.0, amplitude: float = 8_000.0) -> bytes:
    return to_pcm(amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE))


async def say(line: Line, pcm: bytes) -> None:
    for frame in frames(pcm):
        await line.play(frame)


@asynccontextmanager
async def telephone(
    handler: Callable[[Line], Awaitable[None]], settings: EmulatorSettings | None = None, *, ring_s: float = 30
) -> AsyncGenerator[tuple[Emulator, AcsListener]]:
    """Whoever dials CALLED on the emulator gets `handler`; phones that we call ring for `ring_s` at most."""
    listeners: list[AcsListener] = []
    async with Emulator.serve(settings) as emulator:

        def app(url: str) -> Litestar:
            listeners.append(AcsListener(settings_at(emulator, url, ring_s)))
            return Litestar(listeners[0].routes, openapi_config=None, logging_config=None)

        async with served(app) as url, anyio.create_task_group() as tasks:
            await tasks.start(listeners[0].serve, handler)
            assert await emulator.subscribe(f"{url}/acs/events", {"x-pai-voice-secret": SECRET})
            yield emulator, listeners[0]
            for call in emulator.calls:
                call.end("the test is over")
                await call.gone()
            tasks.cancel_scope.cancel()


def settings_at(emulator: Emulator, url: str, ring_s: float = 30) -> AcsSettings:
    return AcsSettings(
        endpoint=emulator.url,
        access_key=SecretStr(EMULATOR_KEY),
        public_url=url,
        phone_number=CALLED,
        webhook_secret=SecretStr(SECRET),
        audience=emulator.settings.resource_id,
        jwks_url=f"{emulator.url}/calling/keys",
        ring_s=ring_s,
    )
