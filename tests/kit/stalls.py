"""Finds each callback of an asyncio loop that computes for too long, on whatever time the loop runs, with its stack.

The processor's time of the loop's own thread counts, so that a busy machine makes no false alarm; the garbage collector and
modules that are imported on first use are no part of it. A thread of its own looks every few milliseconds what a callback that
goes on is doing: where it never gets to see it, nothing is said.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_OURS: Final = tuple(f"{ROOT / package}/" for package in ("agents", "voices", "telephony", "orchestrator"))
_STAND_INS: Final = tuple(
    str(ROOT / place)
    for place in (
        "orchestrator/testing/cast.py",  # what it reads at once, a server reads in a thread
        "voices/imitations/",  # of others' servers, which have loops of their own
        "voices/engines/tones.py",  # a minute of sound at once, for tests
        "telephony/acs_emulator/",
    )
)
_KIT: Final = tuple(f"{ROOT / kit}/" for kit in ("orchestrator/testing", "tests"))
_LOOK_S: Final = 0.004
_FRAMES: Final = 16


@dataclass(frozen=True, slots=True)
class Stall:
    computed_s: float
    stack: tuple[str, ...]
    """The product's own frames, the innermost last."""

    def __str__(self) -> str:
        return f"{self.computed_s * 1000:.0f} ms on the event loop in " + " > ".join(self.stack)


class Watch:
    """One for the process, over all loops."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._running: list[tuple[int, float]] = []
        """The thread and the time of the callback that runs; empty where none does."""
        self._seen: tuple[str, ...] = ()
        self._collecting_s = self._collected_s = 0.0
        self._stalls: list[Stall] | None = None

    def start(self) -> None:
        run: Any = vars(asyncio.Handle)["_run"]

        def watched(handle: asyncio.Handle) -> None:
            if self._stalls is None or threading.current_thread() is not threading.main_thread():
                run(handle)
                return
            stalls, self._collected_s, self._seen = self._stalls, 0.0, ()
            self._running.append((threading.get_ident(), time.perf_counter()))
            began_s = time.thread_time()
            try:
                run(handle)
            finally:
                computed_s = time.thread_time() - began_s - self._collected_s
                self._running.clear()
                if computed_s > self._longest_s and self._seen:
                    stalls.append(Stall(computed_s, self._seen))

        setattr(asyncio.Handle, "_run", watched)  # noqa: B010
        gc.callbacks.append(self._collects)
        threading.Thread(target=self._look, name="stalls", daemon=True).start()

    @contextmanager
    def over(self) -> Generator[list[Stall]]:
        """What stalls a loop within the block."""
        before, stalls = self._stalls, list[Stall]()
        self._stalls = stalls
        try:
            yield stalls
        finally:
            self._stalls = before

    def _collects(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_s = time.thread_time()
        else:
            self._collected_s += time.thread_time() - self._collecting_s

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_S)
            for thread, began_s in self._running[:1]:
                if time.perf_counter() - began_s > self._longest_s / 2:
                    frames: dict[int, FrameType] = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
                    self._seen = _ours(frames.get(thread)) or self._seen


def _ours(frame: FrameType | None) -> tuple[str, ...]:
    """The product's frames; none where it only imports, or where the tests' kit does at once what else a thread does."""
    ours, below = list[str](), list[str]()
    while frame:
        file = frame.f_code.co_filename
        if file.startswith(("<frozen importlib", *_STAND_INS)):
            return ()
        if file.startswith(_KIT):
            below, ours = [*below, *ours], []
        elif file.startswith(_OURS):
            if below:
                return ()
            ours.append(f"{Path(file).relative_to(ROOT)}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(reversed((below or ours)[:_FRAMES]))
