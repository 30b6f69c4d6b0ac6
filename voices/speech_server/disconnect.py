"""Whether the client of a request is still there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from voices.beside import beside


@asynccontextmanager
async def until_gone(receive: Callable[[], Awaitable[Any]]) -> AsyncGenerator[None]:
    """The block is cancelled, and left, when the client hangs up; what it raises is raised as it is."""
    async with beside() as tasks:

        async def hangs_up() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(hangs_up)
        yield
