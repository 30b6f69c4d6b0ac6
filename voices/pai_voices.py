"""PAI's own voices, read from PAI's own files as they are: ElevenLabs' part of a voice for the assistant and for each agent.

Newest place first: `LIFEOS_CONFIG.toml`, `PAI_CONFIG.yaml`, `settings.json`, `voices.json`, the agents' front matter. What is
broken costs only itself, and is told with its file and line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError

from voices.engines.elevenlabs.settings import FASTEST, SLOWEST
from voices.engines.registry import BY_NAME
from voices.pai_files import PaiFile, front_matter, is_file, json_file, toml_file, yaml_file
from voices.synthesis import Rendering
from voices.voice import ID, SHIPPED, Voice, VoiceFileError

ENGINE: Final = "elevenlabs"
MOST_VOICES: Final = 500
"""Of one file."""
MOST: Final = 1_000
"""Of any number."""
_VOICE_ID: Final = re.compile(r"[A-Za-z0-9]{16,40}")
_IDS: Final = ("voice_id", "voiceId", "mainDAVoiceID")
_NAMES: Final = {
    "stability": ("stability",),
    "similarity_boost": ("similarity_boost", "similarityBoost"),
    "style": ("style",),
    "use_speaker_boost": ("use_speaker_boost", "useSpeakerBoost"),
    "speed": ("speed",),
    "volume": ("volume",),
}
_USER: Final = ("LIFEOS/USER/CONFIG", "PAI/USER/Config", "PAI/USER/CONFIG", "USER/CONFIG", "USER/Config")
_LIFEOS: Final = tuple(f"{folder}/LIFEOS_CONFIG.toml" for folder in _USER)
_PAI: Final = tuple(f"{folder}/PAI_CONFIG.yaml" for folder in _USER)
_SETTINGS: Final = ("settings.json",)
_VOICES: Final = ("VoiceServer/voices.json", "voice-server/voices.json", "voices.json")
_UNNAMED: Final = ("assistant", "default")
"""In `voices.json`: the assistant's, where no file says its name."""


@dataclass(frozen=True, slots=True)
class PaiVoice:
    """One voice as PAI has it."""

    options: Mapping[str, Any]
    """ElevenLabs' part: voice_id, and those of the numbers that are set."""
    path: Path
    """Where it is written."""


@dataclass(frozen=True, slots=True)
class PaiVoices:
    """Every voice that PAI has, and what is wrong with its files."""

    assistant: PaiVoice | None = None
    name: str = ""
    """The assistant's, as PAI says it; empty where it says none."""
    agents: Mapping[str, PaiVoice] = field(default_factory=dict[str, PaiVoice])
    """By agent id."""
    errors: tuple[VoiceFileError, ...] = ()


def root(folder: Path) -> Path:
    """Where `settings.json` lies: PAI_DIR may be that folder, or the folder PAI or LIFEOS in it."""
    inner = folder.name.upper() in ("PAI", "LIFEOS") and is_file(folder.parent / "settings.json")
    return folder.parent if inner else folder


def places(folder: Path) -> tuple[Path, ...]:
    """All files that `read_pai_voices` may look for, but agents. They need not exist."""
    return tuple(root(folder) / place for place in (*_LIFEOS, *_PAI, *_SETTINGS, *_VOICES))


def read_pai_voices(folder: Path | None, agents: Mapping[str, Path]) -> PaiVoices:
    """`folder` is PAI's, usually ~/.claude; `agents` are Markdown files by agent id. Never raises for what they hold."""
    found = _Found()
    if folder is not None:
        for names, read in ((_LIFEOS, toml_file), (_PAI, yaml_file), (_SETTINGS, json_file)):
            if file := found.open(root(folder), names, read):
                found.identity(file)
        if file := found.open(root(folder), _VOICES, json_file):
            found.listed(file)
    for one, path in agents.items():
        if file := found.open(path.parent, (path.name,), front_matter):
            found.agent(one, file)
    return PaiVoices(found.assistant, found.name, found.agents, tuple(found.errors))


