"""Which music the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import anyio.to_thread
from pydantic import TypeAdapter

from agents.yaml_file import YamlFile
from orchestrator.config import Settings
from orchestrator.music.mood import Mood
from orchestrator.music.ordered import FOLDER, ElevenMusic, ordered_of
from orchestrator.music.own import OwnMusic
from orchestrator.music.source import Composed, Kept, MusicSource, Preferred
from orchestrator.rosters import PROMPTS

DESCRIBED: Final = PROMPTS / "music.yaml"


async def open_music(settings: Settings, stack: AsyncExitStack) -> MusicSource | None:
    """None: no music is wanted. Whatever is wanted, what cannot be had is composed. Raises FileError."""
    own = Kept(Composed())
    match settings.hold.music, settings.elevenlabs_key:
        case "off", _:
            return None
        case "elevenlabs", key if key is not None:
            described = await anyio.to_thread.run_sync(descriptions)
            order = ordered_of(key.get_secret_value().strip())
            made = await stack.enter_async_context(ElevenMusic.open(order, settings.home / FOLDER, described))
            return Preferred(Kept(made), own)
        case Path() as folder, _:
            return Preferred(Kept(OwnMusic(folder)), own)
        case _:
            return own


def descriptions() -> Mapping[Mood, str]:
    """What ElevenLabs is told about each mood."""
    return TypeAdapter(dict[Mood, str]).validate_python(YamlFile(DESCRIBED).data)
