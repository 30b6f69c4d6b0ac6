"""What is asked or refused before a tool's use, and the settings that close the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.reach import CREDENTIALS, RUNS_LATER, allowed_domains, clear_guards, run_settings, speaks_of_the_sandbox
from agents.tool_gate import ToolGate, Verdict

DATA = Path("/srv/data")
WORK = DATA / "tasks" / "t1" / "work"
HOME = Path("/srv/home")


def gate(**more: Any) -> ToolGate:
    known: dict[str, Any] = {"sandboxed": True, "may_leave": True, "private": [DATA, HOME / ".config" / "pai-voice"]}
    return ToolGate(WORK, HOME, **(known | more))


def does(verdict: Verdict | None) -> str:
    return "" if verdict is None else verdict.does


@pytest.mark.parametrize(
    ("tool", "given_", "expected"),
    [
        ("Read", {"file_path": "/srv/data/notes/a.md"}, "deny"),
        ("Read", {"file_path": f"../../t2/{WORK.name}/a.md"}, "deny"),
        ("Read", {"file_path": f"{WORK}/../../../calls/1"}, "deny"),
        ("Read", {"file_path": "~/.config/pai-voice/pai-voice.toml"}, "deny"),
        ("Read", {"file_path": "/SRV/Data/notes/a.md"}, "deny"),
        ("Read", {"file_path": "a.md"}, ""),
        ("Read", {"file_path": f"{WORK}/a.md"}, ""),
        ("Read", {"file_path": "/srv/database/a.md"}, ""),
        ("Read", {"file_path": "/srv/home/code/a.md"}, ""),
        ("Write", {"file_path": "/srv/data/tasks/t1/record.json", "content": ""}, "deny"),
        ("Edit", {"file_path": "/srv/data/pai.db"}, "deny"),
        ("NotebookEdit", {"notebook_path": "/srv/data/a.ipynb"}, "deny"),
        ("mcp__files__read", {"path": "/srv/data/notes/a.md"}, "deny"),
        ("Grep", {"pattern": "x"}, ""),
        ("Grep", {"pattern": "x", "path": "/srv/data/notes"}, "deny"),
        ("Grep", {"pattern": "x", "path": "/srv"}, "deny"),
        ("Grep", {"pattern": "x", "path": "/"}, "deny"),
        ("Grep", {"pattern": "x", "path": "/srv/home"}, ""),  # a rule closes what is private there
        ("Glob", {"pattern": "**/*.md"}, ""),
        ("Glob", {"pattern": "/srv/data/**"}, "deny"),
        ("Glob", {"pattern": f"../../*/{WORK.name}/*"}, "deny"),
        ("Glob", {"pattern": "*/a", "path": "/srv/data/tasks"}, "deny"),
        ("Read", {"file_path": "a\0b"}, "ask"),
        ("WebSearch", {"query": "x"}, ""),
    ],
)
def test_what_is_ours_is_not_for_the_work(tool: str, given_: dict[str, Any], expected: str) -> None:
    assert does(gate().judge(tool, given_)) == expected


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "way").symlink_to(tmp_path / "data")
    own = ToolGate(tmp_path / "work", HOME, sandboxed=True, may_leave=True, private=[tmp_path / "data"])
    assert does(own.judge("Read", {"file_path": "way/notes.md"})) == "deny"


@pytest.mark.parametrize("path", [" {}", "{} ", "\t{}\n"])
def test_blanks_around_a_path_hide_nothing(path: str) -> None:
    """Claude Code leaves them out."""
    assert does(gate().judge("Read", {"file_path": path.format(DATA / "notes.md")})) == "deny"


@settings(max_examples=200, deadline=None)
@example(["", "", "srv", "data"], False)
@given(
    st.lists(st.sampled_from(["..", ".", "notes", "tasks", "t1", "t2", "work", "x", "~", "", "data", "srv"]), max_size=9),
    st.booleans(),
)
def test_no_spelling_of_a_path_reaches_what_is_ours(parts: list[str], absolute: bool) -> None:
    path = ("/" if absolute else "") + "/".join(parts)
    whole = os.path.normpath(WORK / (f"{HOME}{path[1:]}" if path == "~" or path.startswith("~/") else path))
    leads = Path(f"/{whole.lstrip('/')}")  # `//srv` is `/srv`
    private = leads.is_relative_to(DATA) and not leads.is_relative_to(WORK)
    assert (does(gate().judge("Read", {"file_path": path})) == "deny") is (private and bool(path))


@pytest.mark.parametrize(
    ("more", "tool", "given_", "expected"),
    [
        ({}, "Bash", {"command": "make"}, ""),
        ({}, "Bash", {"command": "make", "dangerouslyDisableSandbox": False}, ""),
        ({}, "Bash", {"command": "make", "dangerouslyDisableSandbox": True}, "ask"),
        ({}, "Bash", {"command": "make", "dangerouslyDisableSandbox": "true"}, "ask"),
        ({"may_leave": False}, "Bash", {"command": "make", "dangerouslyDisableSandbox": True}, "deny"),
        ({"asked": ["Bash(git push*)"]}, "Bash", {"command": "ls && git push x"}, "ask"),
        ({"asked": ["Bash(git push*)"]}, "Bash", {"command": "sh -c 'git push x'"}, "ask"),
        ({"asked": ["Bash(git push*)"]}, "Bash", {"command": "git pull"}, ""),
        ({}, "Monitor", {"command": "make"}, "ask"),
        # What needs no question is then judged by the agent's rules (agents/rules.py).
        ({"sandboxed": False}, "Bash", {"command": "ls"}, "ask"),
        ({"sandboxed": False, "asked": ["Bash(rm *)"]}, "Bash", {"command": "rm x"}, "ask"),
    ],
)
def test_which_commands_are_asked(more: dict[str, Any], tool: str, given_: dict[str, Any], expected: str) -> None:
    assert does(gate(**more).judge(tool, given_)) == expected


def made(folder: Path, home: Path, *, guarded: Sequence[Path] = (), allowed: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"sandboxed": True, "may_leave": True}
    return run_settings(ToolGate(folder, home, **(known | more)), guarded=guarded, allowed=allowed)


def test_keys_are_closed_to_commands_and_to_tools(tmp_path: Path) -> None:
    found = made(tmp_path / "work", tmp_path, private=[tmp_path / "data"])
    for name in (*CREDENTIALS, "data"):
        assert f"Read(/{tmp_path / name})" in found["permissions"]["deny"]
        assert str(tmp_path / name) in found["sandbox"]["filesystem"]["denyRead"]
    assert found["sandbox"]["filesystem"]["allowRead"] == []


def test_where_a_key_really_lies_is_closed_too(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".ssh").symlink_to(tmp_path / "elsewhere")
    assert f"Read(/{tmp_path / 'elsewhere'})" in made(tmp_path / "work", tmp_path)["permissions"]["deny"]


def test_the_works_folder_in_the_data_folder_is_open() -> None:
    found = made(WORK, HOME, private=[DATA])
    assert str(DATA) in found["sandbox"]["filesystem"]["denyRead"]
    assert found["sandbox"]["filesystem"]["allowRead"] == [str(WORK)]
    assert f"Read(/{DATA})" not in found["permissions"]["deny"]  # a rule would close the folder as well


def test_what_runs_later_is_asked_even_in_the_works_folder(tmp_path: Path) -> None:
    found = made(tmp_path, tmp_path, guarded=[tmp_path / "agents"], asked=["Bash(git push*)"])
    for name in (*RUNS_LATER, "agents"):
        assert f"Edit(/{tmp_path / name})" in found["permissions"]["ask"]
        assert str(tmp_path / name) in found["sandbox"]["filesystem"]["denyWrite"]
    assert found["permissions"]["ask"][0] == "Bash(git push*)"


def test_what_a_killed_sandbox_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    left = [tmp_path / ".bashrc", tmp_path / ".claude" / "settings.json"]
    own = [tmp_path / ".mcp.json", tmp_path / ".gitconfig", tmp_path / "empty"]
    for file in (*left, *own):
        file.touch()
    own[0].write_text("{}")
    for file in (*left, own[0], own[2]):
        file.chmod(0o444)
    clear_guards(tmp_path)
    assert not any(file.exists() for file in left)
    assert all(file.exists() for file in own)


def test_without_a_sandbox_the_rules_stay(tmp_path: Path) -> None:
    found = made(tmp_path / "work", tmp_path, sandboxed=False)
    assert "sandbox" not in found
    assert f"Read(/{tmp_path / '.ssh'})" in found["permissions"]["deny"]


def test_the_domains_that_rules_name() -> None:
    rules = [
        "WebFetch(domain:docs.python.org)",
        " WebFetch(domain:*.example.com) ",
        "WebFetch",
        "WebFetch(domain:a b)",
        "Bash(x)",
    ]
    assert allowed_domains(rules) == ["docs.python.org", "*.example.com"]


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("{}", False),
        ('{"permissions": {}}', False),
        ('{"sandbox": {}}', True),
        ('{"\\u0073andbox": null}', True),
        ("not JSON", True),
        ("[]", True),
        ("[" * 100_000, True),
    ],
)
def test_a_project_that_speaks_of_the_sandbox_is_known(tmp_path: Path, text: str, speaks: bool) -> None:
    file = tmp_path / "above" / ".claude" / "settings.local.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    work = tmp_path / "above" / "work"
    assert speaks_of_the_sandbox(work, tmp_path / "own") is speaks
    assert not speaks_of_the_sandbox(work, file.parent)  # the user's own settings may
