"""A tool's input is taken where its sense is plain, whatever its form; where it is not, it stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.mending import mended
from agents.tools import REMEMBER, START_TASK, bring_in, route
from tests.agents.stage import ROSTER

ROUTE = route(ROSTER.agents)
NAMES = {
    agent.id: (agent.id, agent.name, agent.name.upper(), f"the {agent.name}", f"agent {agent.id}") for agent in ROSTER.agents
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {"type": "array", "items": {"type": "string"}},
        "size": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]},
        "mood": {"enum": ["calm", "bright"]},
        "phone": {"type": "string"},
    },
    "$defs": {"Size": {"type": "object", "properties": {"width": {"type": "integer"}}}},
}


@st.composite
def choices(draw: st.DrawFn) -> tuple[list[str], object]:
    """One to four agents, and a form in which a model might say so."""
    who = draw(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=4, unique=True))
    briefs = [draw(st.sampled_from(("", "short", "long " * 90))) for _ in who]
    items: list[Any] = [
        {"agent": draw(st.sampled_from(NAMES[one])), "brief": brief} for one, brief in zip(who, briefs, strict=True)
    ]
    if draw(st.booleans()):
        items = [item["agent"] for item in items]
    form: Any = items[0] if len(items) == 1 and draw(st.booleans()) else items
    if draw(st.booleans()):
        form = json.dumps(form)
    whole: Any = {"speakers": form, "why": "because"} if draw(st.booleans()) else {"speakers": form}
    return who, draw(st.sampled_from((whole, form, json.dumps({"speakers": form}) if not isinstance(form, str) else form)))


@given(choices())
def test_a_choice_is_taken_in_any_form_that_can_be_understood(choice: tuple[list[str], object]) -> None:
    who, form = choice
    understood, _ = ROUTE.understood(form)
    assert [speaker["agent"] for speaker in understood["speakers"]] == who[:3]
    assert all(len(speaker["brief"]) <= 200 for speaker in understood["speakers"])


def test_only_what_was_mended_counts_as_such() -> None:
    assert not ROUTE.understood({"speakers": [{"agent": "kai"}]})[1]
    assert ROUTE.understood({"speakers": [{"agent": "Kai"}]})[1]


def test_a_hand_over_may_be_to_a_name_and_for_long_reasons() -> None:
    tool = bring_in(tuple(agent for agent in ROSTER.agents if agent.id != "kai"))
    given, repaired = tool.understood({"agent": "The Engineer", "why": "w" * 900})
    assert (given["agent"], len(given["why"]), repaired) == ("engineer", 300, True)


def test_work_begins_whatever_the_form_of_its_wishes() -> None:
    given, repaired = START_TASK.understood({"what": "x", "title": "t" * 300, "minutes": "3", "mood": "Calm"})
    assert (len(given["title"]), given["minutes"], given["mood"], repaired) == (100, 3.0, "calm", True)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({"items": '["a", "b"]'}, {"items": ["a", "b"]}),
        ({"items": "a"}, {"items": ["a"]}),
        ({"items": "a, b"}, {"items": "a, b"}),  # one or two?
        ({"items": ["a"], "size": '{"width": 3}'}, {"items": ["a"], "size": {"width": 3}}),
        ({"items": ["a"], "mood": " Calm."}, {"items": ["a"], "mood": "calm"}),
        ({"items": ["a"], "mood": "sad"}, {"items": ["a"], "mood": "sad"}),
        ({"items": ["a"], "phone": 5550100}, {"items": ["a"], "phone": "5550100"}),
        ({"items": ["a"], "phone": None}, {"items": ["a"]}),
        ('{"items": ["a"]}', {"items": ["a"]}),
        ({"items": None}, {"items": None}),
    ],
)
def test_forms(given: object, becomes: object) -> None:
    assert mended(SCHEMA, given) == becomes


KEYS = st.sampled_from(("items", "size", "mood", "phone", "x"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(JSON)
def test_any_input_is_mended_once_and_for_all(given: object) -> None:
    once = mended(SCHEMA, given)
    assert mended(SCHEMA, once) == once


STRICT: dict[str, Any] = {
    "type": "object",
    "required": ["note"],
    "properties": {"note": {"type": "string"}, "minutes": {"type": "number"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({"input": {"note": "a"}}, {"note": "a"}),
        ({"Note": "a"}, {"note": "a"}),
        ({"text": "a"}, {"text": "a"}),
        ({"note": "a", "dry_run": True}, {"note": "a", "dry_run": True}),  # without it something else would be done
        ({"note": ["a", "b"]}, {"note": ["a", "b"]}),  # one after the other, or one of the two?
        ({"note": {"value": "a"}}, {"note": "a"}),
        ({"note": "a", "minutes": " 3"}, {"note": "a", "minutes": 3}),
        ({"note": "a", "minutes": "3 hours"}, {"note": "a", "minutes": "3 hours"}),
        ({"note": "a", "minutes": [3.5]}, {"note": "a", "minutes": 3.5}),
        ({"note": "a", "minutes": "a while"}, {"note": "a", "minutes": "a while"}),
        ({"one": "a", "other": "b"}, {"one": "a", "other": "b"}),  # which?
    ],
)
def test_one_level_deeper_another_key_or_one_too_many_is_understood(given: object, becomes: object) -> None:
    assert mended(STRICT, given) == becomes


@pytest.mark.parametrize(
    "form",
    [
        {"speakers": [[{"agent": "engineer"}]]},
        {"speakers": {"speakers": [{"agent": "engineer"}]}},
        {"route": {"speakers": [{"agent": "engineer"}]}},
        {"speakers": [{"agent": {"id": "engineer"}}]},
        {"speakers": [{"agent": ["engineer"]}]},
        {"speakers": [{"Agent": "engineer"}]},
        {"speakers": "[{'agent': 'engineer'},]"},
        {"speakers": '```json\n[{"agent": "engineer"}]\n```'},
    ],
)
def test_a_choice_in_a_box_is_a_choice(form: object) -> None:
    assert ROUTE.understood(form)[0]["speakers"] == [{"agent": "engineer", "brief": ""}]


@pytest.mark.parametrize(
    "given", [{"text": "a"}, {"note": "a", "importance": "high"}, {"Note": "a", "x": None}, {"input": {"note": "a"}}]
)
def test_our_own_tools_take_no_notice_of_what_they_do_not_know(given: object) -> None:
    assert REMEMBER.understood(given) == ({"note": "a"}, True)
