"""A line in an agent's own words, where there is a plain one too: better words are worth a moment, and no more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Final

import anyio

from agents.brain import Brain, Said, Spent, ToolCalled
from agents.definition import Agent
from agents.errors import ToolError
from agents.spoken import pieces

LATE_S: Final = 1.5


async def worded(brain: Brain, agent: Agent, brief: str, spent: Callable[[Spent], None]) -> str:
    """All of it, within a second and a half; else nothing. Without a brief nobody is asked."""
    if not brief:
        return ""
    said, whole = "", False
    with anyio.move_on_after(LATE_S):
        async with aclosing(brain.turn(agent, (), note=brief, act=_nothing)) as happenings:
            async for happening in happenings:
                match happening:
                    case Said(text):
                        said += text
                    case Spent():
                        spent(happening)
                    case _:
                        return ""
        whole = True
    return " ".join(pieces(said)) if whole else ""


async def _nothing(_: ToolCalled) -> str:
    raise ToolError("There are no tools for this.")
