"""Scenarios: what they say of a turn that went wrong, how broken ones are told, and that ours leave nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agents.errors import FileError
from agents.lines import Lines
from agents.tools import KNOWN
from agents.yaml_file import YamlFile
from orchestrator.events import Entry, Failed, Routed, SaidText, ToolUsed
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.scenario import Scenario, Turn

ROOT = Path(__file__).parents[2]
OURS = {path.stem: YamlFile(path).validate(Scenario) for path in sorted((ROOT / "tests" / "scenarios").glob("*.yaml"))}
TURNS = [turn for scenario in OURS.values() for turn in scenario.turns]
LINES = Lines.read(ROOT / "prompts" / "lines.yaml")
ELSEWHERE = {
    "greeting": "all shipped agents have one of their own",
    "errors.call_failed": "said by the house around a call: test_house.py",
    "errors.recognizer_unavailable": "nobody answers then",
    "errors.synthesizer_unavailable": "nobody answers then",
    "unreadable": "of a result without words: test_holding.py",
    "not_kept": "when the disk is full: test_record.py",
    "an_ai": "to who is not the owner: test_says_ai.py",
    "errors.synthesis_failed": "another voice goes on, without a word",
    "errors.unknown_voice": "another voice goes on, without a word",
    "errors.claude_failed": "for what has no line of its own",
    "errors.claude_no_key": "for want of a key, which a script never wants: test_claude.py",
    "pin.again": "in mid-call only: test_holding.py",
    "pin.go_on": "told to an agent, not to the caller",
    "pin.rests": "in a call after another: test_pin.py",
    "pin.tried": "in a call after another: test_pin.py",
    "pin.tried_once": "in a call after another: test_pin.py",
    "pin.refused": "in mid-call only: test_holding.py",
    "limits.budget_almost_spent": "depends on the prompts' length: test_rehearsal.py",
}


def told(lines: BaseModel | dict[str, str], above: str = "") -> Iterator[tuple[str, str]]:
    """Every line that the phone says, by its key."""
    for key, value in lines.items() if isinstance(lines, dict) else lines:
        if isinstance(value, BaseModel | dict):
            yield from told(value, f"{above}{key}.")
        else:
            yield from ((f"{above}{key}", line) for line in ([value] if isinstance(value, str) else value))


OF_WORK = ("callback.", "errors.work_", "work_goes_on.")  # test_callback.py, test_results.py, test_holding.py, test_parting.py
SAID = [pair for pair in told(LINES) if pair[0] not in ELSEWHERE and not pair[0].startswith(OF_WORK)]


@pytest.mark.parametrize(("key", "line"), SAID)
def test_every_line_of_the_phone_is_heard_in_one(key: str, line: str) -> None:
    heard = [expected.text for turn in TURNS for expected in turn.expect if expected.text]
    pieces = [piece.strip("^$ ") for text in heard for piece in re.split(r"\.\*|\. ", text)]
    spoken = line.format(name="Engineer", count=3)
    assert any(len(piece) > 2 and piece.rstrip(".") in spoken for piece in pieces), key


def test_every_tool_is_used_in_one() -> None:
    assert {tool for turn in TURNS for tool in turn.tools or ()} >= set(KNOWN)


def test_every_way_of_answering_and_interrupting_is_in_one() -> None:
    assert {turn.by for turn in TURNS} >= {"name", "floor", "claude"}
    assert any(len(turn.routed or ()) == 3 for turn in TURNS)
    barge_ins = [turn for turn in TURNS if turn.barge_in]
    assert {turn.interrupted for turn in barge_ins} >= {True, False}
    assert {turn.resumed for turn in barge_ins} >= {True, False}
    assert {key for turn in barge_ins for key in ("say", "press", "cough_s") if getattr(turn.barge_in, key)} == {
        "say",
        "press",
        "cough_s",
    }
    assert {turn.ended for turn in TURNS} >= {"goodbye", "silence", "limit", "locked", "caller_hung_up"}


def test_every_failure_of_claude_is_in_one() -> None:
    codes = {f"claude_{key.removeprefix('claude_')}" for key in LINES.errors if key.startswith("claude_")}
    assert {code for turn in TURNS for code in turn.failed or ()} >= codes - {
        "claude_failed",
        "claude_no_key",
    }  # for want of a key: test_claude.py


HAPPENED = Happened(
    [
        Entry(seq=at, at_s=at, event=event)
        for at, event in enumerate(
            [
                Routed(turn=1, speakers=("engineer",), by="name"),
                ToolUsed(turn=1, agent="engineer", name="current_time", input={}),
                SaidText(turn=1, agent="engineer", voice="engineer", text="It is", from_s=1, to_s=2),
                SaidText(turn=1, agent="engineer", voice="engineer", text="noon.", from_s=2, to_s=3),
                Failed(turn=1, where="architect", code="claude_slow", sentence="."),
            ]
        )
    ],
    ended="",
)


@pytest.mark.parametrize(
    ("turn", "key", "problem"),
    [
        ({"expect": "noon"}, None, ""),
        ({"expect": {"agent": "engineer", "text": "it is noon"}}, None, ""),
        ({"expect": "one"}, "expect", "somebody was to say /one/, but engineer said 'It is noon.'"),
        ({"expect": {"agent": "kai"}}, "expect", "kai was to say something, but engineer said 'It is noon.'"),
        ({"expect": ["noon", "noon"]}, "expect", "somebody was to say /noon/, but engineer said 'It is noon.'"),
        ({"absent": "noon"}, "absent", "nobody was to say /noon/, but engineer said 'It is noon.'"),
        ({"absent": ["one", "two"]}, None, ""),
        ({"routed": ["engineer"], "by": "name", "tools": ["current_time"], "failed": ["claude_slow"]}, None, ""),
        ({"routed": ["kai"]}, "routed", "`routed` was to be kai, but it was engineer"),
        ({"by": "floor"}, "by", "`by` was to be floor, but it was name"),
        ({"tools": []}, "tools", "`tools` was to be nothing, but it was current_time"),
        ({"failed": []}, "failed", "`failed` was to be nothing, but it was claude_slow"),
        ({"interrupted": True}, "interrupted", "`interrupted` was to be True, but it was False"),
        ({"resumed": True}, "resumed", "`resumed` was to be True, but it was False"),
        ({"ended": "goodbye"}, "ended", "`ended` was to be goodbye, but it was nothing"),
        ({"heard": "time"}, "heard", "/time/ was to be heard from the caller, but it was ''"),
        ({"within_ms": 900}, "within_ms", "the answer was to be heard within 900 ms, but nothing was answered"),
    ],
)
def test_what_was_instead_is_told(turn: dict[str, Any], key: str | None, problem: str) -> None:
    assert list(problems(Turn.model_validate(turn), HAPPENED)) == ([] if key is None else [(key, problem)])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("turns:\n  - sya: hello\n", ":2:5: unknown key `sya`. Did you mean `say`?"),
        ("turns:\n  - say: hello\n    press: '1'\n", ":2:5: `turns`: does say and press; write a turn for each"),
        ("turns:\n  - expect: 'a(?!b)'\n", ":2:5: `text`: is not a regular expression"),
        ("turns:\n  - expect: '('\n", ":2:5: `text`: is not a regular expression"),
        ("turns: []\n", ":1:1: `turns`: must hold at least one turn"),
        ("claude: {}\n", ":1:1: `turns` is missing; add it"),
        ("turns:\n\t- say: hello\n", ":2:1: a tab; YAML is indented with spaces"),
        ("", ":1:1: the file is empty"),
        ("turns:\n  - say: hello\n    by: magic\n", ":3:5: `by` cannot be 'magic'. Known: name, floor, claude."),
    ],
)
def test_a_broken_one_is_told_at_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.scenario.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as error:
        YamlFile(path).validate(Scenario)
    assert f"{path}{complaint}" in str(error.value)
