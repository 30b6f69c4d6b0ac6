"""Who is on the next call: agents and voices as their files are now, or as they last were good."""

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
from agents.toolbox import Toolbox
from orchestrator.config import Settings
from orchestrator.lineup import Lineup
from orchestrator.parts import Parts
from orchestrator.phrases import Phrases, Words
from orchestrator.rosters import PROMPTS, agent_folders, lineup_of, voice_folders
from orchestrator.router import Router, router_of
from orchestrator.voice_memory import keep, remembered
from voices.pai_voices import places, root
from voices.spoken_form import PronunciationError
from voices.voice import VoiceFileError

log = structlog.get_logger()

_READ: Final = frozenset({".yaml", ".yml", ".md", ".json", ".py"})
Stamp = frozenset[tuple[str, int, int, int]]
"""Path, time, size and inode of every file that roster and voices are read from."""


class Renewal:
    """The parts of each next call. A call that is under way keeps its own; brain and engines are the same all along."""

    def __init__(self, settings: Settings, brain: ClaudeBrain, parts: Parts, stamp: Stamp, lineup: Lineup) -> None:
        """`stamp` is the files' from before the lineup was read of which `parts` were made."""
        self._settings, self._brain, self._parts, self._stamp, self._lineup = settings, brain, parts, stamp, lineup
        self._looking = anyio.Lock()

    @property
    def latest(self) -> Parts:
        """What the latest call had, or the next one has if nothing changes."""
        return self._parts

    async def parts(self) -> Parts:
        """Costs a look at each file's date; only what changed is read, off the event loop. While an agent is broken nothing
        changes, while a voice is it stays as it was; both are logged once."""
        async with self._looking:
            now = await anyio.to_thread.run_sync(stamp, self._settings)
            if now != self._stamp:
                self._stamp = now
                await self._renew()
            return self._parts

    async def _renew(self) -> None:
        try:
            lineup, prompts, phrases, router = await anyio.to_thread.run_sync(
                _read, self._settings, self._lineup, self._parts.minds.phrases.words
            )
        except AgentError as error:
            log.warning("agents_not_renewed", error=str(error), fix="correct that; calls go on with the agents as they were")
            return
        self._lineup, roster, before = lineup, lineup.roster, self._parts.minds
        toolbox = before.toolbox
        if isinstance(toolbox, Toolbox):
            toolbox = await toolbox.renewed(roster.tools(), self._settings.agents)
        minds = replace(
            before,
            roster=roster,
            brain=self._brain.reading(prompts),
            router=router,
            router_system=prompts.router_system(),
            phrases=phrases,
            toolbox=toolbox,
        )
        self._parts = replace(self._parts, minds=minds, catalogue=self._parts.catalogue.with_voices(lineup.voices, lineup.words))
        log.info("agents_renewed", agents=[agent.id for agent in roster])


def stamp(settings: Settings) -> Stamp:
    """Of all files in the folders of agents and voices, in the prompts beside the agents, and of PAI's. Looks at the disk."""
    agents, voices, pai = agent_folders(settings), voice_folders(settings), settings.voices.pai
    beside = [folder / name for folder in agents for name in ("prompts", "tools")]
    folders = (*agents, *beside, PROMPTS, *voices, *((root(pai) / "agents",) if pai else ()))
    files = places(pai) if pai else ()
    return frozenset(
        (*(mark for folder in folders for mark in _marks(folder)), *(mark for file in files for mark in _mark(file)))
    )


def _marks(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as entries:  # no such folder, or gone while we look: then nothing is there
        for entry in entries:
            if Path(entry.name).suffix in _READ:
                yield from _mark(entry)


def _mark(file: os.DirEntry[str] | Path) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError):
        found = file.stat()
        yield os.fspath(file), found.st_mtime_ns, found.st_size, found.st_ino


def read_lineup(settings: Settings, before: Lineup | None = None) -> Lineup:
    """For a service: what is wrong with voices is logged, once, and the voices that agents are given are remembered.

    Raises AgentError, for the first agent that is wrong.
    """
    lineup = lineup_of(settings, before=before)
    told = {str(error) for error in _wrong(before)} if before else set[str]()
    for error in _wrong(lineup):
        if str(error) not in told:
            log.warning("voice_file_broken", error=str(error), fix="correct that; all other voices are as they should be")
    if not lineup.found.errors:
        keep(settings.home, lineup.found, remembered(settings.home))
    return lineup


def _wrong(lineup: Lineup) -> tuple[VoiceFileError | PronunciationError, ...]:
    return (*lineup.files.errors, *lineup.pai.errors, *lineup.mispronounced)


def _read(settings: Settings, before: Lineup, words: Words) -> tuple[Lineup, Prompts, Phrases, Router]:
    lineup = read_lineup(settings, before)
    roster = lineup.roster
    phrases = Phrases(words, roster.all_names())
    return lineup, Prompts.read(roster, PROMPTS), phrases, router_of(roster, phrases)
