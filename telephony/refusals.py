"""What strangers try at our doors, logged once a minute and counted in between: a flood of them must not fill a disk."""

from __future__ import annotations

import logging
from typing import Final

import anyio
import structlog

EVERY_S: Final = 60.0

log = structlog.get_logger()


class Refusals:
    def __init__(self) -> None:
        self._next_s: dict[str, float] = {}
        self._count: dict[str, int] = {}

    def tell(self, event: str, **fields: object) -> None:
        """One line for the first of its kind, then one a minute: `count` is how many there were, the fields are of the last."""
        now_s = anyio.current_time()
        self._count[event] = self._count.get(event, 0) + 1
        if now_s >= self._next_s.get(event, now_s):
            log.warning(event, count=self._count.pop(event), **fields)
            self._next_s[event] = now_s + EVERY_S


class Strangers(logging.Filter):
    """Of uvicorn's log: what it says of each request that is none."""

    def __init__(self) -> None:
        super().__init__()
        self._refusals = Refusals()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if not text.startswith(("Invalid HTTP request", "Unsupported upgrade", "No supported WebSocket")):
            return True
        self._refusals.tell("http_request_refused", why=text)
        return False
