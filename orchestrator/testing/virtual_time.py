"""An event loop whose time jumps: when nothing is ready it moves straight to the next timer.

A four-minute call then takes milliseconds, and takes the same ones each time. It cannot see worker threads or sockets, so what
runs on it uses neither.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

import anyio


class _JumpingSelector(selectors.DefaultSelector):
    """Never asks the system, which would cost a tenth of a call and could only tell of what is not seen here."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("virtual time: nothing is ready and no timer is set, so this would wait for ever")
        self.now_s += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def run(test: Callable[[], Awaitable[None]]) -> None:
    """From the second 0 of a clock of its own."""
    anyio.run(test, backend_options={"loop_factory": VirtualLoop})
