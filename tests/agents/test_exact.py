"""What a tool is used on, and which rules speak of it: rather one too many than one too few."""

from __future__ import annotations

from typing import Any

import pytest

from agents.exact import Use

PUSH = "Bash(git push *)"


def bash(command: str) -> dict[str, Any]:
    return {"command": command}


@pytest.mark.parametrize(
    ("rule", "tool", "given_", "fitting"),
    [
        ("Bash", "Bash", bash("ls;  pwd"), ["ls; pwd"]),
        ("Bash", "Write", {}, []),
        (PUSH, "Bash", bash("git push origin main"), ["git push origin main"]),
        (PUSH, "Bash", bash("git push"), ["git push"]),
        ("Bash(git push:*)", "Bash", bash("git  push x"), ["git push x"]),
        (PUSH, "Bash", bash("ls && git push"), ["git push"]),
        (PUSH, "Bash", bash("x=$(git push y)"), ["git push y)"]),
        (PUSH, "Bash", bash("git -C x -c a=b --no-pager push y"), ["git -C x -c a=b --no-pager push y"]),
        (PUSH, "Bash", bash("git \\\n push y"), ["git push y"]),
        (PUSH, "Bash", bash("git pull"), []),
        (PUSH, "Bash", bash("git pushy"), []),
        (PUSH, "Bash", bash("git log push"), []),
        (PUSH, "Bash", bash("git -c 'a= b' push y"), ["git -c 'a= b' push y"]),
        (PUSH, "Bash", bash("git --git-dir x push"), ["git --git-dir x push"]),
        (PUSH, "Bash", bash("g\\\nit push"), ["git push"]),
        ("Bash(rm *)", "Bash", bash("rm a; ls; rm b"), ["rm a", "rm b"]),
        ("Bash(rm *)", "Bash", bash("if x; then rm a; fi"), ["then rm a"]),
        ("Bash(rm *)", "Bash", bash("(rm a)"), ["(rm a)"]),
        ("Bash(rm *)", "Bash", bash("X=1 env Y=2 /bin/rm a"), ["X=1 env Y=2 /bin/rm a"]),
        ("Bash(rm *)", "Bash", bash("ls | xargs -n 1 rm a"), ["xargs -n 1 rm a"]),
        ("Bash(rm *)", "Bash", bash("sudo -n rm a"), ["sudo -n rm a"]),
        ("Bash(rm *)", "Bash", bash("bash -c 'rm a'"), ["rm a'"]),
        ("Bash(rm *)", "Bash", bash("eval rm a"), ["rm a"]),
        ("Bash(rm *)", "Bash", bash("find . -exec rm {} +"), ["find . -exec rm {} +"]),
        ("Bash(rm *)", "Bash", bash("timeout 5 rm a"), ["timeout 5 rm a"]),
        ("Bash(rm *)", "Bash", bash("cat <(rm a)"), ["rm a)"]),
        ("Bash(rm *)", "Bash", bash("r\\m a"), ["r\\m a"]),
        ("Bash(rm *)", "Bash", bash("'rm' a"), ["'rm' a"]),
        ("Bash(rm *)", "Bash", bash("RM a"), ["RM a"]),
        ("Bash(rm *)", "Bash", bash("ls a\\\\\nrm b"), ["rm b"]),
        ("Bash(rm *)", "Bash", bash("# ls \\\nrm b"), ["# ls rm b", "rm b"]),
        ("Bash(rm *)", "Bash", bash("make 2>&1; rm a"), ["rm a"]),
        ("Bash(rm *)", "Bash", bash("alarm a"), []),
        ("Bash(rm *)", "Bash", bash("docker run --rm a"), []),
        ("Bash(rm *)", "Monitor", bash("tail -f log; rm a"), ["rm a"]),
        ("Monitor", "Monitor", bash("rm a"), ["rm a"]),
        ("Monitor", "Bash", bash("rm a"), []),
        ("Bash(*a; rm*)", "Bash", bash("echo a; rm b"), ["echo a; rm b"]),
        ("Write(*.env)", "Write", {"file_path": "/a/.env"}, ["/a/.env"]),
        ("WebFetch", "WebFetch", {"url": "x"}, ["x"]),
        ("mcp__mail__*", "mcp__mail__send", {"to": "x"}, ['{"to": "x"}']),
        ("mcp__mail__*(*bob*)", "mcp__mail__send", {"path": "x", "to": "bob"}, ['{"path": "x", "to": "bob"}']),
        ("Bash(", "Bash", bash("ls"), []),
    ],
)
def test_what_a_rule_speaks_of(rule: str, tool: str, given_: dict[str, Any], fitting: list[str]) -> None:
    assert list(Use(tool, given_).fitting(rule)) == fitting
