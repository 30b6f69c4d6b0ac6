"""Which uses of a tool an agent's rules allow unasked, which they call risky, and what of them the command line is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import re2

from agents.commands import Commands
from agents.places import Places
from agents.question import NOT_READ, SHELLS
from agents.shell import LONGEST, read
from agents.shell_command import Command, Opaque

WRITERS: Final = ("Write", "Edit", "MultiEdit", "NotebookEdit")
IN_THE_FOLDER: Final = "./**"
_QUIET: Final = frozenset({"command", "description", "timeout", "run_in_background"})
_QUOTES: Final = str.maketrans("", "", "\"'\\")


def parsed(rule: str) -> tuple[str, str | None]:
    """`Bash(git push *)` → the tool, and what it is used on; None where it is any."""
    name, opened, inside = rule.strip().partition("(")
    if not opened:
        return name, None
    pattern = inside.removesuffix(")")
    return name, f"{pattern[:-2]} *" if pattern.endswith(":*") else pattern


def is_wide(rule: str) -> str:
    """What is wrong with it as a rule for what is allowed unasked: it reaches out of the work's folder, or runs anything."""
    name, pattern = parsed(rule)
    if name in WRITERS and pattern is not None and (pattern.startswith(("/", "~")) or ".." in pattern.split("/")):
        return f"`{rule}` lets the work write outside of its folder, unasked; take `{name}({IN_THE_FOLDER})`"
    if name in (*SHELLS, *NOT_READ) and pattern in (None, "*", " *"):
        return f"`{rule}` lets the work run anything, unasked; name the commands: `{name}(npm test)`"
    if name in SHELLS and pattern and "*" in pattern:
        head = pattern.partition("*")[0].strip()
        return f"`{rule}` is asked where what follows is not known to be harmless; name the whole command: `{name}({head})`"
    if name.startswith("mcp__") and (name.endswith("*") or name.count("__") < 2):
        return f"`{rule}` lets the work use all that this server has, unasked, also what deletes or sends; name its tools"
    if _is_wild(name):
        return f"`{rule}` is asked; name one tool"
    if name == "SandboxNetworkAccess" or (name == "WebFetch" and pattern is not None and not names_a_site(pattern)):
        return f"`{rule}` is asked once for each site; name those that need no question: `WebFetch(domain:example.com)`"
    if name == "WebFetch" and pattern is None:
        return "`WebFetch` is asked once for each site; name those that need no question: `WebFetch(domain:example.com)`"
    return ""


def _is_wild(name: str) -> bool:
    return bool(set(name) & set("*?["))


def names_a_site(pattern: str) -> bool:
    """`domain:example.com` or `domain:*.example.com`; `*.com` is half of the world."""
    kind, _, host = pattern.partition(":")
    labels = host.split(".")
    known = labels[1:] if labels[0] == "*" else labels
    return kind == "domain" and len(known) > 1 and all(known) and not any(map(_is_wild, known))


def for_command_line(allowed: Sequence[str]) -> tuple[str, ...]:
    """The rules that Claude Code may go by itself: commands and pages are ours to allow, and files only where a rule says which.

    Its rules for `Edit` hold for all tools that write; those for `Write` and `NotebookEdit` would hold for nothing.
    """
    told: list[str] = []
    for rule in allowed:
        name, pattern = parsed(rule)
        if name in WRITERS:
            told.append(f"Edit({pattern or IN_THE_FOLDER})")
        elif name == "WebFetch":
            told += [rule] if pattern is not None and names_a_site(pattern) else []
        elif name not in (*SHELLS, *NOT_READ, "SandboxNetworkAccess") and (name.startswith("mcp__") or not _is_wild(name)):
            told.append(rule)
    return tuple(dict.fromkeys(told))


def asked_by_command_line(risky: Sequence[str]) -> tuple[str, ...]:
    """The same of those that it must ask for."""
    writes = [f"Edit({pattern})" for rule in risky for name, pattern in (parsed(rule),) if name in WRITERS and pattern]
    return tuple(dict.fromkeys((*risky, *writes)))


