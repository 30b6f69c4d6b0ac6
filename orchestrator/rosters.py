"""Whose files make the roster of this machine: the shipped agents and voices, and over them the person's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from os.path import realpath
from pathlib import Path
from typing import Final

from agents import functions
from agents.definition import Agent
from agents.errors import AgentError, FileError
from agents.folding import folded
from agents.outside import Sources
from agents.roster import Roster
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.errors import NoSuchAgent
from orchestrator.lineup import Lineup, line_up
from orchestrator.phrases import Phrases
from orchestrator.voice_memory import remembered
from voices.voice import SHIPPED

ROOT: Final = Path(__file__).resolve().parent.parent
PROMPTS: Final = ROOT / "prompts"


def agent_folders(settings: Settings) -> tuple[Path, ...]:
    """The shipped one first; of two agents of one name, that in the later folder counts."""
    shipped = ROOT / "agents"
    return (shipped, *(folder for folder in settings.agents if realpath(folder) != str(shipped)))


def voice_folders(settings: Settings) -> tuple[Path, ...]:
    """As of the agents."""
    return (SHIPPED, *(folder for folder in settings.voices.folders if realpath(folder) != str(SHIPPED)))


def tool_sources(settings: Settings, files: Sequence[Path] = ()) -> Sources:
    """Of tools that others bring, as far as they can be known without asking a server."""
    return Sources(tuple(settings.tools), functions.known(), (*settings.agents, *(file.parent for file in files)))


def lineup_of(
    settings: Settings, files: Sequence[Path] = (), *, before: Lineup | None = None, without: Collection[Path] = ()
) -> Lineup:
    """Agents and voices, with everything that is wrong, and with these agents' files over all others."""
    return line_up(
        agent_folders(settings),
        voice_folders(settings),
        PROMPTS,
        remembered=remembered(settings.home),
        pai=settings.voices.pai,
        before=before,
        sources=tool_sources(settings, files),
        files=files,
        without=without,
    )


def roster_of(settings: Settings) -> Roster:
    """Raises AgentError, with the first thing that is wrong. A broken voice's file is not: `lint` tells of those."""
    return lineup_of(settings).roster


def readable(settings: Settings) -> tuple[Lineup, tuple[AgentError, ...]]:
    """To look at calls that were: without the files of agents that are broken, and what is wrong with those."""
    lineup = lineup_of(settings)
    told, broken = lineup.found.errors, set[Path]()
    while more := {error.path for error in lineup.found.errors if isinstance(error, FileError)} - broken:
        broken |= more
        lineup = lineup_of(settings, without=broken)
    return lineup, told


def readable_roster(settings: Settings) -> Roster:
    """Names and colours, of those agents that are not broken."""
    found = readable(settings)[0].found
    return Roster(found.agents.values(), {one: file.path for one, file in found.files.items()})


def phrases_of(roster: Roster) -> Phrases:
    """What callers say, where these may be named in it."""
    return Phrases.load(PROMPTS / "phrases.yaml", roster.all_names())


def agent_named(roster: Roster, name: str) -> Agent:
    """By id, name or alias. Raises NoSuchAgent."""
    names = {folded(known): agent for agent in roster for known in (*agent.aliases, agent.name, agent.id)}
    if (found := names.get(folded(name))) is None:
        raise NoSuchAgent(f"there is no agent `{name}`.{did_you_mean(name, [agent.id for agent in roster])}")
    return found
