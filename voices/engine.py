"""What the registry knows about a speech engine; `voices/engines/registry.py` lists them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")

FREE: Final = Decimal(0)


class EngineSettings(BaseModel):
    """Base of an engine's own section of `pai-voice.toml`: `[voices.NAME]` or `[ears.NAME]`. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineOptions(BaseModel):
    """Base of an engine's part of a voice file, `engines: {NAME: …}`. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Engine(Generic[T]):
    """One engine. Its module defines it and imports nothing heavy at the top."""

    name: str
    kind: Literal["synthesizer", "recognizer"]
    make: Callable[[Any], T]
    """Makes it from its settings; loads nothing."""
    missing: Callable[[Any], str | None]
    """What keeps it from working here and how to fix that, or None. Looks at the settings and the disk only."""
    settings: type[EngineSettings] = EngineSettings
    options: type[EngineOptions] = EngineOptions
    usd_per_1000_chars: Decimal = FREE
    tags: frozenset[str] = frozenset()
    """Expressive tags that it understands in a text, such as `laugh` for `[laugh]`; all others are taken out before."""
    package: str = ""
    """The distribution whose version its sound depends on."""
    marking: str = "none"
    """How its sound is marked as synthetic, for people who must know."""
