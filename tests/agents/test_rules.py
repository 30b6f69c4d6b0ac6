"""Which uses of a tool the rules allow unasked, which they call risky, and what the command line is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.permission import WorkWords
from agents.places import Places
from agents.rules import Unasked, asked_by_command_line, for_command_line, is_wide, risky
from tests.agents.stage import PROMPTS, ROSTER

COMMANDS = WorkWords.read(PROMPTS).commands
PUSH = "Bash(git push *)"
RM = "Bash(rm *)"


def bash(command: str, **more: Any) -> dict[str, Any]:
    return {"command": command, **more}


@pytest.mark.parametrize(
    ("rule", "tool", "given_", "speaks_of_it"),
    [
        ("Bash", "Bash", bash("ls;  pwd"), True),
        ("Bash", "Write", {}, False),
        (PUSH, "Bash", bash("git push origin main"), True),
        (PUSH, "Bash", bash("git push"), True),
        ("Bash(git push:*)", "Bash", bash("git  push x"), True),
        (PUSH, "Bash", bash("ls && git push"), True),
        (PUSH, "Bash", bash("x=$(git push y)"), True),
        (PUSH, "Bash", bash("git -C x -c a=b --no-pager push y"), True),
        (PUSH, "Bash", bash("git \\\n push y"), True),
        (PUSH, "Bash", bash("git pull"), False),
        (PUSH, "Bash", bash("git pushy"), False),
        (PUSH, "Bash", bash("git log push"), False),
        (PUSH, "Bash", bash("git -c 'a= b' push y"), True),
        (PUSH, "Bash", bash("git --git-dir x push"), True),
        (PUSH, "Bash", bash("g\\\nit push"), True),
        (RM, "Bash", bash("rm a; ls; rm b"), True),
        (RM, "Bash", bash("if x; then rm a; fi"), True),
        (RM, "Bash", bash("(rm a)"), True),
        (RM, "Bash", bash("X=1 env Y=2 /bin/rm a"), True),
        (RM, "Bash", bash("ls | xargs -n 1 rm a"), True),
        (RM, "Bash", bash("bash -c 'rm a'"), True),
        (RM, "Bash", bash("eval rm a"), True),
        (RM, "Bash", bash("find . -exec rm {} +"), True),
        (RM, "Bash", bash("cat <(rm a)"), True),
        (RM, "Bash", bash("r\\m a"), True),
        (RM, "Bash", bash("'rm' a"), True),
        (RM, "Bash", bash("RM a"), True),
        (RM, "Bash", bash("ls a\\\\\nrm b"), True),
        (RM, "Bash", bash("# ls \\\nrm b"), True),
        (RM, "Bash", bash("bash <<X\nrm b\nX"), True),
        (RM, "Bash", bash("ssh h 'ls; rm b'"), True),
        (RM, "Bash", bash("alarm a"), False),
        (RM, "Bash", bash("docker run --rm a"), False),
        (RM, "Monitor", bash("tail -f log; rm a"), True),
        ("Bash(npm publish)", "Bash", bash("npm publish && ls"), True),
        ("Bash(npm publish)", "Bash", bash("npm publish --tag x"), False),
        ("Monitor", "Monitor", bash("rm a"), True),
        ("Monitor", "Bash", bash("rm a"), False),
        ("Write(*.env)", "Write", {"file_path": "/a/.env"}, True),
        ("WebFetch", "WebFetch", {"url": "x"}, True),
        ("mcp__mail__*", "mcp__mail__send", {"to": "x"}, True),
        ("mcp__mail__*(*bob*)", "mcp__mail__send", {"path": "x", "to": "bob"}, True),
        ("Bash(", "Bash", bash("ls"), False),
        (RM, "Bash", bash("a" * 8_000 + " rm" * 3_000), True),
    ],
)
def test_what_a_rule_speaks_of(rule: str, tool: str, given_: dict[str, Any], speaks_of_it: bool) -> None:
    assert risky(rule, tool, given_) is speaks_of_it


def test_the_command_line_is_told_of_no_commands_and_of_files_by_where_they_are() -> None:
    known = [
        "Read",
        "Write",
        "Edit(./drafts/**)",
        "NotebookEdit(./**)",
        "Bash",
        "Bash(git log*)",
        "WebFetch",
        "WebFetch(domain:a.b)",
    ]
    told = for_command_line([*known, "*", "B*", "WebFetch(*)", "WebFetch(domain:*)", "SandboxNetworkAccess"])
    assert told == ("Read", "Edit(./**)", "Edit(./drafts/**)", "WebFetch(domain:a.b)")
    assert asked_by_command_line(["Write(*.env)", "Bash(rm *)"]) == ("Write(*.env)", "Bash(rm *)", "Edit(*.env)")


@pytest.mark.parametrize("agent", ROSTER.agents, ids=lambda agent: agent.id)
def test_shipped_agents_write_in_their_folder_only(agent: Any) -> None:
    assert [rule for rule in agent.task.allowed_tools if is_wide(rule)] == []
    assert [rule for rule in for_command_line(agent.task.allowed_tools) if rule.startswith("Edit")] == ["Edit(./**)"]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("Write(//**)", "outside of its folder"),
        ("Edit(~/notes/**)", "outside of its folder"),
        ("Edit(../x/**)", "outside of its folder"),
        ("Bash", "run anything"),
        ("Bash(*)", "run anything"),
        ("Bash(git log*)", "name the whole command"),
        ("WebFetch", "once for each site"),
        ("Bash(npm test)", ""),
        ("Write", ""),
        ("Write(./**)", ""),
        ("WebFetch(domain:example.com)", ""),
        ("Read", ""),
        ("mcp__mail", "all that this server has"),
        ("mcp__mail__*", "all that this server has"),
        ("mcp__mail__read", ""),
        ("*", "name one tool"),
        ("WebFetch(*)", "once for each site"),
        ("WebFetch(domain:*)", "once for each site"),
        ("WebFetch(domain:*.com)", "once for each site"),
        ("WebFetch(domain:*.example.com)", ""),
        ("WebFetch(domain:com)", "once for each site"),
        ("SandboxNetworkAccess", "once for each site"),
    ],
)
def test_rules_that_are_too_wide(rule: str, complaint: str) -> None:
    assert (complaint in is_wide(rule)) if complaint else not is_wide(rule)


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("ls -la src", True),
        ("git status --short && git log --oneline -5", True),
        ("git diff HEAD~1 | head -n 20", True),
        ("cat notes.md 2>/dev/null", True),
        ("grep -rn TODO src | wc -l", True),
        ("git log --output=x", False),
        ("git log --outp=x", False),
        ("git log --ext-diff -p", False),
        ("git diff --no-index --output=x a b", False),
        ("sort -o x y", False),
        ("uniq a b", False),
        ("tree -o x", False),
        ("find . -delete", False),
        ("find . -fprint x", False),
        ("rg --pre x y", False),
        ("file -C -m x", False),
        ("date -s 1", False),
        ("cat ../x", False),
        ("grep -e . /etc/shadow", False),
        ("rg -e . /etc/shadow", False),
        ("rg --files /etc", False),
        ("find -L /etc", False),
        *((follows, False) for follows in ("grep -R x .", "rg -L x", "rg --follow x", "find -L . -name x", "find . -follow")),
        *((follows, False) for follows in ("ls -RL", "ls -L", "du -L", "diff -r a b", "diff --recursive a b", "tree -l")),
        *((stays, True) for stays in ("grep -r x .", "rg x", "find . -name x", "ls -R", "du -s", "diff -u a b", "tree")),
        ("git diff /dev/null /etc/shadow", False),
        ("git log main..work -- src", True),
        ("git remote show https://evil.example", False),
        ("go version", False),
        ("printf 'x%n' PATH", False),
        ("printf '%-5.3ln' PATH", False),
        ("printf '%s %%n\\n' a", True),
        ("test 'a[$(rm x)]' -eq 1", False),
        ("exit 'a[$(rm x)]'", False),
        ("exit 1", True),
        ("set -k", False),
        ("cat /etc/passwd", False),
        ("cat ~/.ssh/id_rsa", False),
        ("cat $X", False),
        ("cat *", False),
        ("cat < /etc/passwd", False),
        ("ls > x", False),
        ("ls /etc", False),
        ("find /etc", False),
        ("A=1 ls", False),
        ("echo $(ls)", False),
        ("cd src && ls", False),
        ("npm test", True),
        ("npm test && ls", True),
        ("npm  test", True),
        ("npm test --prefix /x", False),
        ("npm test > x", False),
        ("echo x | npm test", False),
        ("A=1 npm test", False),
        ("make", True),
        ("make x", False),
        ("rm x", False),
        ("", False),
    ],
)
def test_what_may_run_unasked(command: str, allowed: bool, tmp_path: Path) -> None:
    rules = Unasked(COMMANDS, Places(str(tmp_path)), ["Bash(npm test)", "Bash(make *)"], [])
    assert rules.allows("Bash", bash(command, description="x", timeout=5)) is allowed
    assert not rules.allows("Bash", bash(command, dangerouslyDisableSandbox=True))
    assert not rules.allows("Bash", bash(command, strange=1))
    assert not rules.allows("Write", bash(command))


def test_a_risky_rule_wins(tmp_path: Path) -> None:
    places = Places(str(tmp_path))
    anything = Unasked(COMMANDS, places, ["Bash"], ["Bash(git push*)"])
    assert anything.allows("Bash", bash("make x"))
    assert not anything.allows("Bash", bash("make x; git push"))
    assert not anything.allows("Bash", bash("{git,push}"))
    assert Unasked(COMMANDS, places, ["Bash"], []).allows("Bash", bash("{git,push}"))
    assert not Unasked(COMMANDS, places, ["Bash"], []).allows("Bash", bash("ls", dangerouslyDisableSandbox=True))
    assert not Unasked(COMMANDS, places, ["Bash(ls)"], ["Bash(ls*)"]).allows("Bash", bash("ls"))


def test_a_link_out_of_the_folder_is_not_in_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "link").symlink_to(tmp_path)
    rules = Unasked(COMMANDS, Places(str(work)), [], [])
    assert rules.allows("Bash", bash("cat notes"))
    assert not rules.allows("Bash", bash("cat link/notes"))
