"""The shipped agents before a scripted Claude, in-process: what the agents' tests stand on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from agents.brain import CALLER, Act, AgentEvent, Brain, Said, Spent, ToolCalled, Utterance
from agents.claude import BrainSettings, ClaudeBrain
from agents.prompting import Prompts
from agents.roster import load
from agents.script import Script
from agents.scripted import ScriptedClaude, ScriptedTransport
from agents.tools import Tool

import_module("anthropic")  # seconds of reading, which in a test's event loop would count as blocking it
ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "prompts"
KEY = SecretStr("scripted")


ROSTER = load([ROOT / "agents"], PROMPTS)
WORDS = Prompts.read(ROSTER, PROMPTS)


def script(*entries: dict[str, Any], first_token_s: float = 0.3, tokens_per_s: float = 60, **defaults: str) -> Script:
    whole = {"first_token_s": first_token_s, "tokens_per_s": tokens_per_s, "entries": entries, "defaults": defaults}
    return Script.model_validate(whole)


@asynccontextmanager
async def on_stage(acts: Script, **settings: Any) -> AsyncGenerator[tuple[ClaudeBrain, ScriptedClaude]]:
    claude = ScriptedClaude(acts)
    async with brain_over(ScriptedTransport(claude), **settings) as brain:
        yield brain, claude


def brain_over(transport: httpx2.AsyncBaseTransport | None, **settings: Any) -> ClaudeBrain:
    return ClaudeBrain(BrainSettings.model_validate({"api_key": KEY, **settings}), WORDS, transport=transport)


def heard(*lines: str | tuple[str, str]) -> list[Utterance]:
    """A thread: bare text is the caller's, pairs are (speaker, text)."""
    return [Utterance(CALLER, line) if isinstance(line, str) else Utterance(*line) for line in lines]


async def nothing(_: ToolCalled) -> str:
    raise AssertionError("no tool was expected")


async def played(
    brain: Brain,
    *lines: str | tuple[str, str],
    agent: str = "kai",
    note: str = "",
    tools: Sequence[Tool] = (),
    act: Act = nothing,
) -> list[AgentEvent]:
    """One turn, to its end."""
    async with aclosing(brain.turn(ROSTER[agent], heard(*lines), note=note, tools=tools, act=act)) as events:
        return [event async for event in events]


def words(events: Sequence[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Said))


def spent(events: Sequence[AgentEvent]) -> list[Spent]:
    return [event for event in events if isinstance(event, Spent)]
