"""`pai-voice voices import`: PAI's voices as files, to be changed and to be kept when PAI goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestrator.config import Settings
from orchestrator.errors import NotWritten
from orchestrator.rosters import lineup_of
from voices.engines.registry import BY_NAME
from voices.pai_voices import ENGINE
from voices.synthesis import Rendering
from voices.voice import Voice, load_voice


@dataclass(frozen=True)
class Imported:
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Those that are there already, and were not touched."""
    wrong: tuple[str, ...]
    """What could not be taken as it stands there."""


def import_voices(settings: Settings, folder: Path | None, out: Path, *, force: bool) -> Imported:
    """One file for each voice that PAI has, in `out`; `folder` is PAI's, that of the settings if left out.

    Raises NotWritten where there is no such engine, folder or voice; OSError.
    """
    if ENGINE not in BY_NAME:
        raise NotWritten(f"PAI's voices are ElevenLabs', and there is no engine {ENGINE} here", "install a newer PAI Voice")
    place = (folder or settings.voices.pai or Path("~/.claude")).expanduser()
    if not place.is_dir():
        raise NotWritten(f"there is no folder {place}", "give PAI's folder, usually ~/.claude, with --from")
    voices = settings.voices.model_copy(update={"pai": place, "folders": ()})  # as they are in PAI, not as your files change them
    lineup = lineup_of(settings.model_copy(update={"voices": voices}))
    ours = {one: voice for one, voice in sorted(lineup.voices.items()) if _is_pais(voice, lineup.files.voices.get(one))}
    wrong = tuple(str(error) for error in lineup.pai.errors)
    if not ours:
        raise NotWritten("; ".join((f"PAI has no voices of ElevenLabs in {place}", *wrong)), "give PAI's folder with --from")
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    kept: list[Path] = []
    for one, voice in ours.items():
        path = out / f"{one}.yaml"
        if path.exists() and not force:
            kept.append(path)
            continue
        path.write_text(_yaml(voice), encoding="utf-8")
        load_voice(path)
        written.append(path)
    return Imported(tuple(written), tuple(kept), wrong)


def _is_pais(voice: Voice, file: Voice | None) -> bool:
    part = voice.renderings.get(ENGINE)
    return part is not None and (file is None or file.renderings.get(ENGINE) != part)


def _yaml(voice: Voice) -> str:
    """With the parts of other engines, so that a shipped voice which it replaces keeps them; not with those that name files."""
    content: dict[str, Any] = {"description": voice.description}
    if voice.language != "en":
        content["language"] = voice.language
    if voice.like:
        content["like"] = voice.like
    parts = voice.renderings.items()
    content["engines"] = {name: _part(part) for name, part in parts if part.options and not _names_files(part)}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _part(part: Rendering) -> dict[str, Any]:
    return {**({"gain_db": part.gain_db} if part.gain_db else {}), **part.options}


def _names_files(part: Rendering) -> bool:
    return any(isinstance(value, str) and (part.folder / value).is_file() for value in part.options.values())
