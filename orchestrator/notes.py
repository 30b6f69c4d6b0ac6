"""What a caller asked us to keep, call after call: a Markdown list for each number, which its owner may read and edit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, Protocol

import anyio.to_thread

from agents.errors import ToolError

FOLDER: Final = "notes"
TOLD_AT_MOST: Final = 20  # more would be read out to Claude in every such turn
_ITEM: Final = "- "


class Notes(Protocol):
    """Of one caller."""

    async def keep(self, note: str, on: date) -> None:
        """Raises ToolError."""
        ...

    async def read(self) -> tuple[str, ...]:
        """All, the newest first. Raises ToolError."""
        ...


class NoteFile:
    """Notes on disk, a line each; lines of any other form are the owner's, and stay."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, note: str, on: date) -> None:
        try:
            await anyio.to_thread.run_sync(self._append, f"{_ITEM}{_dated(note, on)}\n")
        except OSError as error:
            raise ToolError(f"It could not be kept: {error.strerror or error}.") from error

    async def read(self) -> tuple[str, ...]:
        try:
            return await anyio.to_thread.run_sync(self._items)
        except (OSError, UnicodeDecodeError) as error:
            raise ToolError(f"The notes cannot be read: {error}.") from error

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's business
        with self._path.open("a+", encoding="utf-8") as file:
            file.seek(0)
            cut_off = file.read()[-1:] not in ("", "\n")  # an editor left the last line open
            file.write("\n" + line if cut_off else line)

    def _items(self) -> tuple[str, ...]:
        if not self._path.exists():
            return ()
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return tuple(line.removeprefix(_ITEM) for line in reversed(lines) if line.startswith(_ITEM))


class NoteList:
    """Notes for rehearsals."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    async def keep(self, note: str, on: date) -> None:
        self.kept.append(_dated(note, on))

    async def read(self) -> tuple[str, ...]:
        return tuple(reversed(self.kept))


def told(notes: Sequence[str], about: str) -> str:
    """For Claude: the notes that share a word with `about` first, then the newest."""
    if not notes:
        return "Nothing has been kept for this caller."
    words = set(about.casefold().split())
    fitting = sorted(notes, key=lambda note: words.isdisjoint(note.casefold().split()))  # stable: still the newest first
    return "\n".join(fitting[:TOLD_AT_MOST])


def _dated(note: str, on: date) -> str:
    return f"{on.isoformat()}: {' '.join(note.split())}"
