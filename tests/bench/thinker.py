"""A Claude of fixed speed: the first token after 300 ms, then 60 a second."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import Final

import anyio

from agents.brain import Act, AgentEvent, Choice, Said, Spent, Utterance
from agents.definition import Agent
from agents.tools import Tool

FIRST_TOKEN_S: Final = 0.3
TOKENS_PER_S: Final = 60.0
ROUTE_TOKENS: Final = 18  # {"speakers": [{"agent": "kai", "brief": ""}]}
ANSWER: Final = (
    "Of course, I can help you with that. There are two ways to go about it, and both of them take about a week from start to "
    "end. The first one is cheaper, but you would have to call them yourself in the morning and ask for a date. The second one "
    "costs a little more, and they would do all of it for you, including the papers. Which of the two sounds better to you?"
)

TOKENS: Final = re.findall(r"\s*\w+|[^\w\s]", ANSWER)


class Thinker:
    """Answers everything with ANSWER; routes everything to whoever answers first."""

    def __init__(self, front_desk: str) -> None:
        self._front_desk = front_desk

    async def turn(
        self, agent: Agent, thread: Sequence[Utterance], *, note: str = "", tools: Sequence[Tool] = (), act: Act
    ) -> AsyncGenerator[AgentEvent, None]:
        asked_s = anyio.current_time()
        await _token(asked_s, 0)
        yield _spent(agent.model.id, 0)
        for number, token in enumerate(TOKENS):
            await _token(asked_s, number)
            yield Said(token)
        yield _spent(agent.model.id, len(TOKENS))

    async def warm(self, agent: Agent, tools: Sequence[Tool] = ()) -> Spent | None:
        return None

    async def warm_choice(self, system: str, tool: Tool, *, model: str) -> Spent | None:
        return None

    async def choose(self, system: str, thread: Sequence[Utterance], tool: Tool, *, model: str, timeout_s: float) -> Choice:
        await _token(anyio.current_time(), ROUTE_TOKENS - 1)
        return Choice({"speakers": [{"agent": self._front_desk, "brief": ""}]}, _spent(model, ROUTE_TOKENS))


async def _token(asked_s: float, number: int) -> None:
    """Until this token of an answer is there."""
    await anyio.sleep_until(asked_s + FIRST_TOKEN_S + number / TOKENS_PER_S)


def _spent(model: str, output_tokens: int) -> Spent:
    return Spent(model, 1_000, output_tokens, 0, 0, Decimal("0.0001"))
