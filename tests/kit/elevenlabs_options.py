"""ElevenLabs' part of a voice file, for tests of what PAI says of it: no network, no key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from voices.engine import Engine, EngineOptions
from voices.engines import registry


class Options(EngineOptions):
    voice_id: str
    stability: float = Field(0.5, ge=0, le=1)
    similarity_boost: float = Field(0.75, ge=0, le=1)
    style: float = Field(0, ge=0, le=1)
    use_speaker_boost: bool = True
    speed: float = Field(1, ge=0.7, le=1.2)
    volume: float = Field(1, ge=0, le=2)


def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine of that name, whatever the real one may be."""
    engine: Engine[Any] = Engine("elevenlabs", "synthesizer", lambda _: None, lambda _: None, options=Options)
    monkeypatch.setitem(registry.BY_NAME, "elevenlabs", engine)
