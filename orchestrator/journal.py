"""A call as it was: one fact a line, and what was heard, left the caller, right what the caller heard.

Both lie on one time axis: sample n of the recording is second n / 16000 of the journal. A shelf keeps them, half a second behind
at most; the event loop never waits for a disk, and a call goes on without one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, Self

import anyio
from pydantic import ValidationError

from agents import bounds
from agents.plain_errors import plain
from orchestrator.backlog import Backlog, Unstored
from orchestrator.events import CallEvent, Entry, UnknownKind
from orchestrator.fact import KINDS
from orchestrator.ledger import Ledger
from orchestrator.pin_filter import NO_PIN, hidden_fact
from orchestrator.shelf import JOURNAL as JOURNAL
from orchestrator.shelf import RECORDING as RECORDING
from orchestrator.shelf import Folder as Folder
from orchestrator.shelf import Memory as Memory
from orchestrator.shelf import Shelf as Shelf
from voices.audio import FRAME_S, RATE, Frame, stereo

FLUSH_S: Final = 0.5
KEEP_S: Final = 0.5  # sound younger than this is not written yet: a barge-in may still take it back


class Track:
    """One side of the recording: frames laid on the time axis, gaps as silence, what was taken back overwritten."""

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance = int(tolerance_s * RATE)
        self._base = 0
        self._pcm = bytearray()

    @property
    def end(self) -> int:
        """The sample after the last one."""
        return self._base + len(self._pcm) // 2

    def put(self, frame: Frame, at_s: float) -> None:
        start = max(round(at_s * RATE), self._base)
        if abs(start - self.end) > self._tolerance:
            if start > self.end:
                self._pcm.extend(bytes(2 * (start - self.end)))
            else:
                del self._pcm[2 * (start - self._base) :]
        self._pcm.extend(frame)

    def take(self, upto: int) -> bytes:
        """The samples before `upto` that were not taken yet; silence where there is nothing."""
        count = max(0, upto - self._base)
        piece = bytes(self._pcm[: 2 * count]).ljust(2 * count, b"\0")
        del self._pcm[: 2 * count]
        self._base += count
        return piece


class Watch(Protocol):
    """Who looks on: a stream's sending end, or whoever shows each entry at once."""

    def send_nowait(self, item: Entry, /) -> None:
        """Never waits. Raises anyio.WouldBlock or BrokenResourceError to be sent no more."""
        ...


class Journal:
    """Open it with `async with`. Writing never blocks, and never fails. `zero_s`: when the call began, on the loop's clock."""

    def __init__(self, shelf: Shelf, zero_s: float, *, watch: Watch | None = None, unstored: Unstored | None = None) -> None:
        """`unstored` takes what the shelf does not, when the call is over."""
        self._backlog, self._unstored = Backlog(shelf), unstored or Unstored()
        self.zero_s = zero_s
        self._watch = watch
        self.ledger = Ledger()
        self.hide = NO_PIN.hide
        """Of all words: what no journal may hold."""
        self._seq = 0
        self._lines: list[str] = []
        self._hushed: list[tuple[int, int]] = []
        self._taken = 0
        """Samples that are the backlog's."""
        self._caller = Track(0.04)  # frames come with the network's jitter
        self._house = Track(0.001)  # ours is exact, and what a barge-in takes back is replaced

    def now_s(self) -> float:
        """The call's own time."""
        return anyio.current_time() - self.zero_s

    def on_axis(self, loop_s: float) -> float:
        return loop_s - self.zero_s

    def write(self, event: CallEvent, at_s: float | None = None) -> Entry:
        """Put a fact on the axis: now, or when it was true."""
        self._seq += 1
        event = hidden_fact(event, self.hide)
        entry = Entry(seq=self._seq, at_s=self.now_s() if at_s is None else at_s, event=event)
        self._lines.append(entry.line())
        self.ledger.add(event)
        if self._watch is not None:
            try:
                self._watch.send_nowait(entry)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                self._watch = None  # a spectator who does not keep up loses the feed, not the call its time
        return entry

    @property
    def unstored(self) -> list[str]:
        """Lines that are not on the shelf yet."""
        return [*self._backlog.lines, *self._lines]

    def hear(self, frame: Frame, at_s: float) -> None:
        self._caller.put(frame, at_s)

    def hush(self, from_s: float, to_s: float) -> None:
        """What the caller said then is in no recording."""
        self._hushed.append((max(0, int(from_s * RATE)), int(to_s * RATE)))

    def play(self, frame: Frame, at_s: float) -> None:
        self._house.put(frame, at_s)

    async def __aenter__(self) -> Self:
        await self._backlog.store()
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            self._take(max(self._caller.end, self._house.end))
            self._backlog.hush([(first, min(last, self._taken)) for first, last in self._hushed if first < self._taken])
            await self._unstored.take(self._backlog)

    async def run(self) -> None:
        """Store what has come together, twice a second, until cancelled."""
        while True:
            await anyio.sleep(FLUSH_S)
            self._take(int((self.now_s() - KEEP_S) * RATE))
            await self._backlog.store()

    def _take(self, upto: int) -> None:
        lines, self._lines = self._lines, []
        sound = stereo(self._caller.take(upto), self._house.take(upto))
        self._backlog.add(lines, sound)
        self._taken += len(sound) // 4
        self._backlog.hush([span for span in self._hushed if span[1] <= self._taken])
        self._hushed = [span for span in self._hushed if span[1] > self._taken]


