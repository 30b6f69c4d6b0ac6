"""Music on hold: can what the settings ask for be had? Nothing is ordered, and nothing is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio.to_thread

from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.errors import MusicUnavailable
from orchestrator.music.mood import Mood
from orchestrator.music.ordered import INSTALL, is_installed
from orchestrator.music.own import OwnMusic

NAME: Final = "music on hold"


async def music(settings: Settings) -> Finding:
    """Calls have composed music in the place of what fails, so nothing here is worse than a warning."""
    wanted = settings.hold.music
    if isinstance(wanted, Path):
        return await _own(wanted)
    if wanted == "elevenlabs" and not await anyio.to_thread.run_sync(is_installed):
        return Finding(NAME, "warn", "it is composed: ElevenLabs' SDK is not installed", INSTALL)
    return Finding(NAME, "ok", {"composed": "composed", "elevenlabs": "by ElevenLabs"}.get(wanted, "none is wanted"))


async def _own(folder: Path) -> Finding:
    try:
        piece = await OwnMusic(folder).bed(Mood.CALM, 0)
    except MusicUnavailable as error:
        return Finding(NAME, "warn", f"it is composed: {error}", error.fix)
    return Finding(NAME, "ok", f"{piece.title}, for one, in {folder}")
