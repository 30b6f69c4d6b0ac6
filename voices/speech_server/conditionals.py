"""What a model makes of each clip, made once: on disk under the clip's hash and the model's name, and the latest in memory."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from voices.speech_server.model import SpeechModel

_log = structlog.get_logger(__name__)
_IN_MEMORY: Final = 64  # voices; a few hundred kB each
_LARGEST_CLIP: Final = 50_000_000  # bytes


class ConditionalsCache:
    """Used by one thread at a time. What is in memory belongs to one loaded model, so `forget` is called when it goes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[Path, tuple[tuple[int, int], str]] = {}
        self._loaded: OrderedDict[str, Any] = OrderedDict()

    def of(self, clip: Path, model: SpeechModel) -> Any:
        """The clip's conditionals. Raises BadRequest when the clip cannot be used, OSError when it cannot be read."""
        name = f"{self._hash(clip)}-{model.key}"
        if name not in self._loaded:
            self._loaded[name] = self._from_disk(name, model) or self._prepared(clip, name, model)
            if len(self._loaded) > _IN_MEMORY:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def forget(self) -> None:
        self._loaded.clear()

    def _from_disk(self, name: str, model: SpeechModel) -> Any:
        path = self._folder / f"{name}.pt"
        if not path.is_file():
            return None
        try:
            return model.load(path)
        except Exception as error:  # noqa: BLE001  whatever a damaged file does to a loader
            _log.warning("conditionals_damaged", file=str(path), error=str(error))
            return None

    def _prepared(self, clip: Path, name: str, model: SpeechModel) -> Any:
        made = model.prepare(clip)
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{name}.partial"
        model.save(made, partial)
        partial.replace(self._folder / f"{name}.pt")
        _log.info("conditionals_prepared", clip=clip.name, model=model.key)
        return made

    def _hash(self, clip: Path) -> str:
        status = clip.stat()
        if status.st_size > _LARGEST_CLIP:
            raise OSError(f"{clip} has {status.st_size} bytes; a clip of 10 to 15 s is enough")
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._hashes.get(clip)
        if known is None or known[0] != stamp:
            known = self._hashes[clip] = stamp, sha256(clip.read_bytes()).hexdigest()[:24]
        return known[1]
