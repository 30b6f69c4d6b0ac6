"""What of a journal is not stored yet: kept in memory, within bounds, while its shelf takes nothing, and stored when it does.

A call never fails for it. The cause is logged once, and once more that it is over.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from math import inf
from typing import Final

import anyio
import structlog

from orchestrator.shelf import Shelf, hush_left
from voices.audio import RATE

log = structlog.get_logger()

MOST_LINES: Final = 20_000  # of one call: hours of talk
MOST_SOUND: Final = 32 * 1024 * 1024  # bytes: over eight minutes; what is older becomes silence
RETRY_S: Final = 10.0  # between calls
LAST_S: Final = 10.0  # as the server stops: then nothing more is begun
_SAMPLE: Final = 4
_SOUND: Final = 1024 * 1024  # bytes of sound stored at a time …
_LINES: Final = 1_000  # … and lines: of much, no copy is made at one go on the event loop


class Backlog:
    """Of one call."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lines = deque[str](maxlen=MOST_LINES)
        self._sound = bytearray()
        self._silent = 0
        """Bytes of sound before it that were too much."""
        self._hushed: list[tuple[int, int]] = []
        self._stored = 0
        """Samples on the shelf."""
        self._open = self._failed = False
        self._storing = anyio.Lock()

    @property
    def lines(self) -> list[str]:
        return list(self._lines)

    @property
    def empty(self) -> bool:
        """All that there was is stored."""
        return self._open and not (self._lines or self._sound or self._silent or self._hushed)

    def add(self, lines: list[str], sound: bytes) -> None:
        self._lines.extend(lines)
        self._sound += sound
        if (over := len(self._sound) - MOST_SOUND) > 0:
            del self._sound[:over]
            self._silent += over

    def hush(self, spans: list[tuple[int, int]]) -> None:
        """The caller is not heard there, samples that were added."""
        for first, last in spans:
            begins = self._stored + self._silent // _SAMPLE
            if last > begins:
                at = _SAMPLE * (max(first, begins) - begins)
                sound = self._sound[at : _SAMPLE * (last - begins)]
                hush_left(sound)
                self._sound[at : at + len(sound)] = sound
            if first < self._stored:
                self._hushed.append((first, min(last, self._stored)))

    async def store(self) -> bool:
        """As much as can be; False if something is left."""
        with anyio.CancelScope(shield=True):  # what is begun is stored whole
            async with self._storing:
                try:
                    await self._store()
                except OSError as error:
                    if not self._failed:
                        self._failed = True
                        log.warning(
                            "call_not_recorded", reason=str(error), fix="`pai-voice doctor` says what is wrong with `home`"
                        )
                    return False
        if self._failed:
            self._failed = False
            log.info("call_recorded_again")
        return True

    async def _store(self) -> None:
        if not self._open:
            await self._shelf.open()
            self._open = True
        while self._silent:
            silence = min(self._silent, _SOUND)
            await self._shelf.store([], bytes(silence))
            self._silent -= silence
            self._stored += silence // _SAMPLE
        while self._lines or self._sound:
            lines, sound = list(islice(self._lines, _LINES)), bytes(self._sound[:_SOUND])
            await self._shelf.store(lines, sound)
            for _ in range(min(len(lines), len(self._lines))):
                self._lines.popleft()
            del self._sound[: len(sound)]
            self._stored += len(sound) // _SAMPLE
        while self._hushed:
            await self._shelf.hush(*self._hushed[0])
            self._hushed.pop(0)

    def lost(self, why: str) -> None:
        """Log what is not stored, and will not be."""
        sound_s = (self._silent + len(self._sound)) // _SAMPLE / RATE
        log.error("call_record_lost", call=self._shelf.name, lines=len(self._lines), sound_s=round(sound_s, 1), reason=why)

    async def close(self) -> None:
        """Nothing more is stored."""
        with anyio.CancelScope(shield=True):
            try:
                await self._shelf.close()
            except OSError as error:
                log.warning("call_not_closed", reason=str(error))


class Unstored:
    """What calls have left behind that could not be stored: the latest few are tried again whenever another call is over."""

    def __init__(self, most: int = 8) -> None:
        self._left = deque[Backlog]()
        self._most = most

    async def take(self, backlog: Backlog) -> None:
        """A call is over: store what is left of it, and of those before it."""
        self._left.append(backlog)
        if len(self._left) > self._most:
            oldest = self._left.popleft()
            oldest.lost("there is too much since that could not be stored either")
            await oldest.close()
        await self.retry()

    async def run(self) -> None:
        """Try again every now and then, until cancelled."""
        while True:
            await anyio.sleep(RETRY_S)
            await self.retry()

    async def give_up(self) -> None:
        """The server stops: a last try, and what is lost is logged."""
        with anyio.CancelScope(shield=True):
            await self.retry(until_s=anyio.current_time() + LAST_S)
            for backlog in self._left:
                backlog.lost("the server stops")

    async def retry(self, until_s: float = inf) -> None:
        for backlog in list(self._left):
            if anyio.current_time() < until_s and await backlog.store():
                await backlog.close()
                if backlog in self._left:
                    self._left.remove(backlog)
