"""A voice: `voices/<id>.yaml`, how each engine renders it. Adding a voice is adding a file.

VoiceFileError      a file that is no voice: which file, which line, and the fix
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from agents.errors import NO_FOLDER, FileError
from agents.yaml_file import YamlFile, did_you_mean, read_text
from voices.engines.registry import BY_NAME, SYNTHESIZERS
from voices.synthesis import Rendering

SHIPPED: Final = Path(__file__).resolve().parent
NOT_VOICES: Final = frozenset({"pronunciation.yaml"})
"""Files that may lie beside voices."""
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
    errors = [VoiceFileError(folder, NO_FOLDER) for folder in folders if folder.exists() and not folder.is_dir()]
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
        text = read_text(path)
        written = YamlFile(path, text)
        file = written.validate(_File)
    except FileError as error:
        return None, [VoiceFileError(path, error.problem, line=error.line)]
    renderings: dict[str, Rendering] = {}
    wrong: list[VoiceFileError] = []
    parts = {engine.name: dict[str, Any]() for engine in SYNTHESIZERS if engine.any_voice} | file.engines
    for engine, part in parts.items():
        try:
            renderings[engine] = _rendering(written, engine, part, file, sha256(text.encode()).hexdigest()[:16])
        except FileError as error:
            wrong.append(VoiceFileError(path, error.problem, line=error.line))
    voice = Voice(path.stem, file.description, renderings, file.language, file.like, file.owner)
    return voice if renderings.keys() & file.engines.keys() else None, wrong


def _rendering(written: YamlFile, name: str, part: dict[str, Any], file: _File, digest: str) -> Rendering:
    """Raises FileError."""
    path, place = written.path, ("engines", name)
    if (engine := BY_NAME.get(name)) is None:
        raise written.error(place, f"there is no engine `{name}`.{did_you_mean(name, BY_NAME)}")
    options = {key: value for key, value in part.items() if key != "gain_db"}
    if problem := engine.unfit(written.part(engine.options, options, place), path.parent):
        raise written.error(place, f"engines.{name}: {problem}")
    gain_db = part.get("gain_db", 0.0)
    if not isinstance(gain_db, int | float) or not -40 <= gain_db <= 40:
        raise written.error((*place, "gain_db"), "`gain_db` is a number of dB between -40 and 40")
    return Rendering(path.stem, name, float(gain_db), options, file.speed, file.language, path.parent, digest)
