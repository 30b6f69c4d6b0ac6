"""The seam between the call and whatever thinks: one agent's turn, as events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from agents.definition import Agent
from agents.errors import BrainError
from agents.tools import Tool

CALLER: Final = "caller"
Repair = Literal["input", "unheard", "cut_off"]
"""A tool's input had the wrong form, or was cut off at the token limit; an answer left nothing to be heard, and begins anew."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the call's shared history, as it was heard."""

    speaker: str
    """`caller`, or an agent's id."""
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The next piece of text, as it streams; may end in the middle of a word."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The agent wants this done; the input is valid for the tool."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used since the last one of these; they add up to the turn's cost."""

    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came was not as it should be, and the turn goes on all the same."""

    what: Repair


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn ends here, unfinished; what was said before stands."""

    error: BrainError


AgentEvent = Said | ToolCalled | Spent | Repaired | Failed
Act = Callable[[ToolCalled], Awaitable[str]]
"""Does what the agent wants and says how it went; raises ToolError with a sentence for the agent."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a forced tool call chose, valid for its tool."""

    input: Mapping[str, Any]
    spent: Spent
    repaired: bool = False
    """Its form was mended."""


class Brain(Protocol):
    """One thinker, shared by all calls; any number of turns may be under way at the same time."""

    def turn(
        self, agent: Agent, thread: Sequence[Utterance], *, note: str = "", tools: Sequence[Tool] = (), act: Act
    ) -> AsyncGenerator[AgentEvent, None]:
        """What the agent says and does next; every wait in it has a bound.

        `note` holds what is true for this turn only (the time, the router's brief) and is not kept. All tools of a message are
        acted on, those with `ends_turn` last; then, unless one of them failed, the turn is over. Use `contextlib.aclosing`:
        closing early stops the work, and its cost, at once. Never raises BrainError: `Failed` is then the last event. What
        `act` raises beyond ToolError passes through.
        """
        ...

    async def warm(self, agent: Agent, tools: Sequence[Tool] = ()) -> Spent | None:
        """Make this agent's first turn fast. Bounded; never raises: None if it did not work."""
        ...

    async def warm_choice(self, system: str, tool: Tool, *, model: str) -> Spent | None:
        """Make the first such choice fast; as `warm`."""
        ...

    async def choose(self, system: str, thread: Sequence[Utterance], tool: Tool, *, model: str, timeout_s: float) -> Choice:
        """One forced use of `tool`: a decision, not a talk. Raises BrainError."""
        ...
