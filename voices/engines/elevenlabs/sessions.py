"""The plan's number of sessions, in one queue for all calls: first come, first served."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

from voices.engines.elevenlabs.errors import TooManyRequests

WAIT_S: Final = 0.5
"""For a session, or for ElevenLabs to have one again; after that another engine speaks."""


class Sessions:
    """`spare` gives a session back that is only held for later; returns False if there is none."""

    def __init__(self, number: int, spare: Callable[[], bool]) -> None:
        self._number, self._spare = number, spare
        self._free = anyio.Semaphore(number)

    @property
    def free(self) -> int:
        return self._free.value

    async def take(self) -> None:
        """Raises TooManyRequests after half a second."""
        if not self._free.value:
            self._spare()
        try:
            with anyio.fail_after(WAIT_S):
                await self._free.acquire()
        except TimeoutError:
            raise TooManyRequests(
                f"all {self._number} sessions are in use; if ElevenLabs' plan has more, raise `sessions` in [voices.elevenlabs]"
            ) from None

    def give_back(self) -> None:
        self._free.release()

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[None]:
        """Raises TooManyRequests."""
        await self.take()
        try:
            yield
        finally:
            self.give_back()
