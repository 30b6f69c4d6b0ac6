"""What the registry knows about a speech engine; `voices/engines/registry.py` lists them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from voices.synthesis import Rendering, UnknownVoice

T = TypeVar("T")
Options = TypeVar("Options", bound="EngineOptions")

FREE: Final = Decimal(0)


class EngineSettings(BaseModel):
    """Base of an engine's own section of `pai-voice.toml`: `[voices.NAME]`. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineOptions(BaseModel):
    """Base of an engine's part of a voice file, `engines: {NAME: …}`. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def options_of(rendering: Rendering, kind: type[Options]) -> Options:
    """Raises UnknownVoice, which names the key."""
    try:
        return kind.model_validate(dict(rendering.options))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, ("engines", rendering.engine, *problem["loc"])))
        raise UnknownVoice(f"voices/{rendering.voice}.yaml, {where}: {problem['msg']}") from error


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of a download so far; `total` grows while the files are still being listed."""

    done: int
    total: int


@dataclass(frozen=True)
class Engine(Generic[T]):
    """One engine. Its module defines it and imports nothing heavy at the top."""

    name: str
    kind: Literal["synthesizer", "recognizer"]
    make: Callable[[Any], T]
    """Makes it from its settings; loads nothing."""
    missing: Callable[[Any], str | None]
    """What keeps it from working here and how to fix that, or None. Looks at the settings and the disk only."""
    fetch: Callable[[Any], Iterator[Progress]] | None = None
    """Fetches what is missing, if it can be fetched. Blocks between items. Raises what `warm` of the seam raises."""
    settings: type[EngineSettings] = EngineSettings
    options: type[EngineOptions] = EngineOptions
    unfit: Callable[[Any, Path], str | None] = lambda _options, _folder: None
    """What keeps it from speaking with these options, though they are well-formed, and how to fix that; None if nothing does. A
    variant or a clip that is not there, for one. Paths in the options are relative to the folder. Looks at the disk only."""
    any_voice: bool = False
    """It renders every voice by its id: a voice file needs no part for it."""
    clone: Callable[[Any, str, Sequence[Path], str], Awaitable[str]] | None = None
    """For an engine that keeps its clones itself: settings, name, clips and description make a voice there; returns its
    `voice_id`. Engines whose options have a `clip` need none: they clone from that."""
    usd_per_1000_chars: Decimal = FREE
    marks: bool = False
    """It works on this machine, at once, and tells where each word begins: what others say is compared with its sound."""
    tags: frozenset[str] = frozenset()
    """Expressive tags that it understands in a text, such as `laugh` for `[laugh]`; all others are taken out before."""
    package: str = ""
    """The distribution whose version its sound depends on."""
    marking: str = "none"
    """How its sound is marked as synthetic, for people who must know."""
