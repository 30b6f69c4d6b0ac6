"""The settings: one frozen tree, from `pai-voice.toml` and the environment, read once. Nothing else reads the environment.

ConfigError    a setting that is unknown or wrong: which one, where it came from, and the fix
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from telephony.admission import AdmissionPolicy

from agents.claude import BrainSettings
from telephony.acs_settings import AcsSettings

FILE: Final = "pai-voice.toml"
PREFIX: Final = "PAI_VOICE_"
KNOWN_AS: Final = {
    "PAI_VOICE_HOME": ("home",),
    "PAI_VOICE_AGENTS": ("agents",),
    "ANTHROPIC_API_KEY": ("claude", "api_key"),
    "ANTHROPIC_BASE_URL": ("claude", "base_url"),
}
LISTS: Final = frozenset({"allow"})


class ConfigError(Exception):
    """A setting that cannot be used; the message names it, its origin and the fix."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8060, ge=0, le=65_535)


class EarSettings(_Section):
    engine: Literal["auto", "whisper", "pocketsphinx"] = "auto"
    whisper_model: str = Field(default="base.en", description="A faster-whisper model's name, or the folder of one.")


class MouthSettings(_Section):
    engine: Literal["auto", "flite", "espeak"] = "auto"


class MindSettings(_Section):
    router_model: str = "claude-haiku-5-5"


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Section):
    """Everything that can be set. A section that is left out has its defaults; without `[acs]` there is no ACS line."""

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("pai-voice")), description="Calls and models.")
    agents: Path = Field(
        default_factory=lambda: Path(platformdirs.user_config_dir("pai-voice")) / "agents",
        description="Your own agents; a file here replaces the shipped one of the same name.",
    )
    server: ServerSettings = ServerSettings()
    acs: AcsSettings | None = None
    admission: AdmissionPolicy = AdmissionPolicy()
    claude: BrainSettings = BrainSettings(idle_s=2.5)
    ears: EarSettings = EarSettings()
    mouths: MouthSettings = MouthSettings()
    mind: MindSettings = MindSettings()
    log: LogSettings = LogSettings()


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
    """Raises ConfigError."""
    environ = os.environ if environ is None else environ
    file = Path(environ["PAI_VOICE_CONFIG"]) if "PAI_VOICE_CONFIG" in environ else _found(folder or Path.cwd())
    tree: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    if file is not None:
        _merge(tree, _read(file), origins, str(file))
    for name, path, value in _from_environment(environ):
        _put(tree, path, value, origins, name)
    try:
        return Config(Settings.model_validate(tree), origins)
    except ValidationError as error:
        raise ConfigError(_explain(error, origins)) from None


def _found(folder: Path) -> Path | None:
    places = (folder / FILE, Path(platformdirs.user_config_dir("pai-voice")) / FILE)
    return next((place for place in places if place.is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; set PAI_VOICE_CONFIG to a file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """PAI_VOICE_SECTION__KEY is section.key; a few names that everybody knows are taken as they are."""
    for name, path in (
        ("PAI_VOICE_HOME", ("home",)),
        ("PAI_VOICE_AGENTS", ("agents",)),
        ("ANTHROPIC_API_KEY", ("claude", "api_key")),
    ):
        if environ.get(name):
            yield name, path, environ[name]
    if environ.get("ANTHROPIC_BASE_URL"):
        yield "ANTHROPIC_BASE_URL", ("claude", "base_url"), environ["ANTHROPIC_BASE_URL"]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in KNOWN_AS and name != "PAI_VOICE_CONFIG":
            yield name, tuple(name.removeprefix(PREFIX).lower().split("__")), environ[name]


def _put(tree: dict[str, Any], path: tuple[str, ...], value: str, origins: dict[tuple[str, ...], str], origin: str) -> None:
    *sections, key = path
    for section in sections:
        tree = tree.setdefault(section, {})
    # Lists are written with commas, as people write them in a shell.
    tree[key] = [item.strip() for item in value.split(",") if item.strip()] if key in LISTS else value
    origins[path] = origin


def _merge(into: dict[str, Any], tree: Mapping[str, Any], origins: dict[tuple[str, ...], str], origin: str) -> None:
    into.update(tree)
    for path in _paths(tree):
        origins[path] = origin


def _paths(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
        else:
            yield (*above, key)


def _leaves(model: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key in type(model).model_fields:
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _shown(value: Any) -> str:
    match value:
        case SecretStr():
            return "********" if value.get_secret_value() else ""
        case None:
            return ""
        case tuple() | list() | frozenset():
            return ", ".join(sorted(map(str, value)))
        case _:
            return str(value)


def _explain(error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> str:
    lines: list[str] = []
    for problem in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in problem["loc"])
        origin = next((origins[path[:length]] for length in range(len(path), 0, -1) if path[:length] in origins), "settings")
        what = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            near = get_close_matches(path[-1], _known(path[:-1]), n=1)
            what = "there is no such setting" + (
                f"; did you mean `{near[0]}`?" if near else f"; known: {', '.join(_known(path[:-1]))}"
            )
        elif problem["type"] == "missing":
            what = f"is needed; add it to [{'.'.join(path[:-1])}] in {FILE}"
        lines.append(f"{origin}: {'.'.join(path)}: {what}")
    return "\n".join(lines)


def _known(path: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    for part in path:
        field = model.model_fields.get(part)
        options = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((option for option in options if isinstance(option, type) and issubclass(option, BaseModel)), None)
        if model is None:
            return []
    return sorted(model.model_fields)
