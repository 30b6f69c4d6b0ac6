"""Scripts: which entry answers, and what a wrong script says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agents.script
from agents.errors import FileError
from agents.script import Script, When, asked
from agents.tools import route, tools_of
from tests.agents.stage import ROSTER, WORDS, heard


def request(agent: str | None, *lines: str | tuple[str, str], note: str = "", **more: Any) -> dict[str, Any]:
    system = WORDS.system(ROSTER[agent]) if agent else WORDS.router_system()
    return {"system": WORDS.system_blocks(system), "messages": WORDS.messages(agent, heard(*lines), note), **more}


TALK = ("hello", ("kai", "Hi."), "why Rust", ("engineer", "Because."), ("kai", "Indeed."), "and what of [Zig]")
FORCED: dict[str, Any] = {"tool_choice": {"type": "tool", "name": "route"}, "tools": [route(ROSTER.agents).rendered()]}
CALLED: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "what time is it"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "current_time", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "noon"}]},
    ]
}
WORKING: dict[str, Any] = {
    "messages": [
        {
            "role": "user",
            "content": [{"type": "text", "text": "<system-reminder>x</system-reminder>"}, {"type": "text", "text": "go"}],
        },
        {"role": "system", "content": "# Environment"},
        *CALLED["messages"][1:],
        {
            "role": "system",
            "content": [{"type": "text", "text": "The user sent a new message while you were working:\nA picture!\n\nx"}],
        },
    ]
}


@pytest.mark.parametrize(
    ("when", "asks", "fits"),
    [
        ({}, request("kai", *TALK), True),
        ({"agent": "kai"}, request("kai", *TALK), True),
        ({"agent": "engineer"}, request("kai", *TALK), False),
        ({"agent": "kai"}, request(None, *TALK, **FORCED), False),
        ({"heard": r"\bZIG\b"}, request("kai", *TALK, note="It is noon."), True),
        ({"heard": "rust|noon|indeed"}, request("kai", *TALK, note="It is noon."), False),
        ({"heard": "why rust"}, request("architect", *TALK[:4]), True),
        ({"turn": 3}, request("kai", *TALK), True),
        ({"turn": 2}, request("engineer", *TALK), True),
        ({"turn": 1}, request("researcher", *TALK), True),
        ({"turn": 1}, request("kai", *TALK), False),
        ({}, request(None, *TALK, **FORCED), False),
        ({"forced": "route"}, request(None, *TALK, **FORCED), True),
        ({"forced": "route"}, request("kai", *TALK), False),
        ({"tool": "bring_in"}, request("kai", *TALK, tools=[t.rendered() for t in tools_of(ROSTER["kai"], ROSTER)]), True),
        ({"tool": "bring_in"}, request("kai", *TALK), False),
        ({}, CALLED, False),
        ({"after": "*"}, CALLED, True),
        ({"after": "current_time", "heard": "what time", "turn": 1}, CALLED, True),
        ({"after": "end_call"}, CALLED, False),
        ({"after": "*", "result": "^NOON$"}, CALLED, True),
        ({"after": "*", "result": "midnight"}, CALLED, False),
        ({"result": "noon"}, request("kai", *TALK), False),
        ({"after": "current_time", "turn": 1, "heard": "^A picture!$"}, WORKING, True),
        ({"heard": "^go$"}, {"messages": WORKING["messages"][:2]}, True),
        ({"after": "*"}, request("kai", *TALK), False),
    ],
)
def test_what_fits(when: dict[str, Any], asks: dict[str, Any], fits: bool) -> None:
    assert When.model_validate(when).fits(asked(asks)) is fits


def test_the_first_entry_that_fits_answers_else_the_agents_default() -> None:
    script = Script.model_validate(
        {
            "entries": [{"when": {"heard": "zig"}, "say": "one"}, {"when": {"heard": "z"}, "say": "two"}],
            "defaults": {"kai": "three"},
        }
    )
    answers = [script.entry(asked(request("kai", line))) for line in ("zig", "zag", "rust")]
    assert [entry.say if entry else None for entry in answers] == ["one", "two", "three"]
    assert script.entry(asked(request("engineer", "rust"))) is None
    assert script.entry(asked(request(None, "rust", **FORCED))) is None


def test_the_script_in_the_documentation_is_a_right_one(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text((agents.script.__doc__ or "").split("```yaml\n")[1].split("```")[0])
    script = Script.read(tmp_path / "script.yaml")
    assert len(script.entries) == 5
    assert script.entries[-1].fault


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("entries:\n- when: {agnt: kai}\n", "script.yaml:2:10: unknown key `agnt`. Did you mean `agent`?"),
        ("entries:\n- when: {heard: '('}\n", "script.yaml:2:10: `heard`: is not a regular expression"),
        ("entries:\n- when: {heard: '(?=a)b'}\n", "script.yaml:2:10: `heard`: is not a regular expression"),
        ("entries:\n- when: {heard: '(a)\\1'}\n", "write it without"),
        ("entries:\n- calls:\n  - {tol: x}\n", "unknown key `tol`. Did you mean `tool`?"),
        ("entries:\n- fault: {kind: stal}\n", "`kind` cannot be 'stal'. Did you mean `stall`?"),
        ("entires: []\n", "script.yaml:1:1: unknown key `entires`. Did you mean `entries`?"),
        ("tokens_per_s: 0\n", "must be more than 0"),
    ],
)
def test_a_wrong_script_names_its_line_and_fix(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "script.yaml").write_text(text)
    with pytest.raises(FileError) as wrong:
        Script.read(tmp_path / "script.yaml")
    assert problem in str(wrong.value)


_KEYS = st.sampled_from(["role", "content", "type", "text", "name"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["messages", "system", "tools", "tool_choice"]), _JSON))
def test_any_request_can_be_asked_about(junk: dict[str, Any]) -> None:
    assert str(asked(junk))
