"""Tasks beside a block, and what an engine gives as one of them."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from voices.synthesis import Sound

T = TypeVar("T")

_CLOSE_S: Final = 0.1  # that an engine has to end its work


@asynccontextmanager
async def beside() -> AsyncGenerator[TaskGroup]:
    """Tasks that end with the block. They do not fail, so what ends the block is raised as it is, and in no group."""
    raised: Exception | GeneratorExit | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        except (Exception, GeneratorExit) as error:  # noqa: BLE001  raised again below
            raised = error
        tasks.cancel_scope.cancel()
    if raised:
        raise raised


class Arrivals(Generic[T]):
    """What an engine gives, and what others tell meanwhile: a wait for it may end, and the engine works on."""

    def __init__(self, sounds: AsyncGenerator[Sound, None]) -> None:
        self._sounds = sounds
        self._scope = anyio.CancelScope()
        self._news: deque[Sound | T] = deque()
        self._told = self._taken = anyio.Event()
        self._over = False
        self._error: Exception | None = None

    async def run(self) -> None:
        """Asks for one sound when the one before is taken. Does not fail: `next` does."""
        with self._scope:
            try:
                async for sound in self._sounds:
                    self._taken = anyio.Event()
                    self.tell(sound)
                    await self._taken.wait()
            except Exception as error:  # noqa: BLE001  an engine of whatever kind: `next` raises it again, in the task that listens
                self._error = error
            finally:
                self._over = True
                self._told.set()
                with anyio.move_on_after(_CLOSE_S, shield=True):
                    await self._sounds.aclose()

    def tell(self, news: Sound | T) -> None:
        self._news.append(news)
        self._told.set()

    async def next(self) -> Sound | T | None:
        """None at the end. Raises what the engine raises."""
        while not self._news:
            if self._error:
                raise self._error
            if self._over:
                return None
            self._told = anyio.Event()
            await self._told.wait()
        self._taken.set()
        return self._news.popleft()

    def stop(self) -> None:
        """The engine ends its work; nobody waits for that here."""
        self._scope.cancel()
