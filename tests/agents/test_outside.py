"""What others bring: names, schemas and how agents' files write them; what Claude would not accept never reaches it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agents.bounds import cut
from agents.definition import Agent
from agents.errors import ToolError, Unusable
from agents.outside import Sources, claude_name, inputs_of, wrong_with
from agents.tools import Tool, tools_of
from orchestrator.testing.stand_ins import StandIn, StandIns
from tests.agents.stage import ROSTER

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def taking(schema: dict[str, Any]) -> Tool:
    return Tool("weather__forecast", "", inputs_of(schema))


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("forecast", "weather__forecast"),
        ("fore.cast", "weather__fore_cast-"),
        ("fore/cast", "weather__fore_cast-"),
        ("Wetter heute", "weather__Wetter_heute-"),
        ("x" * 80, "weather__xxxxxxxx"),
        ("", "weather__"),
    ],
)
def test_a_name_that_claude_accepts(tool: str, name: str) -> None:
    assert claude_name("weather", tool).startswith(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", claude_name("weather", tool))


def test_no_two_tools_have_one_name() -> None:
    tools = ["a.b", "a/b", "a_b", "a b", "x" * 80, "x" * 81]
    assert len({claude_name("weather", tool) for tool in tools}) == len(tools)


def test_a_schema_is_given_on_and_kept_to() -> None:
    tool = taking({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "X", **CITY})
    assert tool.input_schema == CITY
    assert tool.check({"city": "Graz", "more": 1}) == {"city": "Graz", "more": 1}
    assert taking({"type": "object"}).check({}) == {}


DOUBLED: dict[str, Any] = {str(at): {"allOf": [{"$ref": f"#/$defs/{at + 1}"}] * 2} for at in range(40)} | {"40": {}}


@pytest.mark.parametrize(
    ("a", "given", "problem"),
    [
        ({"type": "string", "pattern": "^(a+)+$"}, "a" * 60 + "b", "does not match"),
        ({"type": "string", "pattern": "^(a+)+$"}, "a" * 60, ""),
        ({"type": "string", "pattern": "^(?!b)a"}, "c", ""),  # look-ahead is the server's own to check
        ({"$ref": "#/properties/a"}, "x", "schema is broken"),
        ({"$ref": "#/$defs/0"}, "x", "schema is broken"),
        ({"uniqueItems": True}, [{}] * 3_000, "twice"),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 2}, 1, "1"], ""),
        ({"items": {"type": "integer"}}, [1] * 4_500, "schema is broken"),
        ({"items": {"type": "integer"}}, [1] * 500, ""),
        ({"patternProperties": {"^(x+)+$": {"type": "string"}}, "additionalProperties": False}, {"x" * 60 + "!": 1}, ""),
        ({"properties": {"pattern": {}}, "additionalProperties": False}, {"pattern": 1, "b": 1}, "not allowed"),
    ],
)
def test_no_schema_of_others_takes_endless_time(a: dict[str, Any], given: object, problem: str) -> None:
    tool = taking({"type": "object", "properties": {"a": a}, "$defs": DOUBLED})
    if not problem:
        assert tool.check({"a": given}) == {"a": given}
        return
    with pytest.raises(ToolError, match=problem):
        tool.check({"a": given})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "input: $: 'city' is a required property"),
        ({"city": ["Graz", "Linz"]}, "input: city: ['Graz', 'Linz'] is not of type 'string'"),
        ("Graz", "input: Input should be a valid dictionary"),
        (None, "input: Input should be a valid dictionary"),
    ],
)
def test_what_does_not_fit_is_a_sentence(given: object, problem: str) -> None:
    with pytest.raises(ToolError, match="weather__forecast was not called: ") as error:
        taking(CITY).check(given)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({}, "its schema is not that of an object"),
        ({"type": "string"}, "its schema is not that of an object"),
        ({"type": "object", "properties": []}, "its schema is not that of an object"),
        (CITY | {"anyOf": []}, "its schema has anyOf at the top, which Claude does not accept"),
        ({"type": "object", "properties": {"the city": {}}}, "its input 'the city' has a name that Claude does not accept"),
        ({"type": "object", "properties": {"x": {"type": "strin"}}}, "its schema is no JSON schema: 'strin'"),
        (CITY | {"description": "x" * 5_000}, "characters, and at most 4,000 make sense on a telephone"),
    ],
)
def test_a_schema_that_claude_would_not_accept(schema: dict[str, Any], problem: str) -> None:
    with pytest.raises(Unusable) as error:
        inputs_of(schema)
    assert problem in str(error.value)


def test_a_reference_is_not_followed_to_elsewhere() -> None:
    inside = {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}, "$defs": {"X": {"type": "integer"}}}
    with pytest.raises(ToolError, match="x: 'y' is not of type 'integer'"):
        taking(inside).check({"x": "y"})
    outside = {"type": "object", "properties": {"x": {"$ref": "https://example.com/x"}}}
    with pytest.raises(ToolError, match="the tool's schema is broken"):
        taking(outside).check({"x": "y"})


def test_much_is_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc … (cut off: it has 4 characters)"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("mcp:weather/*", None),
        ("mcp:weather/forecast", None),
        ("python:dice", None),
        ("mcp:wether/*", "there is no server `wether`; add [tools.wether] to pai-voice.toml. Did you mean `weather`?"),
        (
            "python:dise",
            (
                "no package that is installed has an entry point `dise` in the group pai_voice.tools; install one, or write the "
                "function into a file beside the agent's: python:tools/dise.py:dise. Did you mean `dice`?"
            ),
        ),
        ("mcp:weather", "`mcp:weather` names no tool; write mcp:weather/* for all of the server's, or one's name for *"),
        ("mcp:", "`mcp:` names no tool; write mcp:SERVER/* for all of the server's, or one's name for *"),
        ("end_cal", "unknown tool `end_cal`. Did you mean `end_call`?"),
    ],
)
def test_how_a_file_names_them(written: str, problem: str | None) -> None:
    assert wrong_with(written, Sources(("weather",), ("dice",))) == problem


def test_without_sources_only_the_form_is_looked_at() -> None:
    assert [wrong_with(written, None) for written in ("mcp:x/*", "python:x")] == [None, None]
    assert wrong_with("mcp:x", None) is not None


@pytest.mark.parametrize(
    ("risky", "need_the_pin"),
    [
        (None, ["notes__wipe"]),
        ((), []),
        (("mcp:notes/delete_*",), ["notes__delete_all", "notes__delete_one", "notes__wipe"]),
        (("mcp:notes/*", "end_call"), ["end_call", "notes__delete_all", "notes__delete_one", "notes__search", "notes__wipe"]),
        (("python:door",), ["door", "notes__wipe"]),
    ],
)
def test_what_is_risky_is_said_by_the_agents_file_or_by_the_server(
    risky: tuple[str, ...] | None, need_the_pin: list[str]
) -> None:
    toolbox = StandIns()
    for written in ("mcp:notes/search", "mcp:notes/delete_one", "mcp:notes/delete_all", "mcp:notes/wipe", "python:door"):
        toolbox[written] = StandIn(risky=written.endswith("wipe"))
    agent: Agent = ROSTER["kai"].model_copy(update={"tools": ("end_call", "mcp:notes/*", "python:door"), "risky_tools": risky})
    assert sorted(tool.name for tool in tools_of(agent, ROSTER, toolbox) if tool.risky) == need_the_pin


def test_an_agent_has_each_tool_once_and_none_that_is_not_there() -> None:
    toolbox = StandIns()
    toolbox["mcp:weather/forecast"] = StandIn(says="Rain.")
    toolbox["mcp:weather/storms"] = StandIn(says="None.")
    agent: Agent = ROSTER["kai"].model_copy(
        update={"tools": ("mcp:weather/storms", "end_call", "mcp:weather/*", "mcp:moon/*", "python:dice")}
    )
    assert [tool.name for tool in tools_of(agent, ROSTER, toolbox)] == ["weather__storms", "end_call", "weather__forecast"]
    assert [tool.name for tool in tools_of(agent, ROSTER)] == ["end_call"]
