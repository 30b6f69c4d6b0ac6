"""A call as it was: one fact a line, and what was heard, left the caller, right what the caller heard.

Both lie on one time axis: sample n of the recording is second n / 16000 of the journal. A `Folder` keeps them as `journal.jsonl`
and `call.wav`, written by a thread, half a second behind at most, so the event loop never waits for a disk
(`Memory` just keeps them).
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol, Self

import anyio
import anyio.to_thread
from pydantic import ValidationError

from orchestrator.events import CallEvent, Entry
from orchestrator.ledger import Ledger
from voices.audio import FRAME_S, RATE, Frame, stereo

JOURNAL: Final = "journal.jsonl"
RECORDING: Final = "call.wav"
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


class Shelf(Protocol):
    """Where a journal is kept."""

    async def open(self) -> None: ...

    async def store(self, lines: list[str], sound: bytes) -> None:
        """Append; sound is stereo."""
        ...

    async def close(self) -> None: ...


class Folder:
    """A shelf on disk. Raises OSError when it cannot be made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def open(self) -> None:
        await anyio.to_thread.run_sync(self._open)

    async def store(self, lines: list[str], sound: bytes) -> None:
        await anyio.to_thread.run_sync(self._store, lines, sound)

    async def close(self) -> None:
        await anyio.to_thread.run_sync(self._close)

    def _open(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is said in a call is nobody else's business
        self._text = (self.path / JOURNAL).open("a", encoding="utf-8")
        self._wave: Any = wave.open(str(self.path / RECORDING), "wb")  # noqa: SIM115  closed with the journal
        self._wave.setnchannels(2)
        self._wave.setsampwidth(2)
        self._wave.setframerate(RATE)

    def _store(self, lines: list[str], sound: bytes) -> None:
        if lines:
            self._text.write("\n".join(lines) + "\n")
            self._text.flush()
        if sound:
            self._wave.writeframes(sound)  # also brings the header up to date, so a crash leaves a wav that plays

    def _close(self) -> None:
        self._text.close()
        self._wave.close()


class Memory:
    """A shelf for rehearsals."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sound = bytearray()

    async def open(self) -> None:
        """Nothing to open."""

    async def store(self, lines: list[str], sound: bytes) -> None:
        self.lines += lines
        self.sound += sound

    async def close(self) -> None:
        """Nothing to close."""

    @property
    def entries(self) -> list[Entry]:
        return [Entry.parse(line) for line in self.lines]


class Watch(Protocol):
    """Who looks on: a stream's sending end, or whoever shows each entry at once."""

    def send_nowait(self, item: Entry, /) -> None:
        """Never waits. Raises anyio.WouldBlock or BrokenResourceError to be sent no more."""
        ...


class Journal:
    """Open it with `async with`. Writing never blocks. `zero_s`: when the call began, on the loop's clock."""

    def __init__(self, shelf: Shelf, zero_s: float, *, watch: Watch | None = None) -> None:
        self._shelf = shelf
        self.zero_s = zero_s
        self._watch = watch
        self.ledger = Ledger()
        self._seq = 0
        self._lines: list[str] = []
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
        return list(self._lines)

    def hear(self, frame: Frame, at_s: float) -> None:
        self._caller.put(frame, at_s)

    def play(self, frame: Frame, at_s: float) -> None:
        self._house.put(frame, at_s)

    async def __aenter__(self) -> Self:
        await self._shelf.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self._flush(max(self._caller.end, self._house.end))
            await self._shelf.close()

    async def run(self) -> None:
        """Store what has come together, twice a second, until cancelled."""
        while True:
            await anyio.sleep(FLUSH_S)
            await self._flush(int((self.now_s() - KEEP_S) * RATE))

    async def _flush(self, upto: int) -> None:
        lines, self._lines = self._lines, []
        sound = stereo(self._caller.take(upto), self._house.take(upto))
        if lines or sound:
            with anyio.CancelScope(shield=True):  # what was taken must be stored
                await self._shelf.store(lines, sound)


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
    """The entries of a journal file; a last line cut off by a crash is left out. Raises OSError, ValueError."""
    return parsed(path.read_text(encoding="utf-8"), str(path))


def parsed(text: str, origin: str) -> Iterator[Entry]:
    """The entries of a journal's text, as `read`; `origin` is where errors say that it stands. Raises ValueError."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            yield Entry.parse(line)
        except ValueError as error:
            if number == len(lines) and not isinstance(error, ValidationError):
                return
            raise ValueError(f"{origin}:{number}: {_unlike_ours(error)}") from error


def _unlike_ours(error: ValueError) -> str:
    """Why a line is not one of ours; mostly another version of PAI Voice wrote it."""
    if not isinstance(error, ValidationError):
        return f"not a journal line: {error}"
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    match first["type"]:
        case "union_tag_invalid":
            return (
                f"a fact of the kind `{first.get('ctx', {}).get('tag')}`, which this version does not know; a newer one wrote it"
            )
        case "extra_forbidden":
            return f"`{place}` is not known to this version; a newer one wrote it"
        case "missing":
            return f"`{place}` is missing; an older version wrote it, or it was edited"
        case _:
            return f"`{place}`: {first['msg']}"
