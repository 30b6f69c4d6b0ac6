"""What a turn of an agent will cost, before anybody has called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.definition import Agent
from agents.prices import CHARS_PER_TOKEN, cost_usd
from agents.prompting import Prompts
from agents.tools import tools_of

NEW_TOKENS: Final = 400  # of the call's history, in each turn (research, claude-and-durability, 3)
SAID_TOKENS: Final = 80  # about three sentences


@dataclass(frozen=True, slots=True)
class Estimate:
    """One turn in the middle of a call, the router not included."""

    stable_tokens: int
    """The tools and the system text: read from the cache in every turn but the first."""
    usd: Decimal


def turn_cost(agent: Agent, prompts: Prompts) -> Estimate:
    """Right within a third for English text; `calls list` has the truth afterwards."""
    tools = json.dumps([tool.rendered() for tool in tools_of(agent, prompts.roster)])
    stable = (len(tools) + len(prompts.system(agent))) // CHARS_PER_TOKEN
    usd = cost_usd(
        agent.model.id,
        prompt_tokens=stable + NEW_TOKENS,
        input_tokens=NEW_TOKENS,
        output_tokens=SAID_TOKENS,
        cache_read_tokens=stable,
    )
    return Estimate(stable, usd)
