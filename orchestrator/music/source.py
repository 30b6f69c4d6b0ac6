"""Where beds come from: the seam, the one that composes them, what keeps and replaces them, and which the settings ask for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Protocol

import anyio
import anyio.to_thread
import structlog
from pydantic import TypeAdapter

from agents.yaml_file import YamlFile
from orchestrator.config import Settings
from orchestrator.errors import MusicUnavailable
from orchestrator.music.composition import compose
from orchestrator.music.instruments import played
from orchestrator.music.loop import Music
from orchestrator.music.mood import Mood
from orchestrator.music.ordered import FOLDER, ElevenMusic, ordered_of
from orchestrator.music.own import OwnMusic
from orchestrator.rosters import PROMPTS

log = structlog.get_logger()

DESCRIBED: Final = PROMPTS / "music.yaml"
KEPT: Final = 4  # about 5 MB each when composed, 10 MB at most


class MusicSource(Protocol):
    async def bed(self, mood: Mood, seed: int) -> Music:
        """Music to the mood, another for another seed where there is another. Raises MusicUnavailable."""
        ...


class Composed:
    """Our own: a minute of a piece takes about 0.3 s in a thread. Never fails."""

    async def bed(self, mood: Mood, seed: int) -> Music:
        return await anyio.to_thread.run_sync(composed, mood, seed)


def composed(mood: Mood, seed: int) -> Music:
    """Always the same for the same mood and seed."""
    score = compose(mood, seed)
    return Music.of(score.title, played(score))


class Kept:
    """The latest beds of a source, for all calls; those that nobody has had yet are made one at a time."""

    def __init__(self, source: MusicSource, beds: int = KEPT) -> None:
        self._source, self._room = source, beds
        self._beds: OrderedDict[tuple[Mood, int], Music] = OrderedDict()
        self._making = anyio.Lock()

    async def bed(self, mood: Mood, seed: int) -> Music:
        bed = self._beds.get((mood, seed))
        if bed is None:
            async with self._making:
                bed = self._beds.get((mood, seed)) or await self._source.bed(mood, seed)
        self._beds[mood, seed] = bed
        self._beds.move_to_end((mood, seed))
        if len(self._beds) > self._room:
            self._beds.popitem(last=False)
        return bed


class Preferred:
    """One source, and another for whenever the first has nothing."""

    def __init__(self, first: MusicSource, otherwise: MusicSource) -> None:
        self._first, self._otherwise = first, otherwise

    async def bed(self, mood: Mood, seed: int) -> Music:
        try:
            return await self._first.bed(mood, seed)
        except MusicUnavailable as error:
            log.info("music_replaced", mood=mood.value, why=str(error), fix=error.fix)
            return await self._otherwise.bed(mood, seed)


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
