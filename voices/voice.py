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
from types import MappingProxyType
from typing import Any, ClassVar, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.plain_errors import described, plain
from voices.engines.registry import BY_NAME, SYNTHESIZERS
from voices.synthesis import Rendering

SHIPPED: Final = Path(__file__).resolve().parent
NOT_VOICES: Final = frozenset({"pronunciation.yaml"})
"""Files that may lie beside voices."""
MAX_BYTES: Final = 64 * 1024
ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class VoiceFileError(Exception):
    """Reads `file:line: problem and fix`."""

    code: ClassVar[str] = "voice_file"
    retryable: ClassVar[bool] = False

    def __init__(self, path: Path, problem: str, *, line: int = 1) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path, self.problem, self.line = path, problem, line


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


NONE: Final[Mapping[str, Voice]] = MappingProxyType({})


class PlainLoader(yaml.SafeLoader):
    """SafeLoader without merge keys (`<<`), of which a small file can make a huge one."""

    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012  (PyYAML's own name and form)
        first: found for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items() if first != "<"
    }


@dataclass(frozen=True, slots=True)
class VoiceFiles:
    """What the files of some folders hold, and all that is wrong with them."""

    voices: Mapping[str, Voice]
    errors: tuple[VoiceFileError, ...] = ()

    @property
    def unusable(self) -> frozenset[str]:
        """Ids of files that are no voice now, with nothing in their place."""
        return frozenset(error.path.stem for error in self.errors) - self.voices.keys()


def load_voices(*folders: Path) -> dict[str, Voice]:
    """The shipped voices and those of the folders; a later file replaces an earlier one of its name. Raises VoiceFileError."""
    found = read_voices(*folders)
    if found.errors:
        raise found.errors[0]
    return dict(found.voices)


def read_voices(*folders: Path, last_good: Mapping[str, Voice] = NONE) -> VoiceFiles:
    """As `load_voices`, but a broken file costs only itself: the voice it last was stays, else the parts of it that are right,
    else the voice of the same name in an earlier folder."""
    stacks: dict[str, list[Path]] = {}
    for folder in (SHIPPED, *folders):
        for path in sorted(folder.glob("*.yaml")):
            if path.name not in NOT_VOICES and not path.name.startswith("."):
                stacks.setdefault(path.stem, []).append(path)
    voices: dict[str, Voice] = {}
    errors: list[VoiceFileError] = []
    for name, paths in stacks.items():
        for path in reversed(paths):
            voice, wrong = _read_voice(path)
            errors += wrong
            if found := last_good.get(name, voice) if wrong else voice:
                voices[name] = found
                break
    return VoiceFiles(voices, tuple(errors))


def load_voice(path: Path) -> Voice:
    """One voice's file. Raises VoiceFileError."""
    voice, wrong = _read_voice(path)
    if voice is None or wrong:
        raise wrong[0]
    return voice


def _read_voice(path: Path) -> tuple[Voice | None, list[VoiceFileError]]:
    """The voice with those of its parts that are right, None where there are none; and what is wrong."""
    if not ID.fullmatch(path.stem):
        return None, [
            VoiceFileError(path, "a voice's file is named by its id: small letters, digits and hyphens, as in kai.yaml")
        ]
    if path.exists() and not path.is_file():  # to open a pipe is to wait for its other end
        return None, [VoiceFileError(path, "is no file; move it away")]
    try:
        source, content = _read(path)
        file = _validated(path, source, content)
    except VoiceFileError as error:
        return None, [error]
    renderings: dict[str, Rendering] = {}
    wrong: list[VoiceFileError] = []
    parts = {engine.name: dict[str, Any]() for engine in SYNTHESIZERS if engine.any_voice} | file.engines
    for engine, part in parts.items():
        try:
            renderings[engine] = _rendering(path, source, engine, part, file)
        except VoiceFileError as error:
            wrong.append(error)
    voice = Voice(path.stem, file.description, renderings, file.language, file.like, file.owner)
    return voice if renderings.keys() & file.engines.keys() else None, wrong


def _read(path: Path) -> tuple[str, Any]:
    try:
        with path.open("rb") as opened:
            blob = opened.read(MAX_BYTES + 1)
        if len(blob) > MAX_BYTES:
            raise VoiceFileError(path, f"is larger than {MAX_BYTES:,} bytes, which no voice needs; shorten it")
        source = blob.decode("utf-8-sig")
        return source, yaml.load(source, PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise VoiceFileError(path, f"this is not YAML: {error.problem}", line=line) from error
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise VoiceFileError(path, f"this cannot be read: {type(error).__name__}; write it anew, as UTF-8 text") from error


def _validated(path: Path, source: str, content: Any) -> _File:
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        raise _complaint(path, source, error, _File, ()) from error


def _rendering(path: Path, source: str, name: str, part: dict[str, Any], file: _File) -> Rendering:
    if (engine := BY_NAME.get(name)) is None:
        near = get_close_matches(name, BY_NAME, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(BY_NAME)}"
        raise VoiceFileError(path, f"there is no engine {name!r}; {hint}", line=line_of(source, ("engines", name)))
    options = {key: value for key, value in part.items() if key != "gain_db"}
    try:
        checked = engine.options.model_validate(options)
    except ValidationError as error:
        raise _complaint(path, source, error, engine.options, ("engines", name)) from error
    if problem := engine.unfit(checked, path.parent):
        raise VoiceFileError(path, f"engines.{name}: {problem}", line=line_of(source, ("engines", name)))
    gain_db = part.get("gain_db", 0.0)
    if not isinstance(gain_db, int | float) or not -40 <= gain_db <= 40:
        line = line_of(source, ("engines", name, "gain_db"))
        raise VoiceFileError(path, "gain_db is a number of dB between -40 and 40", line=line)
    digest = sha256(source.encode()).hexdigest()[:16]
    return Rendering(path.stem, name, float(gain_db), options, file.speed, file.language, path.parent, digest)


def _complaint(path: Path, source: str, error: ValidationError, model: type[BaseModel], above: tuple[str, ...]) -> VoiceFileError:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # a misspelt key is why another one is missing
    where = (*above, *map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        near = get_close_matches(where[-1], model.model_fields, 1)
        known = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(model.model_fields)}"
        return VoiceFileError(path, f"unknown key {'.'.join(where)}; {known}", line=line_of(source, where))
    what = plain(first, described(model, first["loc"]))
    return VoiceFileError(path, f"{'.'.join(where) or 'the file'}: {what}", line=line_of(source, where))


def line_of(source: str, keys: tuple[str, ...]) -> int:
    """The line of a key, found level by level; that of the nearest one around it where it is not on a line of its own."""
    at = 0
    for key in keys:
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[:=]", re.MULTILINE).search(source, at)
        at = found.end() if found else at
    return source.count("\n", 0, at) + 1
