"""The router on its set, how a score is made, and Claude's part in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.errors import AgentError, FileError
from agents.prompting import Prompts
from orchestrator.config import Settings
from orchestrator.errors import ConfigError, NoSuchAgent
from orchestrator.rosters import ROOT
from orchestrator.router import Router
from orchestrator.routing import Routing
from orchestrator.routing_eval import Score, offline, score, with_claude
from orchestrator.routing_set import SHIPPED, Labelled, read
from tests.agents.stage import on_stage, script
from tests.orchestrator.stage import PHRASES, ROSTER

ROUTING = Routing(ROSTER, Router(ROSTER, PHRASES), Prompts.read(ROSTER, ROOT / "prompts"), "claude-haiku-5-5")


def labelled(*lines: dict[str, Any]) -> Labelled:
    return Labelled.model_validate({"just_said": {"kai": "What can I do for you?"}, "lines": {"all": lines}})


def chosen(*agents: str, heard: str, **more: Any) -> dict[str, Any]:
    speakers = [{"agent": agent, "brief": ""} for agent in agents]
    return {"when": {"forced": "route", "heard": heard}, "calls": [{"tool": "route", "input": {"speakers": speakers}}], **more}


@pytest.fixture(scope="module")
def shipped() -> Score:
    return offline(ROUTING, read(SHIPPED, ROSTER))


def test_the_set_is_large_and_has_no_line_twice(shipped: Score) -> None:
    said = [(each.line.said.lower(), each.line.floor) for each in shipped.judged]
    assert len(said) >= 150
    assert len(set(said)) == len(said)
    assert {each.line.by for each in shipped.judged} == {"phone", "name", "floor", "claude"}
    assert {agent for each in shipped.judged if each.line.by == "name" for agent in each.line.speakers} == {
        agent.id for agent in ROSTER
    }


def test_name_and_floor_are_right_and_no_name_brings_a_wrong_agent(shipped: Score) -> None:
    assert shipped.reaches(97), shipped.as_text()


def test_a_table_counts_every_line_once() -> None:
    result = offline(
        ROUTING,
        labelled(
            {"said": "Engineer, why?", "speakers": ["engineer"], "by": "name"},
            {"said": "Engineer, why?", "speakers": ["kai"], "by": "name"},
            {"said": "Stop.", "act": "stop", "by": "phone"},
            {"said": "How do bees navigate?", "speakers": ["researcher"], "by": "floor"},
            {"said": "How do bees navigate?", "speakers": ["researcher"], "by": "claude"},
        ),
    )
    assert result.as_table().splitlines() == [
        "| category | lines | right | wrong agent | asked Claude needlessly | rightly left to Claude |",
        "| -------- | ----: | ----: | ----------: | ----------------------: | ---------------------: |",
        "| all      |     5 |     2 |           1 |                       1 |                      1 |",
        "| all      |     5 |     2 |           1 |                       1 |                      1 |",
    ]
    assert (result.percent, result.wrong_by_name) == (50.0, 1)
    assert not result.reaches(50)  # whatever the rest is, a name brought the wrong agent
    assert 'wrong: "Engineer, why?" (floor: kai): engineer (by name, "engineer": at the front), not kai' in result.as_text()


async def test_claude_decides_what_is_left_to_it() -> None:
    lines = labelled(
        {"said": "How do bees navigate?", "speakers": ["researcher"], "by": "claude"},
        {"said": "Who would want to live there?", "speakers": ["kai"], "by": "claude"},
        {"said": "Three opinions on trains?", "speakers": ["researcher", "engineer"], "by": "claude"},
        {"said": "Shall we plan a garden?", "speakers": ["kai"], "by": "claude"},
    )
    acts = script(
        chosen("researcher", heard="bees"),
        chosen("architect", heard="live there"),
        chosen("engineer", "researcher", heard="opinions"),
        chosen("kai", heard="garden"),
        first_token_s=0.01,
    )
    async with on_stage(acts) as (brain, claude):
        result = await with_claude(offline(ROUTING, lines), ROUTING, brain, lines.just_said)
    assert [each.verdict for each in result.judged] == ["right", "wrong", "right", "right"]
    assert result.asked == len(claude.exchanges) == 4
    assert result.usd > 0
    first = claude.exchanges[0].request
    assert "[Kai] What can I do for you?" in str(first["messages"])
    assert "Ava" not in str(first["messages"])
    assert "researcher: Researcher" in str(first["system"])


async def test_an_overload_is_waited_out() -> None:
    lines = labelled({"said": "How do bees navigate?", "speakers": ["researcher"], "by": "claude"})
    fault = {"kind": "status", "status": 529, "times": 2, "retry_after_s": 0}
    async with on_stage(script(chosen("researcher", heard="bees", fault=fault), first_token_s=0.01)) as (brain, claude):
        result = await with_claude(offline(ROUTING, lines), ROUTING, brain, lines.just_said)
    assert [each.verdict for each in result.judged] == ["right"]
    assert len(claude.exchanges) == 3


@pytest.mark.parametrize(
    ("status", "times", "requests"), [(529, None, 3), (401, None, 1)], ids=["it never ends", "the key is not accepted"]
)
async def test_half_a_score_is_none(status: int, times: int | None, requests: int) -> None:
    lines = labelled({"said": "How do bees navigate?", "speakers": ["researcher"], "by": "claude"})
    fault = {"kind": "status", "status": status, "type": "scripted_error", "times": times, "retry_after_s": 0}
    async with on_stage(script(chosen("researcher", heard="bees", fault=fault), first_token_s=0.01)) as (brain, claude):
        with pytest.raises(ExceptionGroup) as failed:
            await with_claude(offline(ROUTING, lines), ROUTING, brain, lines.just_said)
    assert failed.group_contains(AgentError)
    assert len(claude.exchanges) == requests


async def test_without_a_key_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs ANTHROPIC_API_KEY") as failed:
        await score(Settings(agents=(tmp_path,)), SHIPPED, live=True)
    assert failed.value.fix == "set it, or leave --live out"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{said: why, floor: enginer, speakers: [kai], by: floor}", "there is no agent `enginer`. Did you mean `engineer`?"),
        ("{said: why, speakers: [kay], by: floor}", "there is no agent `kay`. Did you mean `kai`?"),
        ("{said: why, by: floor}", "either `speakers`, or `act` and `by: phone`"),
        ("{said: why, act: stop, by: floor}", "either `speakers`, or `act` and `by: phone`"),
        ("{said: why, act: stop, speakers: [kai], by: phone}", "either `speakers`, or `act` and `by: phone`"),
        ("{said: why, speakers: [kai], by: flor}", "Did you mean `floor`?"),
        ("{sayd: why, speakers: [kai], by: floor}", "unknown key `sayd`. Did you mean `said`?"),
    ],
)
def test_a_wrong_line_is_named_with_its_fix(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"lines:\n  mine:\n    - {line}\n")
    with pytest.raises(FileError) as failed:
        read(path, ROSTER)
    assert problem in str(failed.value)
    assert failed.value.line == 3


@pytest.mark.parametrize(
    ("said", "floor", "told"),
    [
        ("Engineer, why?", "kai", ['Engineer answers.\nby name: "engineer": at the front']),
        ("Engineer and Architect, why?", "kai", ["Engineer, then Architect answer.\n"]),
        ("why", "architect", ["Architect answers.\nby floor: it only goes on with what was said"]),
        ("Bye, Marcus.", "engineer", ["The phone says goodbye, and hangs up.\nby phone: "]),
        (
            "How do bees navigate?",
            "engineer",
            ["Claude is asked; meanwhile Engineer", "caller: How do bees", "- kai: Kai"],
        ),
    ],
)
def test_a_decision_is_explained(said: str, floor: str, told: list[str]) -> None:
    explained = ROUTING.explained(ROUTING.decide(said, floor))
    assert all(words in explained for words in told), explained


def test_a_decision_is_machine_readable_with_what_claude_reads() -> None:
    shown = ROUTING.as_json(ROUTING.decide("How do bees navigate?", "kai"))
    assert (shown["by"], shown["speakers"], shown["act"]) == ("claude", [], None)
    assert shown["asked"] == {"model": "claude-haiku-5-5", "system": ROUTING.prompts.router_system()}
    assert ROUTING.as_json(ROUTING.decide("Kai?", "engineer"))["asked"] is None


def test_the_floor_is_somebody_on_the_line() -> None:
    assert ROUTING.holder("") == "kai"
    assert ROUTING.holder("engineer") == "engineer"
    with pytest.raises(NoSuchAgent, match="Did you mean `engineer`") as failed:
        ROUTING.holder("enginer")
    assert "agents list" in failed.value.fix
