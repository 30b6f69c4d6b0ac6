"""Who is on the next call: agents and voices as their files are now, or as they last were good."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import structlog

from agents.claude import ClaudeBrain
from agents.errors import AgentError
from agents.prompting import Prompts
from agents.roster import Roster
from orchestrator.config import Settings
from orchestrator.parts import Parts
from orchestrator.phrases import Phrases
from orchestrator.rosters import PROMPTS, agent_folders, roster_of, voice_folders
from orchestrator.router import Router
from voices.voice import Voice, VoiceFileError, load_voices

log = structlog.get_logger()

_READ: Final = frozenset({".yaml", ".yml", ".md"})
Stamp = frozenset[tuple[str, int, int, int]]
"""Path, time, size and inode of every file that roster and voices are read from."""


class Renewal:
    """The parts of each next call. A call that is under way keeps its own; brain and engines are the same all along."""

    def __init__(self, settings: Settings, brain: ClaudeBrain, parts: Parts, stamp: Stamp) -> None:
        """`stamp` is the files' from before `parts` were made of them."""
        self._settings, self._brain, self._parts, self._stamp = settings, brain, parts, stamp
        self._looking = anyio.Lock()

    @property
    def latest(self) -> Parts:
        """What the latest call had, or the next one has if nothing changes."""
        return self._parts

    async def parts(self) -> Parts:
        """Costs a look at each file's date; only what changed is read, off the event loop. What is broken changes nothing, and is
        logged once."""
        async with self._looking:
            now = await anyio.to_thread.run_sync(stamp, self._settings)
            if now != self._stamp:
                self._stamp = now
                await self._renew()
            return self._parts

    async def _renew(self) -> None:
        try:
            roster, prompts, voices = await anyio.to_thread.run_sync(_read, self._settings)
        except (AgentError, VoiceFileError) as error:
            log.warning("agents_not_renewed", error=str(error), fix="correct that; calls go on with the agents as they were")
            return
        before = self._parts.minds
        phrases = Phrases(before.phrases.words, roster.all_names())
        minds = replace(
            before,
            roster=roster,
            brain=self._brain.reading(prompts),
            router=Router(roster, phrases),
            router_system=prompts.router_system(),
            phrases=phrases,
        )
        self._parts = replace(self._parts, minds=minds, catalogue=self._parts.catalogue.with_voices(voices))
        log.info("agents_renewed", agents=[agent.id for agent in roster])


def stamp(settings: Settings) -> Stamp:
    """Of all files in the folders of agents and voices, and in the prompts beside the agents. Looks at the disk."""
    agents, voices = agent_folders(settings), voice_folders(settings)
    folders = (*agents, *(folder / "prompts" for folder in agents), PROMPTS, *voices)
    return frozenset(mark for folder in folders for mark in _marks(folder))


def _marks(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as entries:  # no such folder, or gone while we look: then nothing is there
        for entry in entries:
            if Path(entry.name).suffix in _READ:
                found = entry.stat()
                yield entry.path, found.st_mtime_ns, found.st_size, found.st_ino


def _read(settings: Settings) -> tuple[Roster, Prompts, Mapping[str, Voice]]:
    roster = roster_of(settings)
    return roster, Prompts.read(roster, PROMPTS), load_voices(*voice_folders(settings))
