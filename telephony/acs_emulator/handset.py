"""The phone in somebody's hand, as the exchange sees it: what it plays and is told, in the order it happened."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any, Final

import anyio

from voices.audio import Frame

BACKLOG: Final = 250  # five seconds of sound wait for a phone that is slow to attach; then the oldest is lost


class Handset:
    """Filled by the call, emptied by whoever holds the phone: sound as frames, everything else as JSON texts."""

    def __init__(self) -> None:
        self._waiting: deque[Frame | str] = deque(maxlen=BACKLOG)
        self._filled = anyio.Event()
        self._over = False

    def play(self, frame: Frame) -> None:
        self._waiting.append(frame)
        self._filled.set()

    def tell(self, event: str, **fields: Any) -> None:
        self._waiting.append(json.dumps({"event": event} | fields))
        self._filled.set()

    def close(self) -> None:
        """Nothing more will come."""
        self._over = True
        self._filled.set()

    async def items(self) -> AsyncGenerator[Frame | str, None]:
        """Everything, as it happens, to the end of the call. One reader."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._over:
                return
            self._filled = anyio.Event()
            await self._filled.wait()
