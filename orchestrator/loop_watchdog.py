"""Reports each stall of the event loop, with what it was doing: for debugging and for tests.

A thread looks every few milliseconds whether the loop has come by since; where it has not for too long, it takes the stack of the
loop's own thread while the stall lasts. A busy machine may delay both: so only a stall counts in which the loop's thread was
computing itself for that long.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import anyio
import structlog

log = structlog.get_logger()

LONGEST_STALL_S: Final = 0.020
_LOOK_S: Final = 0.004
_FRAMES: Final = 12


@dataclass(frozen=True, slots=True)
class Stall:
    lasted_s: float
    computed_s: float
    """Of the processor's time; less where the loop's thread had to wait for the machine, or for something else."""
    stack: str
    """What the loop was doing when it had lasted too long, the innermost call last."""


Report = Callable[[Stall], None]


def logged(stall: Stall) -> None:
    log.warning("loop_stalled", ms=round(stall.lasted_s * 1000), cpu_ms=round(stall.computed_s * 1000), stack=stall.stack)


@asynccontextmanager
async def watched(report: Report = logged, *, longest_s: float = LONGEST_STALL_S) -> AsyncGenerator[None, None]:
    """Watches the loop that runs this, while the block lasts."""
    watchdog = _Watchdog(threading.get_ident(), longest_s)
    thread = threading.Thread(target=watchdog.watch, name="loop watchdog", daemon=True)
    thread.start()
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_beat, watchdog, report)
            yield
            tasks.cancel_scope.cancel()
    finally:
        watchdog.over.set()


async def _beat(watchdog: _Watchdog, report: Report) -> None:
    """Reports come from the loop itself, when the stall is over: so they may do what the loop may."""
    while True:
        if stall := watchdog.beat():
            report(stall)
        await anyio.sleep(_LOOK_S)


class _Watchdog:
    def __init__(self, thread: int, longest_s: float) -> None:
        self.over = threading.Event()
        self._thread, self._longest_s = thread, longest_s
        self._beat_s, self._computed_s = time.perf_counter(), time.thread_time()
        self._stack = ""

    def beat(self) -> Stall | None:
        """The loop comes by; what it was stalled by since the last time."""
        now_s, computed_s = time.perf_counter(), time.thread_time()
        lasted_s, computed = now_s - self._beat_s - _LOOK_S, computed_s - self._computed_s
        stack, self._stack = self._stack, ""
        self._beat_s, self._computed_s = now_s, computed_s
        return Stall(lasted_s, computed, stack) if stack and lasted_s > self._longest_s and computed > self._longest_s else None

    def watch(self) -> None:
        while not self.over.wait(_LOOK_S):
            if not self._stack and time.perf_counter() - self._beat_s > self._longest_s + _LOOK_S:
                self._stack = self._taken()

    def _taken(self) -> str:
        frames: dict[int, Any] = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
        frame = frames.get(self._thread)
        return "".join(traceback.format_stack(frame)[-_FRAMES:]) if frame else ""