def risky(rule: str, tool: str, given: Mapping[str, Any]) -> bool:
    """The rule speaks of it, rather too often than too seldom: wherever in a command it may begin, with or without its quotes."""
    name, pattern = parsed(rule)
    if not any(_glob(name).fullmatch(one) for one in {tool, "Bash" if tool in (*SHELLS, *NOT_READ) else tool}):
        return False
    return pattern is None or any(_at_a_word(pattern).search(text) for text in _texts(tool, given))


def _texts(tool: str, given: Mapping[str, Any]) -> Iterator[str]:
    if tool not in (*SHELLS, *NOT_READ):
        yield from (value for value in given.values() if isinstance(value, str))
        yield json.dumps(dict(given), ensure_ascii=False, default=str)
        return
    text = str(given.get("command") or "")[: 2 * LONGEST]
    for one in (text, text.replace("\\\n", " "), text.replace("\\\n", "")):
        yield " ".join(one.split())
        yield " ".join(one.translate(_QUOTES).split())
    try:
        commands = read(text)
    except Opaque:
        return
    for command in commands:
        words = [word.text for word in command.words]
        yield " ".join(words)
        yield from (
            " ".join(word.split()) for word in (*words, *(given.text for given in command.given)) if any(map(str.isspace, word))
        )


@lru_cache(maxsize=256)
def _glob(pattern: str) -> Any:
    return re2.compile(f"(?is){_translated(pattern)}")


@lru_cache(maxsize=256)
def _at_a_word(pattern: str) -> Any:
    """Without regard to case, as some file systems have none; of git also after options of its own."""
    ways = [_translated(pattern)]
    if pattern.endswith(" *"):
        ways.append(_translated(pattern[:-2]))
    if pattern.startswith("git "):
        ways += [f"git\\s+-.*[^\\w.-]{way.removeprefix('git').lstrip(chr(92) + ' ')}" for way in ways]
    return re2.compile(f"(?is)(?:^|[^\\w.-])(?:{'|'.join(ways)})$")


def _translated(pattern: str) -> str:
    return "".join(".*" if sign == "*" else "." if sign == "?" else re2.escape(sign) for sign in pattern)


class Unasked:
    """Whether a command may run without a question."""

    def __init__(self, commands: Commands, places: Places, allowed: Sequence[str], risky_rules: Sequence[str]) -> None:
        self._table, self._places, self._risky = commands, places, risky_rules
        self._rules = [pattern for rule in allowed for name, pattern in (parsed(rule),) if name in SHELLS]

    def allows(self, tool: str, given: Mapping[str, Any]) -> bool:
        """Every part of it only looks around within the folder, or is word for word what a rule names."""
        if tool not in SHELLS or any(risky(rule, tool, given) for rule in self._risky):
            return False
        anything = any(pattern in (None, "*", " *") for pattern in self._rules)
        if anything and not given.get("dangerouslyDisableSandbox") and not any(parsed(rule)[0] in SHELLS for rule in self._risky):
            return True
        try:
            commands = read(str(given.get("command") or ""))
        except Opaque:
            return False
        if given.get("dangerouslyDisableSandbox"):
            return False
        return anything or (set(given) <= _QUIET and bool(commands) and all(map(self._allowed, commands)))

    def _allowed(self, command: Command) -> bool:
        words = [word.text for word in command.words]
        if not words or command.sets or not all(word.known for word in (*command.words, *command.given)) or words[0] == "cd":
            return False
        if not all(
            one.target.text == "/dev/null" or (one.sign.endswith("&") and one.target.text.isdecimal())
            for one in command.redirections
        ):
            return False
        if self._table.only_looks(words, lambda path: path == "-" or self._places.inside(path)):
            return True
        exact = [pattern.partition("*")[0].split() for pattern in self._rules if pattern]
        return words in exact and not command.given and command.joined not in ("|", "|&")
