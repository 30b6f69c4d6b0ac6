"""The settings: one frozen tree, from `pai-voice.toml` and the environment, read once. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast, get_origin
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from agents.claude import BrainSettings
from agents.mcp_server import McpSettings
from agents.pai import PaiSettings
from orchestrator.delivery import CallbackSettings
from orchestrator.earcons import EarconSettings
from orchestrator.errors import ConfigError
from orchestrator.thread import LONGEST_TOKENS
from telephony.acs_settings import AcsSettings
from telephony.admission import AdmissionPolicy
from voices.engines.elevenlabs import ElevenLabsSettings
from voices.settings import EarSettings, Folders, VoiceSettings

FILE: Final = "pai-voice.toml"
PREFIX: Final = "PAI_VOICE_"
WHERE: Final = "PAI_VOICE_CONFIG"
KNOWN_AS: Final = {
    "PAI_VOICE_HOME": ("home",),
    "PAI_VOICE_AGENTS": ("agents",),
    "PAI_VOICE_VOICES": ("voices", "folders"),
    "ANTHROPIC_API_KEY": ("claude", "api_key"),
    "ANTHROPIC_BASE_URL": ("claude", "base_url"),
    "ELEVENLABS_API_KEY": ("voices", "elevenlabs", "key"),
    "PAI_DIR": ("voices", "pai"),
}
LISTS: Final = frozenset({"allow", "owners", "agents", "folders", "engines", "environment", "setting_sources", "retries"})


Folder = Annotated[Path, AfterValidator(Path.expanduser)]


def _server_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,29}", name):
        raise ValueError("a server's name is a-z, 0-9 and -, starting with a letter, at most 30; rename it")
    return name


ServerName = Annotated[str, AfterValidator(_server_name)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        near = get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"there is no such time zone; {f'did you mean `{near[0]}`?' if near else 'one is Europe/Vienna'}")
    return name


class HouseSettings(_Section):
    place: str = Field(
        default="",
        max_length=80,
        pattern=r"^[^\r\n<>\[\]]*$",
        description="Where you live, for the agents to know: `Vienna, Austria`.",
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="", description="IANA name of its time zone: Europe/Vienna. If not set: the machine's."
    )


class ServerSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8060, ge=0, le=65_535)


class MindSettings(_Section):
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
    return Path(value).expanduser()


class HoldSettings(_Section):
    music: Annotated[Literal["composed", "off", "elevenlabs"] | Path, BeforeValidator(_music)] = Field(
        default="composed",
        description="What callers hear while work runs: music that is composed, none, ElevenLabs', or that in a folder of yours.",
    )


class TaskSettings(_Section):
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


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None, description="If not set: info for what serves, warning for what people watch."
    )


class Settings(_Section):
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

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Key, value and origin of every setting; secrets are masked."""
        for path, value in _leaves(self.settings):
            yield ".".join(path), _shown(value), self.origins.get(path, "default")


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Config:
    """From the file that PAI_VOICE_CONFIG names, else `pai-voice.toml` in `folder` (the current one) or in the user's
    configuration; the environment wins over it. Raises ConfigError."""
    environ = os.environ if environ is None else environ
    tree: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    if file := Path(environ[WHERE]) if environ.get(WHERE) else _found(folder or Path.cwd()):
        tree = _read(file)
        origins = dict.fromkeys(_paths(tree), str(file))
    for name, path in _variables(environ):
        _put(tree, path, environ[name], name)
        origins[path] = name
    try:
        return Config(Settings.model_validate(tree), origins)
    except ValidationError as error:
        raise ConfigError(_explain(error, origins), "correct it there and run the command again") from None


def surroundings() -> dict[str, str]:
    """The environment as it is, for what hands a part of it on."""
    return dict(os.environ)


def _found(folder: Path) -> Path | None:
    places = (folder / FILE, Path(platformdirs.user_config_dir("pai-voice")) / FILE)
    return next((place for place in places if place.is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}", f"set {WHERE} to a file that can be read, or unset it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: this is not TOML: {error}", "write `key = value`, with texts in quotes") from None


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """PAI_VOICE_SECTION__KEY is section.key, and wins over the names that everybody knows; what is empty is not set."""
    for name, path in KNOWN_AS.items():
        if environ.get(name):
            yield name, path
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in KNOWN_AS and name != WHERE and environ[name]:
            yield name, tuple(name.removeprefix(PREFIX).lower().split("__"))


def _put(tree: dict[str, Any], path: tuple[str, ...], value: str, origin: str) -> None:
    *sections, key = path
    for section in sections:
        inner: Any = tree.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(
                f"{origin}: `{section}` is a single value, not a section", f"write it as [{section}] in {FILE}, or unset {origin}"
            )
        tree = inner
    # Lists are written with commas, as people write them in a shell.
    tree[key] = [item.strip() for item in value.split(",") if item.strip()] if key in LISTS else value


def _paths(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
        else:
            yield (*above, key)


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


def _explain(error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> str:
    """A line for each wrong setting: where it was set, its key, what is wrong. Never its value, which may be a secret."""
    return "\n".join(_complaint(problem, origins) for problem in error.errors(include_url=False, include_input=False))


def _complaint(problem: ErrorDetails, origins: Mapping[tuple[str, ...], str]) -> str:
    path = tuple(str(part) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = _known(path[:-1])
        near = get_close_matches(path[-1], known, n=1)
        what = "there is no such setting; " + (f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}")
    elif problem["type"] == "missing":
        what = f"is needed; add it to [{'.'.join(path[:-1])}] in {FILE}"
    elif problem["type"] == "model_type":
        what = f"is a section; write [{'.'.join(path)}] in {FILE}, and its settings below"
    elif problem["type"] == "tuple_type":
        what = "is a list; write it in brackets: […]"
    return f"{_origin(path, origins)}: {'.'.join(path)}: {what}"


def _origin(path: tuple[str, ...], origins: Mapping[tuple[str, ...], str]) -> str:
    """Where a setting, or for lack of one its neighbours, came from."""
    for length in range(len(path), 0, -1):
        for known, origin in origins.items():
            if known[:length] == path[:length]:
                return origin
    return "the settings"


def _known(path: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    parts = iter(path)
    for part in parts:
        field = model.model_fields.get(part)
        options = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((option for option in options if isinstance(option, type) and issubclass(option, BaseModel)), None)
        if model is None:
            return []
        if get_origin(options[0]) is Mapping:
            next(parts, None)  # a name that people give, such as a server's
    return sorted(model.model_fields)
