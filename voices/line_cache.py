"""Fixed lines on disk: rendered once for each voice and engine, and read back at the first sound of a call."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, cast
from zlib import crc32

import structlog
from anyio import to_thread

from voices.synthesis import Mark, Rendering, Sound

_log = structlog.get_logger(__name__)

FORMAT: Final = 1
_ENDING: Final = ".line"
_MOST_BYTES: Final = 4_000_000  # of one file: two minutes of sound


@dataclass(frozen=True, slots=True)
class LineKey:
    """What a line's sound depends on."""

    text: str
    spoken: str
    """The text as the engine gets it."""
    rendering: Rendering
    stamp: str
    """The engine's version and settings."""

    @property
    def name(self) -> str:
        one = self.rendering
        options = json.dumps(dict(one.options), sort_keys=True, default=str)
        how = (one.engine, one.voice, one.digest, one.gain_db, one.speed, one.language, options)
        return sha256(repr((FORMAT, self.text, self.spoken, self.stamp, *how)).encode()).hexdigest()[:40]


class LineCache:
    """Up to so many bytes in one folder; of more, the least recently used goes. A file that is damaged counts as none."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self.limit_bytes = folder, limit_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()

    async def open(self) -> None:
        """Looks at what is there. Where the folder cannot be used, nothing is kept, and the log says so."""
        try:
            self._sizes = await to_thread.run_sync(self._look)
        except OSError as error:
            _log.warning("line_cache_unusable", folder=str(self._folder), error=str(error), fix="make the folder writable")
            self.limit_bytes = 0

    def size(self, key: LineKey) -> int:
        """Bytes that are kept of it; 0 if it is not there. What is asked for is kept longer than what is not."""
        if key.name in self._sizes:
            self._sizes.move_to_end(key.name)
        return self._sizes.get(key.name, 0)

    async def get(self, key: LineKey) -> Sound | None:
        if not self.size(key):
            return None
        sound = await to_thread.run_sync(self._read, key.name)
        if sound is None:
            self._sizes.pop(key.name, None)
        return sound

    async def put(self, key: LineKey, sound: Sound) -> None:
        """Keeps it; where that fails it is not kept."""
        content = _encode(sound)
        if len(content) > min(_MOST_BYTES, self.limit_bytes):
            return
        self._sizes.pop(key.name, None)
        gone: list[str] = []
        while self._sizes and sum(self._sizes.values()) + len(content) > self.limit_bytes:
            gone.append(self._sizes.popitem(last=False)[0])
        if await to_thread.run_sync(self._write, key.name, content, gone):
            self._sizes[key.name] = len(content)

    # --- in a thread --------------------------------------------------------------------------------------------------

    def _look(self) -> OrderedDict[str, int]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        found: list[tuple[float, str, int]] = []
        for path in self._folder.iterdir():
            about = path.stat()
            if path.suffix == _ENDING and about.st_size:
                found.append((about.st_mtime, path.stem, about.st_size))
            else:
                path.unlink(missing_ok=True)  # half a file of a server that was stopped
        return OrderedDict((name, size) for _, name, size in sorted(found))

    def _read(self, name: str) -> Sound | None:
        path = self._folder / f"{name}{_ENDING}"
        with suppress(OSError):
            sound = _decode(path.read_bytes()[:_MOST_BYTES])
            if sound is None:
                path.unlink()
            else:
                os.utime(path)
            return sound
        return None

    def _write(self, name: str, content: bytes, gone: list[str]) -> bool:
        try:
            for other in gone:
                (self._folder / f"{other}{_ENDING}").unlink(missing_ok=True)
            with NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                file.write(content)
            Path(file.name).replace(self._folder / f"{name}{_ENDING}")
        except OSError as error:
            _log.warning("line_not_kept", folder=str(self._folder), error=str(error))
            return False
        return True


def _encode(sound: Sound) -> bytes:
    marks = [[mark.char, mark.at_s] for mark in sound.marks]
    head = {"format": FORMAT, "marks": marks, "bytes": len(sound.pcm), "crc32": crc32(sound.pcm)}
    return json.dumps(head).encode() + b"\n" + sound.pcm


def _decode(content: bytes) -> Sound | None:
    head, _, pcm = content.partition(b"\n")
    try:
        about = cast("dict[str, Any]", json.loads(head))
        marks = tuple(Mark(int(char), float(at_s)) for char, at_s in about["marks"])
        whole = (about["format"], about["bytes"], about["crc32"]) == (FORMAT, len(pcm), crc32(pcm))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Sound(pcm, marks) if whole and len(pcm) % 2 == 0 else None
