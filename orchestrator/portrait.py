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
from orchestrator.rosters import PROMPTS, agent_named, lineup_of


@dataclass(frozen=True)
class Portrait:
    agent: Agent
    file: Path
    system: str
    """The prompt as it is sent."""
    cost: Estimate
    left_out: str = ""
    """What its file says and a phone does not use: the tools that Claude Code gives it for work."""

    def as_json(self) -> dict[str, Any]:
        cost = {"stable_tokens": self.cost.stable_tokens, "usd_per_turn": str(self.cost.usd)}
        return {**self.agent.model_dump(mode="json"), "file": str(self.file), "system": self.system, **cost}

    def rows(self) -> Iterator[tuple[str, str]]:
        agent = self.agent
        yield "agent", f"{agent.id}, called {', '.join((agent.name, *agent.aliases))}"
        yield "role", agent.role
        yield "use", agent.description
        yield "from", str(self.file)
        if self.left_out:
            yield "left out", f"tools {self.left_out}: they are for work, and an agent in YAML has a `task` for that"
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
    return ", ".join((*(agent.risky_tools or ()), "what its server does not call harmless"))


def portrait(settings: Settings, name: str) -> Portrait:
    """By id, name or alias. Raises NoSuchAgent, AgentError, VoiceFileError."""
    lineup = lineup_of(settings)
    roster = lineup.roster
    agent = agent_named(roster, name)
    prompts = Prompts.read(roster, PROMPTS)
    file = lineup.found.files[agent.id]
    tools: Any = file.data.get("tools", "") if file.path.suffix == ".md" else ""
    left_out = ", ".join(map(str, tools)) if isinstance(tools, list) else str(tools)
    return Portrait(agent, file.path, prompts.system(agent), turn_cost(agent, prompts), left_out)
