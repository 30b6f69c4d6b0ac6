"""Where a journal is kept: a folder on disk, or memory. What cannot be stored now leaves nothing behind, and is stored later."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final, Protocol

import anyio.to_thread

from orchestrator.events import Entry
from voices.audio import RATE

JOURNAL: Final = "journal.jsonl"
RECORDING: Final = "call.wav"
HEADER: Final = 44  # bytes of a wav, before its sound
_FRAME: Final = 4  # bytes of a stereo sample


class Shelf(Protocol):
    """Where a journal is kept. Each of these raises OSError where it cannot be done, and may be tried again then."""

    name: str
    """Of the call, for the log."""

    async def open(self) -> None: ...

    async def store(self, lines: list[str], sound: bytes) -> None:
        """Append all of it, or nothing; sound is stereo."""
        ...

    async def hush(self, first: int, last: int) -> None:
        """The caller is not heard from the one sample to the other; they are stored already."""
        ...

    async def close(self) -> None: ...


class Folder:
    """A shelf on disk."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        self._text = self._wave = -1
        self._text_end = self._sound_end = 0
        """What is written whole."""

    async def open(self) -> None:
        await anyio.to_thread.run_sync(self._open)

    async def store(self, lines: list[str], sound: bytes) -> None:
        await anyio.to_thread.run_sync(self._store, lines, sound)

    async def hush(self, first: int, last: int) -> None:
        await anyio.to_thread.run_sync(self._hush, first, last)

    async def close(self) -> None:
        await anyio.to_thread.run_sync(self._close)

    def _open(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is said in a call is nobody else's business
        if self._text < 0:
            self._text = os.open(self.path / JOURNAL, os.O_WRONLY | os.O_CREAT, 0o666)
            self._text_end = os.lseek(self._text, 0, os.SEEK_END)
        if self._wave < 0:
            self._wave = os.open(self.path / RECORDING, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        if not self._sound_end:
            _write(self._wave, 0, _header(0))

    def _store(self, lines: list[str], sound: bytes) -> None:
        """The sound first: what of it is not counted in its header is as if it were not there."""
        at = HEADER + self._sound_end
        if sound:
            _write(self._wave, at, sound)
        if lines:
            _write(self._text, self._text_end, ("\n".join(lines) + "\n").encode())
        try:
            if sound:  # up to date, so that a crash leaves a wav that plays
                _write(self._wave, 0, _header(self._sound_end + len(sound)))
        except OSError:
            os.ftruncate(self._text, self._text_end)
            raise
        self._sound_end += len(sound)
        self._text_end = os.fstat(self._text).st_size

    def _hush(self, first: int, last: int) -> None:
        at = HEADER + _FRAME * first
        sound = bytearray(os.pread(self._wave, _FRAME * (last - first), at))
        hush_left(sound)
        _write(self._wave, at, bytes(sound))

    def _close(self) -> None:
        for file in (self._text, self._wave):
            if file >= 0:
                os.close(file)
        self._text = self._wave = -1


def _write(file: int, at: int, content: bytes) -> None:
    """All of it there, or the file is no longer than before."""
    size = os.fstat(file).st_size
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(file, content[done:], at + done)
    except OSError:
        os.ftruncate(file, size)
        raise


def _header(size: int) -> bytes:
    """Of a wav with so many bytes of sound."""
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, RATE * _FRAME, _FRAME, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + kind + struct.pack("<4sI", b"data", size)


def hush_left(sound: bytearray) -> None:
    """Of stereo."""
    pairs = len(sound) // _FRAME
    sound[0 : _FRAME * pairs : _FRAME] = sound[1 : _FRAME * pairs : _FRAME] = bytes(pairs)


class Memory:
    """A shelf for rehearsals."""

    name = ""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sound = bytearray()

    async def open(self) -> None:
        """Nothing to open."""

    async def store(self, lines: list[str], sound: bytes) -> None:
        self.lines += lines
        self.sound += sound

    async def hush(self, first: int, last: int) -> None:
        sound = self.sound[_FRAME * first : _FRAME * last]
        hush_left(sound)
        self.sound[_FRAME * first : _FRAME * last] = sound

    async def close(self) -> None:
        """Nothing to close."""

    @property
    def entries(self) -> list[Entry]:
        return [Entry.parse(line) for line in self.lines]
