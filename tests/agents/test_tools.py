"""Tools as Claude sees them: small schemas, strict inputs, and sentences that let it mend a wrong one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.errors import ToolError
from agents.tools import CURRENT_TIME, END_CALL, Tool, route, tools_of
from tests.agents.stage import ROSTER


def named(tools: tuple[Tool, ...], name: str) -> Tool:
    return next(tool for tool in tools if tool.name == name)


def test_an_agent_has_the_tools_it_names() -> None:
    alone = [
        "current_time",
        "remember",
        "recall",
        "send_digits",
        "start_task",
        "add_to_task",
        "stop_task",
        "read_result",
        "call_back",
        "end_call",
    ]
    assert [tool.name for tool in tools_of(ROSTER["kai"], ROSTER)] == ["bring_in", *alone]
    assert tools_of(ROSTER["kai"].model_copy(update={"tools": ()}), ROSTER) == ()
    assert [tool.name for tool in tools_of(ROSTER["kai"], [ROSTER["kai"]])] == alone
    talker = ROSTER["kai"].model_copy(update={"task": None})
    assert "start_task" not in [tool.name for tool in tools_of(talker, ROSTER)]


def test_bring_in_knows_whom_it_may_bring() -> None:
    def allowed(tool: Tool) -> list[str]:
        return tool.input_schema["properties"]["agent"]["enum"]

    assert allowed(named(tools_of(ROSTER["kai"], ROSTER), "bring_in")) == ["architect", "engineer", "researcher"]
    picky = ROSTER["kai"].model_copy(update={"hands_over_to": ("engineer",)})
    only = named(tools_of(picky, ROSTER), "bring_in")
    assert only.input_schema["properties"]["agent"].get("const") == "engineer"
    with pytest.raises(ToolError, match="bring_in was not called: agent: Input should be 'engineer'"):
        only.check({"agent": "researcher", "why": "x"})


def test_what_ends_a_turn() -> None:
    ending = {tool.name for tool in (*tools_of(ROSTER["kai"], ROSTER), route(ROSTER.agents)) if tool.ends_turn}
    assert ending == {"bring_in", "call_back", "end_call"}


@pytest.mark.parametrize(
    ("tool", "raw", "checked"),
    [
        (CURRENT_TIME, {}, {"zone": ""}),
        (CURRENT_TIME, {"zone": "Europe/Berlin"}, {"zone": "Europe/Berlin"}),
        (END_CALL, {}, {}),
        (route(ROSTER.agents), {"speakers": [{"agent": "kai"}]}, {"speakers": [{"agent": "kai", "brief": ""}]}),
    ],
)
def test_a_right_input_is_made_complete(tool: Tool, raw: dict[str, Any], checked: dict[str, Any]) -> None:
    assert tool.check(raw) == checked


@pytest.mark.parametrize(
    "raw",
    [None, 7, "plumber", [], {"speakers": "plumber"}, {"speakers": [{"agent": "plumber"}] * 4}, {"speakers": [{}]}, {"x": 1}],
)
def test_a_wrong_input_is_a_sentence(raw: object) -> None:
    with pytest.raises(ToolError, match="route was not called: "):
        route(ROSTER.agents).check(raw)


def test_schemas_carry_no_titles_and_stay_small() -> None:
    for tool in (*tools_of(ROSTER["kai"], ROSTER), route(ROSTER.agents)):
        rendered = json.dumps(tool.rendered())
        assert '"title": "' not in rendered, "a title is tokens, and tells nothing"
        assert len(rendered) < 1_200
        assert tool.input_schema["additionalProperties"] is False
