"""What all calls think with: who there is, and how Claude, the ears and the tools are reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import anyio

from agents.brain import Brain, Spent
from agents.lines import Lines
from agents.prompting import Prompts
from agents.roster import Roster
from agents.tools import EMPTY, Toolbox, route, tools_of
from orchestrator.events import MoneySpent
from orchestrator.hold_words import HoldWords
from orchestrator.holding import LongWork
from orchestrator.meter import money
from orchestrator.notes import Notes
from orchestrator.phrases import Phrases
from orchestrator.rosters import PROMPTS, phrases_of
from orchestrator.router import Router, router_of
from orchestrator.thread import LONGEST_TOKENS
from voices.recognition import Recognizer


@dataclass(frozen=True)
class Cast:
    """Who is on the line, and all that they are told: shared by all calls with the same agents."""

    roster: Roster
    prompts: Prompts
    phrases: Phrases
    lines: Lines
    router: Router
    hold: HoldWords


def cast_of(roster: Roster) -> Cast:
    """Reads the disk. Raises FileError."""
    prompts, phrases = Prompts.read(roster, PROMPTS), phrases_of(roster)
    lines, hold = Lines.read(PROMPTS / "lines.yaml"), HoldWords.read(PROMPTS / "hold.yaml")
    return Cast(roster, prompts, phrases, lines, router_of(roster, phrases), hold)


@dataclass(frozen=True)
class Minds:
    """What all calls share: who there is, and what they think with."""

    roster: Roster
    brain: Brain
    recognizer: Recognizer
    router: Router
    router_system: str
    router_model: str
    phrases: Phrases
    lines: Lines
    now: Callable[[], datetime]
    notes: Callable[[str], Notes]
    """By the caller's number."""
    toolbox: Toolbox = EMPTY
    place: str = ""
    """Where the house is; empty if nobody said."""
    history_tokens: int = LONGEST_TOKENS
    """So much of what was said before goes to Claude with each turn, at most."""
    work: LongWork | None = None
    """What long work needs; None where there is none."""

    async def warm(self) -> list[MoneySpent]:
        """Make the first turn fast, while it still rings; returns what that cost."""
        spent, desk = list[MoneySpent](), self.roster.front_desk

        async def collect(warming: Awaitable[Spent | None]) -> None:
            cost = await warming
            if cost is not None:
                spent.append(money(cost, 0, "warm"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(collect, self.brain.warm(desk, tools_of(desk, self.roster, self.toolbox)))
            if len(self.roster) > 1:
                choosing = self.brain.warm_choice(self.router_system, route(self.roster.agents), model=self.router_model)
                tasks.start_soon(collect, choosing)
        return spent