class CallerClock:
    """When the caller's frames were spoken: 20 ms apart, whatever the network does to them.

    The least delayed frame sets the pace; a gap of over a quarter second (a socket that was away) moves the clock on.
    """

    def __init__(self) -> None:
        self._next_s: float | None = None

    def stamp(self, now_s: float) -> float:
        """The start, on the call's axis, of the frame that arrives now."""
        newest_s = now_s - FRAME_S
        if self._next_s is None or newest_s < self._next_s or newest_s - self._next_s > 0.25:
            self._next_s = newest_s
        at_s = self._next_s
        self._next_s += FRAME_S
        return at_s


def read(path: Path) -> Iterator[Entry]:
    """The entries of a journal file; a last line that a crash tore, wherever, is left out. Raises OSError, ValueError."""
    size = path.stat().st_size
    if size > bounds.JOURNAL_BYTES:
        raise ValueError(f"{path}: it has {size:,} bytes, and no call has more than {bounds.JOURNAL_BYTES:,}")
    return parsed(path.read_bytes(), str(path))


def parsed(content: bytes, origin: str) -> Iterator[Entry]:
    """The entries of a journal's content, as `read`; `origin` is where errors say that it stands. Raises ValueError.

    A line ends at `\\n` alone: a text in it may hold what else Unicode counts as a line's end.
    """
    *lines, torn = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    for number, line in enumerate([*lines, torn] if torn else lines, 1):
        if not line.strip():  # an editor's
            continue
        if len(line) > bounds.JOURNAL_LINE_BYTES:
            raise ValueError(f"{origin}:{number}: not a journal line: it has {len(line):,} bytes")
        try:
            yield Entry.parse(line)
        except RecursionError:
            raise ValueError(f"{origin}:{number}: not a journal line: it is nested too deeply") from None
        except ValueError as error:
            if number > len(lines):
                return
            raise ValueError(f"{origin}:{number}: {_unlike_ours(error)}") from error


def readable(content: bytes) -> tuple[list[Entry], str]:
    """All entries that can be read, and what is wrong with the first one that cannot; empty if nothing is."""
    kept, problem = list[Entry](), ""
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            kept += list(parsed(line + b"\n", "")) if line else []
        except ValueError as error:
            problem = problem or f"line {number}{str(error).removeprefix(':1')}"
    return kept, problem


def _unlike_ours(error: ValueError) -> str:
    """Why a line is not one of ours; mostly another version of PAI Voice wrote it."""
    if not isinstance(error, ValidationError):
        return str(error) if isinstance(error, UnknownKind) else "not a journal line"
    first = error.errors(include_url=False)[0]
    kinds = (kind for kind, fact in KINDS.items() if fact.__name__ == error.title)
    place = ".".join(map(str, (*kinds, *first["loc"])))
    match first["type"]:
        case "extra_forbidden":
            return f"`{place}` is not known to this version; a newer one wrote it"
        case "missing":
            return f"`{place}` is missing; an older version wrote it, or it was edited"
        case _:
            return f"`{place}` {plain(first)}" if place else "not a journal line"
