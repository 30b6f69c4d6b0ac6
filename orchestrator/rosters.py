"""Whose files make the roster of this machine: the shipped agents and voices, and over them the person's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agents import functions
from agents.definition import Agent
from agents.outside import Sources
from agents.roster import Roster, load
from agents.survey import Survey, survey
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.errors import NoSuchAgent
from orchestrator.phrases import Phrases
from voices.catalogue import CALLER
from voices.voice import SHIPPED, load_voices

ROOT: Final = Path(__file__).resolve().parent.parent
PROMPTS: Final = ROOT / "prompts"


def agent_folders(settings: Settings) -> tuple[Path, ...]:
    """The shipped one first; of two agents of one name, that in the later folder counts."""
    shipped = ROOT / "agents"
    return (shipped, *(folder for folder in settings.agents if folder.resolve() != shipped))


def voice_folders(settings: Settings) -> tuple[Path, ...]:
    """As of the agents."""
    return (SHIPPED, *(folder for folder in settings.voices.folders if folder.resolve() != SHIPPED))


def agent_voices(*folders: Path) -> tuple[str, ...]:
    """All that an agent may have, shipped and in these folders: callers that are made have one of their own.

    Raises VoiceFileError.
    """
    return tuple(voice for voice in load_voices(*folders) if voice != CALLER)


def tool_sources(settings: Settings) -> Sources:
    """Of tools that others bring, as far as they can be known without asking a server."""
    return Sources(tuple(settings.tools), functions.known())


def roster_of(settings: Settings) -> Roster:
    """Raises AgentError, with the first thing that is wrong; VoiceFileError."""
    voices = agent_voices(*voice_folders(settings))
    return load(agent_folders(settings), PROMPTS, known_voices=voices, sources=tool_sources(settings))


def phrases_of(roster: Roster) -> Phrases:
    """What callers say, where these may be named in it."""
    return Phrases.load(PROMPTS / "phrases.yaml", roster.all_names())


def agent_named(roster: Roster, name: str) -> Agent:
    """By id, name or alias. Raises NoSuchAgent."""
    names = {known.casefold(): agent for agent in roster for known in (*agent.aliases, agent.name, agent.id)}
    if (found := names.get(name.casefold())) is None:
        raise NoSuchAgent(f"there is no agent `{name}`.{did_you_mean(name, [agent.id for agent in roster])}")
    return found


def survey_of(settings: Settings, files: Sequence[Path] = ()) -> Survey:
    """The same with everything that is wrong, and with these files over all others. Raises VoiceFileError."""
    voices = agent_voices(*voice_folders(settings))
    return survey(agent_folders(settings), PROMPTS, voices=voices, sources=tool_sources(settings), files=files)
