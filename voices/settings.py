"""`[voices]` and `[ears]` of the settings: which engines speak, in which order, with a section for each; and which one hears."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from agents import bounds
from voices.engine import EngineSettings
from voices.engines.registry import BY_NAME, RECOGNIZERS, RECOGNIZERS_BY_NAME, SYNTHESIZERS
from voices.engines.whisper_packages import SHIPPED

PAI: Path = Path("~/.claude")
Folder = Annotated[Path, AfterValidator(bounds.path)]
Folders = Annotated[tuple[Folder, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str | Path) else value)]


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        _in(BY_NAME, name, "voice engine")
    if len(set(names)) < len(names) or not names:
        raise ValueError("names each engine once, the preferred one first; at least one")
    return names


def _in(engines: Mapping[str, object], name: str, what: str) -> str:
    if name not in engines:
        near = get_close_matches(name, engines, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(engines)}"
        raise ValueError(f"there is no {what} `{name}`; {hint}")
    return name


class EarSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Annotated[str, AfterValidator(lambda name: _in(RECOGNIZERS_BY_NAME, name, "recogniser"))] = RECOGNIZERS[0].name
    model: str = Field(
        default=SHIPPED,
        min_length=1,
        max_length=300,
        description="For whisper: tiny.en, base, small.en, turbo …, a repository on Hugging Face, or a folder.",
    )


class _VoiceSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    engines: Annotated[tuple[str, ...], AfterValidator(_known)] = Field(
        default=tuple(engine.name for engine in SYNTHESIZERS),
        description="The voice engines, the preferred one first. One that cannot work here is left out, and the log says why.",
    )
    first_sound_s: float = Field(
        default=1.0, gt=0, le=30, description="Seconds for the first sound of a sentence; then the next engine says it."
    )
    first_sound_char_s: float = Field(default=0.015, ge=0, le=1, description="So much more for each character, up to 3 s in all.")
    stall_s: float = Field(default=0.4, gt=0, le=30, description="Seconds for more sound, once there is no more to hear.")
    cache_mb: int = Field(default=200, ge=0, le=10_000, description="For fixed lines on disk, in `home`; 0 keeps none.")
    folders: Folders = Field(
        default_factory=lambda: (Path(platformdirs.user_config_dir("pai-voice")) / "voices", Path("voices")),
        description="Your own voices, over the shipped ones; of two of the same name, that in the later folder counts.",
    )
    pai: Annotated[Folder | None, BeforeValidator(lambda value: None if value == "off" else value)] = Field(
        default_factory=lambda: PAI.expanduser(),
        description="Where PAI lies: its voices are read as they are, for ElevenLabs. `off`: they are not.",
    )

    def of(self, engine: str) -> EngineSettings:
        """The section of one engine."""
        return cast("EngineSettings", getattr(self, engine))


if TYPE_CHECKING:

    class VoiceSettings(_VoiceSettings):
        """With a section for each engine in the registry."""
else:
    _SECTIONS: Final[dict[str, Any]] = {engine.name: (engine.settings, engine.settings()) for engine in SYNTHESIZERS}
    VoiceSettings = create_model("VoiceSettings", __base__=_VoiceSettings, **_SECTIONS)
