"""The record: everything our server did to this Azure and everything it was told, in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import anyio

# A call leaves about 15 entries; ten thousand are some hours of a busy bench.
ENTRIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` is one of `rest`, `event_grid`, `callback`, `socket`, `call`; `at_s` counts from the emulator's start."""

    seq: int
    at_s: float
    what: str
    call: str | None
    detail: dict[str, Any]


class Record:
    def __init__(self) -> None:
        self._start_s = anyio.current_time()
        self._entries: deque[Entry] = deque(maxlen=ENTRIES)
        self._seq = 0

    def now_s(self) -> float:
        return anyio.current_time() - self._start_s

    def add(self, what: str, call: str | None = None, /, **detail: Any) -> None:
        self._seq += 1
        self._entries.append(Entry(self._seq, round(self.now_s(), 4), what, call, detail))

    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(self._entries)
