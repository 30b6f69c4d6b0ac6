"""An event loop whose time jumps: when nothing is ready it moves straight to the next timer.

A four-minute call then takes milliseconds, and takes the same ones each time. It cannot see worker threads or sockets, so what
runs on it uses neither.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _JumpingSelector(selectors.DefaultSelector):
    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("virtual time: nothing is ready and no timer is set, so this would wait for ever")
        if not ready and timeout:
            self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s
