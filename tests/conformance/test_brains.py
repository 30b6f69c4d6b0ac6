"""What every Brain does, whatever its transport: the real SDK over real sockets, and in-process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio
import pytest

from agents.brain import Brain, Failed, Said, ToolCalled
from agents.errors import BrainError
from agents.script import Script
from agents.scripted import ScriptedClaude, ScriptedTransport
from agents.tools import route, tools_of
from orchestrator.scripted_house import serving
from tests.agents.stage import ROSTER, WORDS, brain_over, heard, nothing, played, script, words

KAI = ROSTER["kai"]
TOOLS = tools_of(KAI, ROSTER)


@pytest.fixture(params=["http", "in_process"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def a_brain(kind: str, acts: Script, **settings: Any) -> AsyncGenerator[tuple[Brain, ScriptedClaude]]:
    """With a check that nothing it started is left when it is gone."""
    before = asyncio.all_tasks()
    if kind == "http":
        async with serving(acts) as claude, brain_over(None, base_url=claude.url, **settings) as brain:
            yield brain, claude
    else:
        claude = ScriptedClaude(acts)
        async with brain_over(ScriptedTransport(claude), **settings) as brain:
            yield brain, claude
    await anyio.lowlevel.checkpoint()
    assert asyncio.all_tasks() == before


def quick(*entries: dict[str, Any], **defaults: str) -> Script:
    return script(*entries, first_token_s=0.01, tokens_per_s=2_000, **defaults)


async def test_says_what_was_thought_and_what_it_cost(kind: str) -> None:
    async with a_brain(kind, quick(kai="Hello there, how are you?")) as (brain, claude):
        spent = await brain.warm(KAI, TOOLS)
        assert spent
        assert spent.cache_write_tokens
        events = await played(brain, "hello", tools=TOOLS)
        assert words(events) == "Hello there, how are you?"
        assert [exchange.complete for exchange in claude.exchanges] == [True, True]


async def test_acts_and_goes_on(kind: str) -> None:
    async def act(call: ToolCalled) -> str:
        return "noon"

    acts = quick({"calls": [{"tool": "current_time"}]}, {"when": {"after": "current_time"}, "say": "It is noon."})
    async with a_brain(kind, acts) as (brain, _):
        events = await played(brain, "time?", tools=TOOLS, act=act)
        assert sum(isinstance(event, ToolCalled) for event in events) == 1
        assert words(events) == "It is noon."


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 401, "type": "authentication_error"}, "claude_unauthorised"),
        ({"kind": "status"}, "claude_overloaded"),
        ({"kind": "refusal"}, "claude_refused"),
        ({"kind": "max_tokens"}, "claude_truncated"),
        ({"kind": "cut"}, "claude_broken_off"),
        ({"kind": "error"}, "claude_overloaded"),
        ({"kind": "stall"}, "claude_stalled"),
    ],
)
async def test_a_failure_is_the_last_event_and_the_next_turn_works(kind: str, fault: dict[str, Any], code: str) -> None:
    acts = quick({"when": {"heard": "break"}, "say": "one two three", "fault": fault}, kai="Still here.")
    async with a_brain(kind, acts, idle_s=0.1) as (brain, _):
        last = (await played(brain, "break"))[-1]
        assert isinstance(last, Failed)
        assert last.error.code == code
        assert words(await played(brain, "hello")) == "Still here."


async def test_closing_early_is_seen_at_the_other_end_at_once(kind: str) -> None:
    acts = script(kai="one two three four " * 50, first_token_s=0.01, tokens_per_s=50)
    async with a_brain(kind, acts) as (brain, claude):
        async with aclosing(brain.turn(KAI, heard("count"), act=nothing)) as events:
            async for event in events:
                if isinstance(event, Said):
                    break
        await claude.exchanges[0].over.wait()
        assert not claude.exchanges[0].complete


async def test_many_turns_at_once_do_not_mix(kind: str) -> None:
    acts = quick(*({"when": {"heard": f"number {n}$"}, "say": f"This is {n}."} for n in range(20)))
    answers: dict[int, str] = {}
    async with a_brain(kind, acts) as (brain, _), anyio.create_task_group() as group:

        async def ask(n: int) -> None:
            answers[n] = words(await played(brain, f"number {n}"))

        for n in range(20):
            group.start_soon(ask, n)
    assert answers == {n: f"This is {n}." for n in range(20)}


async def test_chooses(kind: str) -> None:
    speakers = [{"agent": "researcher", "brief": "sources"}, {"agent": "engineer", "brief": ""}]
    acts = quick({"when": {"forced": "route"}, "calls": [{"tool": "route", "input": {"speakers": speakers}}]})
    tool = route(ROSTER.agents)
    async with a_brain(kind, acts) as (brain, _):
        choice = await brain.choose(WORDS.router_system(), heard("both"), tool, model="claude-haiku-5-5", timeout_s=2)
        assert choice.input == {"speakers": speakers}


async def test_a_choice_has_its_time(kind: str) -> None:
    acts = script({"when": {"forced": "route"}, "first_token_s": 600, "say": "never"})
    async with a_brain(kind, acts) as (brain, claude):
        with pytest.raises(BrainError) as failed:
            await brain.choose("", heard("x"), route(ROSTER.agents), model="claude-haiku-5-5", timeout_s=0.1)
        assert failed.value.code == "claude_slow"
        await claude.exchanges[0].over.wait()


async def test_nobody_there(kind: str) -> None:
    async with a_brain(kind, quick(), api_key=None) as (brain, _):
        assert isinstance((await played(brain, "hello"))[-1], Failed)
