"""Whose files make the roster of this machine: the shipped agents and voices, and over them the person's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agents import functions
from agents.definition import Agent
from agents.outside import Sources
from agents.roster import Roster
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.errors import NoSuchAgent
from orchestrator.lineup import Lineup, Places, line_up
from orchestrator.phrases import Phrases
from orchestrator.voice_memory import remembered
from voices.voice import SHIPPED

ROOT: Final = Path(__file__).resolve().parent.parent
PROMPTS: Final = ROOT / "prompts"


def agent_folders(settings: Settings) -> tuple[Path, ...]:
    """The shipped one first; of two agents of one name, that in the later folder counts."""
    shipped = ROOT / "agents"
    return (shipped, *(folder for folder in settings.agents if folder.resolve() != shipped))


def voice_folders(settings: Settings) -> tuple[Path, ...]:
    """As of the agents."""
    return (SHIPPED, *(folder for folder in settings.voices.folders if folder.resolve() != SHIPPED))


def tool_sources(settings: Settings) -> Sources:
    """Of tools that others bring, as far as they can be known without asking a server."""
    return Sources(tuple(settings.tools), functions.known())


def lineup_of(settings: Settings, files: Sequence[Path] = (), *, before: Lineup | None = None) -> Lineup:
    """Agents and voices, with everything that is wrong, and with these agents' files over all others."""
    voices = settings.voices
    places = Places(agent_folders(settings), voice_folders(settings), PROMPTS, voices.pai, tool_sources(settings), files)
    return line_up(places, remembered=remembered(settings.home), before=before)


def roster_of(settings: Settings) -> Roster:
    """Raises AgentError, with the first thing that is wrong. A broken voice's file is not: `lint` tells of those."""
    return lineup_of(settings).roster


def phrases_of(roster: Roster) -> Phrases:
    """What callers say, where these may be named in it."""
    return Phrases.load(PROMPTS / "phrases.yaml", roster.all_names())


def agent_named(roster: Roster, name: str) -> Agent:
    """By id, name or alias. Raises NoSuchAgent."""
    names = {known.casefold(): agent for agent in roster for known in (*agent.aliases, agent.name, agent.id)}
    if (found := names.get(name.casefold())) is None:
        raise NoSuchAgent(f"there is no agent `{name}`.{did_you_mean(name, [agent.id for agent in roster])}")
    return found
