"""The voices that the server offers: those of the voice files, each with a clip of its own or one that was made for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from agents.errors import FileError
from agents.yaml_file import YamlFile
from voices.engines.chatterbox_options import ChatterboxOptions
from voices.speech_server.model import NoSuchVoice, Style

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ServedVoice:
    """A voice with its clip, and how it speaks when a request says nothing else."""

    id: str
    clip: Path
    style: Style


class Shelf:
    """Reads `<id>.yaml` in the folders (a later one wins) and takes `<clips>/<id>.wav` for voices without a clip of their own."""

    def __init__(self, folders: Sequence[Path], clips: Path | None = None) -> None:
        self._folders = folders
        self._clips = clips
        self._seen: frozenset[tuple[Path, int]] = frozenset()
        self._voices: dict[str, ServedVoice] = {}

    def voices(self) -> dict[str, ServedVoice]:
        """By id, as the disk has them now. Files are read again only when one has changed."""
        paths = [path for folder in self._folders for path in sorted(folder.glob("*.yaml"))]
        seen = frozenset((path, path.stat().st_mtime_ns) for path in (*paths, *self._made().values()))
        if seen != self._seen:
            made = self._made()
            files = {path.stem: path for path in paths}
            found = {name: self._voice(name, path, made.get(name)) for name, path in files.items()}
            self._voices = {name: voice for name, voice in found.items() if voice}
            self._seen = seen
        return self._voices

    def voice(self, name: str) -> ServedVoice:
        """Raises NoSuchVoice."""
        voices = self.voices()
        if name not in voices:
            known = ", ".join(sorted(voices)[:20]) or "none; give a voice a clip: engines.chatterbox.clip in its file"
            raise NoSuchVoice(f"there is no voice {name!r} here; there are: {known}", "voice")
        return voices[name]

    def _made(self) -> dict[str, Path]:
        return {path.stem: path for path in self._clips.glob("*.wav")} if self._clips else {}

    @staticmethod
    def _voice(name: str, path: Path, made: Path | None) -> ServedVoice | None:
        try:
            content: Any = YamlFile(path).data
            part = content.get("engines", {}).get("chatterbox") or {}
            part.pop("gain_db", None)  # the caller's side applies it
            options = ChatterboxOptions.model_validate(part)
            speed, language = float(content.get("speed", 1.0)), str(content.get("language", "en"))
        except (ValueError, AttributeError, TypeError, FileError, ValidationError) as error:
            _log.warning("voice_file_ignored", file=str(path), error=str(error))
            return None
        clip = path.parent / options.clip if options.clip else made
        if clip is None or not clip.is_file():
            if options.clip:
                _log.warning("voice_without_clip", file=str(path), missing=str(clip))
            return None
        style = Style(options.exaggeration, options.cfg_weight, options.temperature, options.seed, speed, language)
        return ServedVoice(name, clip, style)
