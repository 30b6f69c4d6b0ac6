"""The settings: one frozen tree, from `pai-voice.toml` and the environment, read once. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from agents import bounds
from agents.claude import BrainSettings
from agents.mcp_server import McpSettings
from agents.pai import PaiSettings
from agents.plain_errors import described, fields, nearest, plain, told
from agents.strict import Strict
from orchestrator.delivery import CallbackSettings
from orchestrator.earcons import EarconSettings
from orchestrator.errors import ConfigError
from orchestrator.patience import PatienceSettings
from orchestrator.settings_environment import put, strangers, variables
from orchestrator.settings_file import FILE, SettingsFile, found
from orchestrator.thread import LONGEST_TOKENS
from telephony.acs_settings import AcsSettings
from telephony.admission import AdmissionPolicy
from voices.engines.elevenlabs import ElevenLabsSettings
from voices.settings import EarSettings, Folder, Folders, VoiceSettings


def _server_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,29}", name):
        raise ValueError("a server's name is a-z, 0-9 and -, starting with a letter, at most 30; rename it")
    return name


ServerName = Annotated[str, AfterValidator(_server_name)]


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        near = get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"there is no such time zone; {f'did you mean `{near[0]}`?' if near else 'one is Europe/Vienna'}")
    return name


class HouseSettings(Strict):
    place: str = Field(
        default="",
        max_length=80,
        pattern=r"^[^\r\n<>\[\]]*$",
        description="Where you live, for the agents to know: `Vienna, Austria`.",
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="", description="IANA name of its time zone: Europe/Vienna. If not set: the machine's."
    )


class ServerSettings(Strict):
    host: str = "127.0.0.1"
    port: int = Field(default=8060, ge=0, le=65_535)


class MindSettings(Strict):
    router_model: str = "claude-haiku-5-5"
    history_tokens: int = Field(
        default=LONGEST_TOKENS, ge=500, description="How much of a call goes to Claude with each turn; of more, the later half."
    )


MUSIC: Final = ("composed", "off", "elevenlabs")


def _music(value: object) -> object:
    """A folder is written as a path, so that a slip of the pen is not taken for one."""
    if isinstance(value, Path) or value in MUSIC:
        return value
    if not isinstance(value, str) or not set(value) & {"/", "\\", "~"}:
        raise ValueError(f"must be one of {', '.join(MUSIC)}, or a folder such as ./music")
    return bounds.path(value)


class HoldSettings(Strict):
    music: Annotated[Literal["composed", "off", "elevenlabs"] | Path, BeforeValidator(_music)] = Field(
        default="composed",
        description="What callers hear while work runs: music that is composed, none, ElevenLabs', or that in a folder of yours.",
    )


class TaskSettings(Strict):
    database: SecretStr | None = Field(
        default=None, description="Where long work is kept: `postgresql://…`, for several servers; a file in `home` if left out."
    )

    @field_validator("database")
    @classmethod
    def _postgres(cls, database: SecretStr | None) -> SecretStr | None:
        url = "postgresql://" if database is None else database.get_secret_value()
        try:
            known = url.startswith("postgresql://") and urlsplit(url).port != 0
        except ValueError:  # the port is no number
            known = False
        if not known:
            raise ValueError("is a URL: postgresql://USER:PASSWORD@HOST/DATABASE")
        return database


class LogSettings(Strict):
    level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None,
        description="If not set: info for what serves, warning for what people watch. "
        "At debug `serve` also reports each stall of its event loop over 20 ms, with its stack.",
    )


class Settings(Strict):
    """Everything that can be set. A section that is left out has its defaults; without `[acs]` there is no ACS line."""

    home: Folder = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("pai-voice")), description="Calls, notes, long work, music."
    )
    agents: Folders = Field(
        default_factory=lambda: (Path(platformdirs.user_config_dir("pai-voice")) / "agents", Path("agents")),
        description="Your own agents, over the shipped ones; of two of the same name, that in the later folder counts.",
    )
    voices: VoiceSettings = VoiceSettings()
    house: HouseSettings = HouseSettings()
    server: ServerSettings = ServerSettings()
    acs: AcsSettings | None = None
    admission: AdmissionPolicy = AdmissionPolicy()
    claude: BrainSettings = BrainSettings(idle_s=2.5)
    tools: Mapping[ServerName, McpSettings] = Field(default={}, description="MCP servers, by the names that agents use.")
    ears: EarSettings = EarSettings()
    mind: MindSettings = MindSettings()
    pai: PaiSettings = PaiSettings()
    hold: HoldSettings = HoldSettings()
    earcons: EarconSettings = EarconSettings()
    tasks: TaskSettings = TaskSettings()
    callback: CallbackSettings = CallbackSettings()
    patience: PatienceSettings = PatienceSettings()
    log: LogSettings = LogSettings()

    @field_validator("hold")
    @classmethod
    def _music_has_its_key(cls, hold: HoldSettings, others: ValidationInfo) -> HoldSettings:
        if hold.music == "elevenlabs" and "voices" in others.data and _elevenlabs(others.data["voices"]).key is None:
            raise ValueError("music is `elevenlabs`, but it has no key; set `key` in [voices.elevenlabs], or ELEVENLABS_API_KEY")
        return hold

    @property
    def elevenlabs_key(self) -> SecretStr | None:
        """One key for ElevenLabs' voices and its music."""
        return _elevenlabs(self.voices).key


