"""`pai-voice agents show`: one agent, and what Claude is told about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.definition import Agent
from agents.estimate import Estimate, turn_cost
from agents.prompting import Prompts
from agents.tools import KNOWN
from orchestrator.config import Settings
from orchestrator.rosters import PROMPTS, agent_named, roster_of


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
        if agent.risky_tools is not None or not {*agent.tools} <= {*KNOWN}:
            yield "need the PIN", _risky(agent)
        yield "hands over to", ", ".join(agent.hands_over_to) or "anybody"
        yield (
            "long work",
            "none" if agent.task is None else f"up to {agent.task.max_usd} USD and {agent.task.max_minutes} minutes",
        )
        yield "model", f"{agent.model.id}, at most {agent.model.max_tokens} tokens a turn"
        yield "cost", f"about {self.cost.usd:.5f} USD a turn, {self.cost.stable_tokens:,} tokens of it from the cache"


def _risky(agent: Agent) -> str:
    if agent.risky_tools == ():
        return "none of these"
    return ", ".join((*(agent.risky_tools or ()), "what its server calls destructive"))


def portrait(settings: Settings, name: str) -> Portrait:
    """By id, name or alias. Raises NoSuchAgent, AgentError, VoiceFileError."""
    roster = roster_of(settings)
    agent = agent_named(roster, name)
    prompts = Prompts.read(roster, PROMPTS)
    return Portrait(agent, roster.files[agent.id], prompts.system(agent), turn_cost(agent, prompts))
