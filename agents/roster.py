"""Everybody who may be on a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from agents.definition import Agent
from agents.errors import AgentError, FileError
from agents.outside import Sources
from agents.survey import Survey, survey
from agents.voice_choice import VoiceChoice


class Roster:
    """The agents, the front desk first, the others by id. Immutable."""

    def __init__(self, agents: Iterable[Agent], files: Mapping[str, Path] | None = None) -> None:
        self.files: Mapping[str, Path] = MappingProxyType(dict(files or {}))
        """Where each one is written, by id; empty for agents that were made."""
        self.agents = tuple(sorted(agents, key=lambda agent: (not agent.front_desk, agent.id)))
        self._by_id: Mapping[str, Agent] = MappingProxyType({agent.id: agent for agent in self.agents})

    @property
    def front_desk(self) -> Agent:
        return self.agents[0]

    def __getitem__(self, agent_id: str) -> Agent:
        return self._by_id[agent_id]

    def __contains__(self, agent_id: object) -> bool:
        return agent_id in self._by_id

    def __iter__(self) -> Iterator[Agent]:
        return iter(self.agents)

    def __len__(self) -> int:
        return len(self.agents)

    def tools(self) -> tuple[str, ...]:
        """What the agents' files name, each once."""
        return tuple(dict.fromkeys(tool for agent in self.agents for tool in agent.tools))

    def all_names(self) -> tuple[str, ...]:
        """What callers call the agents, and what recognisers make of it."""
        return tuple(name for agent in self.agents for name in (agent.name, *agent.aliases))


def load(
    folders: Sequence[Path], prompts_dir: Path, *, voices: VoiceChoice | None = None, sources: Sources | None = None
) -> Roster:
    """The agents of all folders; a file in a later folder replaces the one of the same id in an earlier one.

    A folder that does not exist holds nobody. `voices` and `sources` (of tools that others bring), where given, are the
    only ones allowed. Raises FileError for the first thing wrong, or AgentError where no single file is to blame.
    """
    found = survey(folders, prompts_dir, voices=voices, sources=sources)
    if not found.agents and not found.errors:
        raise AgentError(f"there are no agents in {', '.join(map(str, folders))}; put a <name>.yaml there")
    return roster(found)


def roster(found: Survey) -> Roster:
    """Raises the survey's first error, with those of the other files."""
    if found.errors:
        first, *others = found.errors
        raise first.with_others(one for one in others if isinstance(one, FileError)) if isinstance(first, FileError) else first
    return Roster(found.agents.values(), {one: file.path for one, file in found.files.items()})