def _elevenlabs(voices: VoiceSettings) -> ElevenLabsSettings:
    return cast("ElevenLabsSettings", voices.of("elevenlabs"))


@dataclass(frozen=True)
class Config:
    """The settings, and where each one that is not a default came from."""

    settings: Settings
    origins: Mapping[tuple[str, ...], str]
    warnings: tuple[str, ...] = ()
    """What looks like a setting, and is none."""

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Key, value and origin of every setting; secrets are masked."""
        for path, value in _leaves(self.settings):
            yield ".".join(path), _shown(value), self.origins.get(path, "default")


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Config:
    """From the file that PAI_VOICE_CONFIG names, else `pai-voice.toml` in `folder` (the current one) or in the user's
    configuration; the environment wins over it. Raises ConfigError, with all that is wrong."""
    environ = os.environ if environ is None else environ
    path = found(environ, folder or Path.cwd())
    file = SettingsFile.read(path) if path else SettingsFile()
    origins = {path: str(file.path) for path, _ in _leaves(file.tree)}
    tree = deepcopy(file.tree)
    for name, keys in variables(environ, Settings):
        put(tree, keys, environ[name], name)
        origins[keys] = name
    try:
        return Config(Settings.model_validate(tree), origins, strangers(environ, Settings))
    except ValidationError as error:
        raise ConfigError(_explain(error, file, origins), "correct it there and run the command again") from None


def private(settings: Settings) -> tuple[Path, ...]:
    """What is the phone's own, and never the work's: the data folder and the settings."""
    file = found(os.environ, Path.cwd())
    places = (settings.home, Path(platformdirs.user_config_dir("pai-voice")), *([file] if file else []))
    return tuple(place.absolute() for place in places)


def guarded(settings: Settings) -> tuple[Path, ...]:
    """What the work writes only after a question: agents and voices say what may be done, and by whom."""
    return tuple(place.absolute() for place in (*settings.agents, *settings.voices.folders))


def surroundings() -> dict[str, str]:
    """The environment as it is, for what hands a part of it on."""
    return dict(os.environ)


def _leaves(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    match value:
        case BaseModel():
            inner = {key: getattr(value, key) for key in type(value).model_fields}
        case Mapping():
            inner = dict(cast("Mapping[str, Any]", value))
        case _:
            yield above, value
            return
    for key, part in inner.items():
        yield from _leaves(part, (*above, key))


def _shown(value: Any) -> str:
    match value:
        case SecretStr():
            return "********" if value.get_secret_value() else ""
        case None:
            return ""
        case frozenset():
            return ", ".join(sorted(map(str, value)))
        case tuple() | list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _explain(error: ValidationError, file: SettingsFile, origins: Mapping[tuple[str, ...], str]) -> str:
    """A line for each wrong setting: where it was set, its key, what is wrong. Never its value, which may be a secret."""
    problems = told(error.errors(include_url=False), Settings)
    problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")  # where one is misspelt, another is missing
    return "\n".join(_complaint(problem, file, origins) for problem in problems)


def _complaint(problem: ErrorDetails, file: SettingsFile, origins: Mapping[tuple[str, ...], str]) -> str:
    *above, last = path = tuple(str(part) for part in problem["loc"] if part != "[key]")
    if problem["type"] == "extra_forbidden":
        known = fields(Settings, above)
        near = nearest(last, known)
        what = "there is no such setting; " + (f"did you mean `{near}`?" if near else f"known: {', '.join(sorted(known))}")
    elif problem["type"] == "missing":
        what = f"is needed; add it to [{'.'.join(above)}] in {FILE}"
    elif problem["type"] in ("model_type", "dict_type"):
        what = f"is a section; write [{'.'.join(path)}] in {FILE}, and its settings below"
    else:
        what = plain(problem, described(Settings, path))
    return f"{_origin(path, file, origins)}: {'.'.join(path)}: {what}"


def _origin(path: tuple[str, ...], file: SettingsFile, origins: Mapping[tuple[str, ...], str]) -> str:
    """Where a setting, or for lack of one its section or its neighbours, came from."""
    if path in origins and origins[path] != str(file.path):
        return origins[path]
    if place := file.place(path):
        return place
    near = (origin for n in range(len(path), 0, -1) for known, origin in origins.items() if known[:n] == path[:n])
    return next(near, "the settings")
