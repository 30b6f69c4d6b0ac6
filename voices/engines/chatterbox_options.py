"""Chatterbox's part of a voice file. Apart from the engine, for the speech server reads it in an environment of its own."""

from __future__ import annotations

from pydantic import Field

from voices.engine import EngineOptions


class ChatterboxOptions(EngineOptions):
    """A voice needs none of these: our own speech server makes a clip from the voice's other engines."""

    clip: str | None = Field(
        default=None, min_length=1, max_length=500, description="10 to 15 s of the voice, beside the voice's file."
    )
    voice: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Its name at the server, where that is not the voice's id: Emily.wav.",
    )
    exaggeration: float | None = Field(default=None, ge=0, le=2, description="How lively it speaks; not in turbo.")
    cfg_weight: float | None = Field(
        default=None, ge=0, le=1, description="How closely it follows the clip's pace; not in turbo."
    )
    temperature: float | None = Field(default=None, ge=0.05, le=2, description="How much it varies.")
    seed: int | None = Field(default=None, ge=0, lt=2**31, description="Says the same text in the same way.")
