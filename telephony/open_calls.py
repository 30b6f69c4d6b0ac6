"""The calls that are up, noted on disk: after a crash, the server that comes back ends those that nobody is at any more."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO, TypeVar

import anyio
import anyio.to_thread
import msgspec
import structlog

from telephony.acs_rest import CallControl, ConnectRequest
from telephony.acs_settings import AcsSettings
from telephony.line import LineClosed, LineError, LineRefused

FOLDER: Final = "lines"
LOCK: Final = "server"
MOST: Final = 1_000  # notes that are read: above what a server has up at a time
NOTE_BYTES: Final = 64_000  # of one that is read
WITHIN_S: Final = 6.0  # for the end of each
AGAIN_S: Final = (0.0, 0.5, 1.0, 2.0)  # before each try
Got = TypeVar("Got")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Note:
    """Azure's id of the call; until that is known, what Azure was sent to connect it."""

    connection_id: str = ""
    request: ConnectRequest | None = None


class OpenCalls:
    """One file for each call: its name is our id of the call, its lines are notes as JSON.

    A disk that takes no note costs no call. Without a folder nothing is noted, and nothing is left.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock: TextIO | None = None
        self._unknown: set[str] = set()

    def close(self) -> None:
        """As our death does: what is noted is nobody's any more."""
        if self._lock is not None:
            self._lock.close()

    async def note(self, call_id: str, note: Note) -> None:
        """Before Azure is asked to connect it, and again when Azure's id is known."""
        await self._on_disk(lambda folder: _append(folder / call_id, note))

    async def over(self, call_id: str) -> None:
        await self._on_disk(lambda folder: (folder / call_id).unlink(missing_ok=True))

    async def end_left(self, settings: AcsSettings) -> None:
        """End what our dead self left, before anybody is rung. What a server has that is alive is let be."""
        left = await self._on_disk(self._taken_over) or {}
        if not left:
            return
        async with CallControl.open(settings) as control, anyio.create_task_group() as tasks:
            for call_id, note in left.items():
                tasks.start_soon(self.end, control, call_id, note)

    def left(self, call_id: str) -> bool:
        """A crash left it before Azure's id of it was known, nor could Azure be asked: who hears the id should `end` it."""
        return call_id in self._unknown

    async def end(self, control: CallControl, call_id: str, note: Note) -> None:
        """One that was left. Where Azure cannot be told now, the next start tries again."""
        self._unknown.discard(call_id)
        if note == Note():  # the death fell before Azure was asked
            await self.over(call_id)
            return
        with anyio.move_on_after(WITHIN_S):
            for wait_s in AGAIN_S:
                await anyio.sleep(wait_s)
                if await self._ended(control, note):
                    await self.over(call_id)
                    return
        if not note.connection_id:
            self._unknown.add(call_id)
        log.warning("left_call_not_ended", call_id=call_id)

    async def _ended(self, control: CallControl, note: Note) -> bool:
        try:
            if connection_id := note.connection_id or await self._asked(control, note.request):
                await control.hang_up(connection_id)
        except LineClosed:
            return True
        except LineError:
            return False
        if connection_id:
            log.info("left_call_ended")
        return bool(connection_id)

    async def _asked(self, control: CallControl, request: ConnectRequest | None) -> str:
        """Azure's id of the call, by sending the same request again. Raises LineClosed, LineDown."""
        if request is None:
            return ""
        try:
            return await control.connect(request)
        except LineRefused as error:
            raise LineClosed("it was not connected, and is not any more") from error

    def _taken_over(self, folder: Path) -> dict[str, Note]:
        """The calls of a server that is dead, by the lock that it holds no more."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return {}
        self._lock = lock  # until we die
        notes = sorted(path for path in folder.iterdir() if path.name != LOCK)[:MOST]
        return {path.name: _read(path) for path in notes}

    async def _on_disk(self, act: Callable[[Path], Got]) -> Got | None:
        """It is done to its end, whoever is cancelled meanwhile: a note that is left behind would be taken for a call."""
        folder = self._folder
        if folder is None:
            return None
        try:
            with anyio.CancelScope(shield=True):
                return await anyio.to_thread.run_sync(act, folder)
        except OSError as error:
            log.warning("open_call_not_noted", error=str(error))
            return None


def _append(path: Path, note: Note) -> None:
    """A line of its own, so that a death in the middle of it leaves those before."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(note) + b"\n")


def _read(path: Path) -> Note:
    """The last that is whole."""
    for line in reversed(path.read_bytes()[:NOTE_BYTES].split(b"\n")):
        with suppress(msgspec.MsgspecError):
            return msgspec.json.decode(line, type=Note)
    return Note()