def voice_id(name: str) -> str | None:
    """`ClaudeResearcher` is claude-researcher; None for a name that gives no id."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+", "-", name[:200]).strip("-").lower()[:40]
    return words.rstrip("-") if ID.fullmatch(words) else None


def as_voice(one: str, pai: PaiVoice, file: Voice | None, like: str | None) -> Voice:
    """PAI's voice under that id: as ElevenLabs' part of the voice in the file of that id, unless a file of the user's has one.

    Where there is no such file, `like` is the voice that other engines take instead.
    """
    options = dict(pai.options)
    digest = sha256(json.dumps(options, sort_keys=True, default=str).encode()).hexdigest()[:16]
    part = Rendering(one, ENGINE, options=options, folder=pai.path.parent, digest=digest)
    if file is None:
        return Voice(one, f"PAI's, from {pai.path.name}.", {ENGINE: part}, like=like)
    own = any(rendering.folder != SHIPPED for rendering in file.renderings.values())
    if own and ENGINE in file.renderings:
        return file
    part = replace(part, language=file.language)
    return replace(file, renderings={**file.renderings, ENGINE: part})


class _Found:
    """What was read so far; the first place that has something keeps it."""

    def __init__(self) -> None:
        self.assistant: PaiVoice | None = None
        self.name = ""
        self.agents: dict[str, PaiVoice] = {}
        self.errors: list[VoiceFileError] = []

    def open(self, folder: Path, names: tuple[str, ...], read: Callable[[Path], PaiFile]) -> PaiFile | None:
        try:
            path = next((path for name in names if is_file(path := folder / name)), None)
            return read(path) if path else None
        except VoiceFileError as error:
            self.errors.append(error)
            return None

    def identity(self, file: PaiFile) -> None:
        """`da` or `daidentity`: its name, its voice as `voices.main` or `voice` and `voiceId`, and other voices by name."""
        key = "daidentity" if "daidentity" in file.data else "da"
        said = _map(file.data.get(key))
        name = said.get("name")
        if not self.name and isinstance(name, str) and "{" not in name:
            self.name = " ".join(name.split())[:40]
        voices = _map(said.get("voices"))
        main = _map(voices.get("main"))
        numbers = {**_map(said.get("voice")), **main}
        self.assistant = self.assistant or self._voice(file, (key, "voices", "main"), numbers, main, said)
        for other, part in _entries(voices):
            if other != "main":
                self._add(file, other, (key, "voices", other), part)

    def listed(self, file: PaiFile) -> None:
        """`voices` by agent."""
        voices = _map(file.data.get("voices"))
        for one, part in _entries(voices):
            if one not in _UNNAMED:
                self._add(file, one, ("voices", one), part)
        if self.name and (own := self.agents.get(voice_id(self.name) or "")):
            self.assistant = self.assistant or own
        for one in _UNNAMED:
            self.assistant = self.assistant or self._voice(file, ("voices", one), _map(voices.get(one)))

    def agent(self, one: str, file: PaiFile) -> None:
        """`voiceId` and `voice` of an agent's front matter."""
        part = _map(file.data.get("voice"))
        if one not in self.agents and (voice := self._voice(file, ("voice",), part, file.data, part)):
            self.agents[one] = voice

    def _add(self, file: PaiFile, name: str, place: tuple[str, ...], part: Mapping[str, Any]) -> None:
        one = voice_id(name)
        if one and one not in self.agents and (voice := self._voice(file, place, part)):
            self.agents[one] = voice

    def _voice(self, file: PaiFile, place: tuple[str, ...], part: Mapping[str, Any], *ids: Mapping[str, Any]) -> PaiVoice | None:
        """The numbers of `part`, and the id from the first of `ids` that has one. None without an id that ElevenLabs could know:
        a template's `{YOUR_VOICE_ID}`, or a voice of macOS."""
        said = (one[name] for one in ids or (part,) for name in _IDS if isinstance(one.get(name), str))
        if (found := next((one for one in said if _VOICE_ID.fullmatch(one)), None)) is None:
            return None
        options = {key: part[name] for key, names in _NAMES.items() for name in names if part.get(name) is not None}
        speed = options.get("speed")
        if isinstance(speed, int | float) and 0 < speed < MOST and not SLOWEST <= speed <= FASTEST:
            options["speed"] = near = min(max(speed, SLOWEST), FASTEST)
            self._tell(file, place, part, "speed", f"is {speed!r}, and ElevenLabs has {SLOWEST} to {FASTEST}: {near} is used")
        for key, problem in _wrong(found, options):
            self._tell(file, place, part, key, f"{problem}; it is not used")
            del options[key]
        return PaiVoice({"voice_id": found, **options}, file.path)

    def _tell(self, file: PaiFile, place: tuple[str, ...], part: Mapping[str, Any], key: str, problem: str) -> None:
        line = file.line((*place, next(name for name in _NAMES[key] if name in part)))
        self.errors.append(VoiceFileError(file.path, f"{'.'.join(place)}.{key} {problem}", line=line))


def _wrong(found: str, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The options that ElevenLabs would refuse, and why; each once."""
    wrong: dict[str, str] = {}
    for key, value in options.items():
        if key == "use_speaker_boost":
            if not isinstance(value, bool):
                wrong[key] = f"is true or false, not {_shown(value)}"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not -MOST < value < MOST:
            wrong[key] = f"is a number, not {_shown(value)}"
    try:
        if engine := BY_NAME.get(ENGINE):
            engine.options.model_validate({"voice_id": found, **{key: options[key] for key in options.keys() - wrong.keys()}})
    except ValidationError as error:
        for one in error.errors(include_url=False):
            if (key := str(one["loc"][0])) in options:
                wrong.setdefault(key, f"is {options[key]!r:.40}: {one['msg'][:1].lower()}{one['msg'][1:]}")
    return [*wrong.items()]


def _shown(value: object) -> str:
    """Short, and also for an integer of more digits than Python writes."""
    return "one so large" if isinstance(value, int) and abs(value) >= MOST else f"{value!r:.40}"


def _map(value: Any) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _entries(voices: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in islice(voices.items(), MOST_VOICES):
        yield str(name), _map(part)
