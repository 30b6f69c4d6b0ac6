"""ElevenLabs' models: what they cost, how long a text may be, which socket serves them, and which voice settings they read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

ModelName = Literal["eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_multilingual_v2", "eleven_v4", "eleven_v4_turbo"]

_V2_SETTINGS: Final = frozenset({"stability", "similarity_boost", "style", "use_speaker_boost", "speed"})


@dataclass(frozen=True, slots=True)
class Model:
    usd_per_1000_chars: Decimal
    longest_chars: int
    """In one request."""
    dialogue: bool
    """It streams over the text-to-dialogue WebSocket; the text-to-speech WebSocket refuses it."""
    voices: int
    """At most so many on one connection without contexts."""
    settings: frozenset[str]
    """The voice settings it reads over its WebSocket; it would ignore the others in silence."""
    languages: bool = True
    """It takes a language code."""


# USD by the API, the same on all plans; a voice from the library may cost a multiple. Sources:
# - flash and turbo v2.5, v4 turbo since 2026-10-12: micdrop.dev/blog/eleven-v4-turbo-voice-agent, 2026-09 (flash: 0.05 in June)
# - multilingual v2: developer.puter.com/tutorials/elevenlabs-api-pricing, 2026-06
# - v4: vercel.com/ai-gateway/models/elevenlabs/eleven-v4, 2026-11
# - lengths: elevenlabs.io/docs/overview/models and vercel.com, 2026-11
MODELS: Final[dict[ModelName, Model]] = {
    "eleven_flash_v2_5": Model(Decimal("0.04"), 40_000, False, 1, _V2_SETTINGS),
    "eleven_turbo_v2_5": Model(Decimal("0.04"), 40_000, False, 1, _V2_SETTINGS),
    "eleven_multilingual_v2": Model(Decimal("0.10"), 10_000, False, 1, _V2_SETTINGS, languages=False),
    "eleven_v4": Model(Decimal("0.08"), 10_000, True, 10, frozenset({"stability"})),
    "eleven_v4_turbo": Model(Decimal("0.04"), 10_000, True, 1, frozenset({"stability"})),
}
DEFAULT: Final[ModelName] = "eleven_flash_v2_5"
