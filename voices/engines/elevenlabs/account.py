"""New voices for the account, from recordings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from voices.engines.elevenlabs import http as over_http
from voices.engines.elevenlabs.settings import ElevenLabsSettings
from voices.engines.elevenlabs.transport import Transport


async def clone(settings: ElevenLabsSettings, name: str, clips: Sequence[Path], description: str) -> str:
    """An instant clone in the account; returns its `voice_id`. Ask for the person's consent before. Raises SynthesisError."""
    async with aclosing(Transport(settings)) as transport:
        return await over_http.clone(await transport.http(), name, clips, description)
