"""A voice: `voices/<id>.yaml`, how each engine renders it. Adding a voice is adding a file.

VoiceFileError      a file that is no voice: which file, which line, and the fix
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voices.engines.registry import BY_NAME
from voices.synthesis import Rendering

SHIPPED: Final = Path(__file__).resolve().parent
NOT_VOICES: Final = frozenset({"pronunciation.yaml"})
"""Files that may lie beside voices."""
ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class VoiceFileError(Exception):
    code: ClassVar[str] = "voice_file"
    retryable: ClassVar[bool] = False


class Owner(BaseModel):
    """Whose voice it is. A voice that was cloned from a person always says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    consent: str = Field(min_length=1, max_length=500, description="What they allowed, in their own words.")
    given: date | None = Field(default=None, description="When.")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    description: str = Field(min_length=1, max_length=200)
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47: en, en-GB, de.")
    speed: float = Field(default=1.0, ge=0.5, le=2.0, description="Times each engine's usual pace.")
    like: str | None = Field(default=None, description="The voice whose part is taken for an engine that has none here.")
    owner: Owner | None = Field(default=None, description="Whose voice it is; none for one that nobody has.")
    engines: dict[str, dict[str, Any]] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Voice:
    id: str
    description: str
    renderings: Mapping[str, Rendering]
    """By engine."""
    language: str = "en"
    like: str | None = None
    """The voice that stands in where an engine has no part of this one."""
    owner: Owner | None = None


def load_voices(*folders: Path) -> dict[str, Voice]:
    """The shipped voices and those of the folders; a later file replaces an earlier one of its name. Raises VoiceFileError."""
    files = {
        path.stem: path for folder in (SHIPPED, *folders) for path in sorted(folder.glob("*.yaml")) if path.name not in NOT_VOICES
    }
    return {name: load_voice(path) for name, path in files.items()}


def load_voice(path: Path) -> Voice:
    """One voice's file. Raises VoiceFileError."""
    if not ID.fullmatch(path.stem):
        raise VoiceFileError(f"{path}: a voice's file is named by its id: small letters, digits and hyphens, as in kai.yaml")
    source, content = _read(path)
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        raise _complaint(path, source, error, _File, ()) from error
    renderings = {engine: _rendering(path, source, engine, part, file) for engine, part in file.engines.items()}
    return Voice(path.stem, file.description, renderings, file.language, file.like, file.owner)


def _read(path: Path) -> tuple[str, Any]:
    try:
        source = path.read_text("utf-8")
        return source, yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise VoiceFileError(f"{path}:{line}: this is not YAML: {error.problem}") from error
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise VoiceFileError(f"{path}:1: this cannot be read: {type(error).__name__}; write it anew, as UTF-8 text") from error


def _rendering(path: Path, source: str, engine: str, part: dict[str, Any], file: _File) -> Rendering:
    if engine not in BY_NAME:
        near = get_close_matches(engine, BY_NAME, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(BY_NAME)}"
        raise VoiceFileError(f"{path}:{_line(source, (engine,))}: there is no engine {engine!r}; {hint}")
    options = {key: value for key, value in part.items() if key != "gain_db"}
    model = BY_NAME[engine].options
    try:
        model.model_validate(options)
    except ValidationError as error:
        raise _complaint(path, source, error, model, ("engines", engine)) from error
    gain_db = part.get("gain_db", 0.0)
    if not isinstance(gain_db, int | float) or not -40 <= gain_db <= 40:
        raise VoiceFileError(f"{path}:{_line(source, (engine, 'gain_db'))}: gain_db is a number of dB between -40 and 40")
    digest = sha256(source.encode()).hexdigest()[:16]
    return Rendering(path.stem, engine, float(gain_db), options, file.speed, file.language, path.parent, digest)


def _complaint(path: Path, source: str, error: ValidationError, model: type[BaseModel], above: tuple[str, ...]) -> VoiceFileError:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # a misspelt key is why another one is missing
    where = (*above, *map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        near = get_close_matches(where[-1], model.model_fields, 1)
        known = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(model.model_fields)}"
        return VoiceFileError(f"{path}:{_line(source, where)}: unknown key {'.'.join(where)}; {known}")
    return VoiceFileError(f"{path}:{_line(source, where)}: {'.'.join(where) or 'the file'}: {first['msg']}")


def _line(source: str, keys: tuple[str, ...]) -> int:
    """The line of a key, found level by level; the first line when it is missing."""
    at = 0
    for key in keys:
        found = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*:", re.MULTILINE).search(source, at)
        at = found.end() if found else at
    return source.count("\n", 0, at) + 1
