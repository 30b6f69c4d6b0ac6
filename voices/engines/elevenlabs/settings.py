"""`[voices.elevenlabs]`, and ElevenLabs' part of a voice file."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from voices.engine import EngineOptions, EngineSettings
from voices.engines.elevenlabs.models import DEFAULT, ModelName

SLOWEST: Final = 0.7
FASTEST: Final = 1.2
"""`speed`, as the API has it."""


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or parts.query or parts.fragment or parts.scheme not in ({"https", "http"} if local else {"https"}):
        raise ValueError("is an https URL: https://api.elevenlabs.io, or of a residency, https://api.eu.residency.elevenlabs.io")
    return url.rstrip("/")


class ElevenLabsSettings(EngineSettings):
    """[voices.elevenlabs]"""

    key: SecretStr | None = Field(default=None, description="Of an account at elevenlabs.io; for voices, clones and hold music.")
    base_url: Annotated[str, AfterValidator(_base_url)] = "https://api.elevenlabs.io"
    model: ModelName = Field(default=DEFAULT, description="eleven_v4 is the most expressive one, at twice the price.")
    sessions: int = Field(
        default=3,
        ge=1,
        le=500,
        description="Sentences at the same time that the plan allows: Free 2, Starter 3, Creator 5, Pro 10, Scale 15.",
    )
    transport: Literal["auto", "websocket", "http"] = Field(
        default="auto", description="auto: WebSockets, and HTTP while none can be opened."
    )


class ElevenLabsOptions(EngineOptions):
    """ElevenLabs' part of a voice file; PAI's `voiceId` and `voice:` fit in. What a model does not read is left out."""

    voice_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="As in elevenlabs.io/app/voice-lab.")
    model: ModelName | None = Field(default=None, description="In place of that of the settings.")
    stability: float | None = Field(default=None, ge=0, le=1)
    similarity_boost: float | None = Field(default=None, ge=0, le=1)
    style: float | None = Field(default=None, ge=0, le=1)
    use_speaker_boost: bool | None = None
    speed: float = Field(default=1.0, ge=SLOWEST, le=FASTEST)
    volume: float = Field(default=1.0, gt=0, le=2, description="Times the loudness, over `gain_db`.")
