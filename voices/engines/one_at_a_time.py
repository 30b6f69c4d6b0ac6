"""Work for engines that do one thing at a time: in threads, in turn, and dropped when nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")


class OneAtATime:
    """A queue for one engine. Cancelling the wait returns at once; the work sees `stopped` set, and never starts if it waited."""

    def __init__(self) -> None:
        self._queue = CapacityLimiter(1)  # first come, first served, and nobody who waits holds a thread
        self._turn = threading.Lock()  # work that was given up may still be at it

    async def run(self, work: Callable[[threading.Event], T]) -> T:
        stopped = threading.Event()

        def when_its_turn() -> T | None:
            with self._turn:
                return None if stopped.is_set() else work(stopped)

        try:
            # Only a caller that is gone gets the None.
            return cast("T", await to_thread.run_sync(when_its_turn, abandon_on_cancel=True, limiter=self._queue))
        finally:
            stopped.set()
