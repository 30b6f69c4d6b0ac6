"""What a caller asked us to keep, call after call: a Markdown list for each number, which its owner may read and edit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, Protocol

import anyio.to_thread

from agents import bounds
from agents.errors import ToolError

FOLDER: Final = "notes"
TOLD_AT_MOST: Final = 20  # more would be read out to Claude in every such turn
UNPROVEN: Final = ".unproven.md"
"""Beside a number's notes: what was said without the PIN. Its owner may move lines of it over."""
MOST_UNPROVEN: Final = 65_536  # bytes
_ITEM: Final = "- "


class NotKept(ToolError):
    """A disk did not take it. Whoever acts on it tells the caller."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"It could not be kept: {error.strerror or error}. The caller has been told so.")


class Notes(Protocol):
    """Of one caller."""

    async def keep(self, note: str, on: date, *, proven: bool = True) -> None:
        """On disk when this returns. Not `proven`: whoever said it may not be the owner, so it is kept apart and never read.

        Raises ToolError; NotKept where that was the disk's fault.
        """
        ...

    async def read(self) -> tuple[str, ...]:
        """All, the newest first. Raises ToolError."""
        ...


class NoteFile:
    """Notes on disk, a line each; lines of any other form are the owner's, and stay."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, note: str, on: date, *, proven: bool = True) -> None:
        path = self._path if proven else self._path.with_suffix(UNPROVEN)
        try:
            if not proven and await anyio.to_thread.run_sync(_is_full, path):
                raise ToolError("There is enough written down already for a caller who has not given their PIN.")
            await anyio.to_thread.run_sync(_append, path, f"{_ITEM}{_dated(note, on)}\n")
        except OSError as error:
            raise NotKept(error) from error

    async def read(self) -> tuple[str, ...]:
        try:
            return await anyio.to_thread.run_sync(self._items)
        except (OSError, UnicodeDecodeError) as error:
            raise ToolError(f"The notes cannot be read: {error}.") from error

    def _items(self) -> tuple[str, ...]:
        if not self._path.exists():
            return ()
        lines = _latest(self._path).splitlines()
        return tuple(bounds.note(line.removeprefix(_ITEM)) for line in reversed(lines) if line.startswith(_ITEM))


class NoteList:
    """Notes for rehearsals."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.apart: list[str] = []

    async def keep(self, note: str, on: date, *, proven: bool = True) -> None:
        (self.kept if proven else self.apart).append(_dated(note, on))

    async def read(self) -> tuple[str, ...]:
        return tuple(reversed(self.kept))


def _is_full(path: Path) -> bool:
    return path.exists() and path.stat().st_size > MOST_UNPROVEN


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's business
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        cut_off = file.read(1) not in (b"", b"\n")  # an editor left the last line open
        whole = ("\n" + line if cut_off else line).encode()
        try:
            while whole:
                whole = whole[file.write(whole) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)  # no half of a note
            raise


def _latest(path: Path) -> str:
    """Of a file that is too long, its end, from a whole line on."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - bounds.NOTES_BYTES))
        end = file.read(bounds.NOTES_BYTES)
    return (end.partition(b"\n")[2] if size > bounds.NOTES_BYTES else end).decode("utf-8")


def told(notes: Sequence[str], about: str) -> str:
    """For Claude: the notes that share a word with `about` first, then the newest."""
    if not notes:
        return "Nothing has been kept for this caller."
    words = set(about.casefold().split())
    fitting = sorted(notes, key=lambda note: words.isdisjoint(note.casefold().split()))  # stable: still the newest first
    return "\n".join(fitting[:TOLD_AT_MOST])


def _dated(note: str, on: date) -> str:
    return f"{on.isoformat()}: {bounds.note(note)}"
