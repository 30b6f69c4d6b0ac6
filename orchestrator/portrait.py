"""`pai-voice agents show`: one agent, and what Claude is told about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.definition import Agent
from agents.estimate import Estimate, turn_cost
from agents.prompting import Prompts
from agents.roster import Roster
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.errors import NoSuchAgent
from orchestrator.rosters import PROMPTS, roster_of


@dataclass(frozen=True)
class Portrait:
    agent: Agent
    file: Path
    system: str
    """The prompt as it is sent."""
    cost: Estimate

    def as_json(self) -> dict[str, Any]:
        cost = {"stable_tokens": self.cost.stable_tokens, "usd_per_turn": str(self.cost.usd)}
        return {**self.agent.model_dump(mode="json"), "file": str(self.file), "system": self.system, **cost}

    def rows(self) -> Iterator[tuple[str, str]]:
        agent = self.agent
        yield "agent", f"{agent.id}, called {', '.join((agent.name, *agent.aliases))}"
        yield "role", agent.role
        yield "use", agent.description
        yield "from", str(self.file)
        yield "voice", agent.voice
        yield "tools", ", ".join(agent.tools) or "none"
        yield "hands over to", ", ".join(agent.hands_over_to) or "anybody"
        yield (
            "long work",
            "none" if agent.task is None else f"up to {agent.task.max_usd} USD and {agent.task.max_minutes} minutes",
        )
        yield "model", f"{agent.model.id}, at most {agent.model.max_tokens} tokens a turn"
        yield "cost", f"about {self.cost.usd:.5f} USD a turn, {self.cost.stable_tokens:,} tokens of it from the cache"


def portrait(settings: Settings, name: str) -> Portrait:
    """By id, name or alias. Raises NoSuchAgent, AgentError, VoiceFileError."""
    roster = roster_of(settings)
    agent = _named(roster, name)
    prompts = Prompts.read(roster, PROMPTS)
    return Portrait(agent, roster.files[agent.id], prompts.system(agent), turn_cost(agent, prompts))


def _named(roster: Roster, name: str) -> Agent:
    names = {known.casefold(): agent for agent in roster for known in (*agent.aliases, agent.name, agent.id)}
    if (found := names.get(name.casefold())) is None:
        raise NoSuchAgent(f"there is no agent `{name}`.{did_you_mean(name, [agent.id for agent in roster])}")
    return found
