"""Who is on the next call: the agents as their files are now, or as they last were good."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
from orchestrator.mind import Minds
from orchestrator.phrases import Phrases
from orchestrator.rosters import PROMPTS, agent_folders, roster_of
from orchestrator.router import Router
from voices.voice import VoiceFileError

log = structlog.get_logger()

_READ: Final = frozenset({".yaml", ".yml", ".md"})
Stamp = frozenset[tuple[str, int, int, int]]
"""Path, time, size and inode of every file that a roster is read from."""


class Renewal:
    """The minds for each next call. A call that is under way keeps its own."""

    def __init__(self, settings: Settings, brain: ClaudeBrain, minds: Minds, stamp: Stamp) -> None:
        """`stamp` is the files' from before `minds` were made of them."""
        self._settings, self._brain, self._minds, self._stamp = settings, brain, minds, stamp
        self._looking = anyio.Lock()

    async def minds(self) -> Minds:
        """Costs a look at each file's date; only what changed is read, off the event loop. What is broken changes nothing, and is
        logged once."""
        async with self._looking:
            now = await anyio.to_thread.run_sync(stamp, self._settings)
            if now != self._stamp:
                self._stamp = now
                await self._renew()
            return self._minds

    async def _renew(self) -> None:
        try:
            roster, prompts = await anyio.to_thread.run_sync(_read, self._settings)
        except (AgentError, VoiceFileError) as error:
            log.warning("agents_not_renewed", error=str(error), fix="correct that; calls go on with the agents as they were")
            return
        phrases = Phrases(self._minds.phrases.words, roster.all_names())
        self._minds = replace(
            self._minds,
            roster=roster,
            brain=self._brain.reading(prompts),
            router=Router(roster, phrases),
            router_system=prompts.router_system(),
            phrases=phrases,
        )
        log.info("agents_renewed", agents=[agent.id for agent in roster])


def stamp(settings: Settings) -> Stamp:
    """Of all files in the agents' folders and in the prompts beside them. Looks at the disk."""
    folders = agent_folders(settings)
    return frozenset(
        mark for folder in (*folders, *(folder / "prompts" for folder in folders), PROMPTS) for mark in _marks(folder)
    )


def _marks(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as entries:  # no such folder, or gone while we look: then nothing is there
        for entry in entries:
            if Path(entry.name).suffix in _READ:
                found = entry.stat()
                yield entry.path, found.st_mtime_ns, found.st_size, found.st_ino


def _read(settings: Settings) -> tuple[Roster, Prompts]:
    roster = roster_of(settings)
    return roster, Prompts.read(roster, PROMPTS)
