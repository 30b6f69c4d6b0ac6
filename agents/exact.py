"""What exactly a tool would be used on: in full, and in its parts where a command is several; and which rules speak of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final

LONGEST_EXACT: Final = 2_000  # characters that are kept: what is risky may stand at the end of a long command
_SUBJECTS: Final = ("command", "file_path", "notebook_path", "url", "query", "skill", "path")
_RULE: Final = re.compile(r"([\w*-]+)(?:\((.*)\))?", re.DOTALL)
_BETWEEN: Final = re.compile(r"&&|\|\|?|;|\n|&|\$\(|`|\s-c\s+[\"']|\beval\s+[\"']?")
_CONTINUED: Final = re.compile(r"\\\r?\n")
_GIT: Final = re.compile(r"git(?:\s+-[cC]\s+\S+|\s+--?[\w-]+(?:=\S+)?)+(?=\s)")  # and options of git's own
# What may stand before a command that is run all the same: `then rm x`, `X=1 rm x`, `xargs -n 1 rm`, `/bin/rm x`.
_BEFORE: Final = re.compile(
    r"(?:(?:[({!]|then|do|else|elif|if|while|until|time|nohup|nice|exec|command|builtin|env|xargs|sudo|doas)\s+"
    r"(?:-\S+\s+(?:\d+\s+)?)*|[({]|\w+=\S*\s+|\S*/(?=[\w.-]+(?:\s|$)))+"
)


@dataclass(frozen=True)
class Use:
    """One use of a tool, as the command line asks for it."""

    tool: str
    given: Mapping[str, Any]

    @cached_property
    def subject(self) -> str:
        """Its command, file or address; all that it is given, as JSON, where that is not all."""
        known = () if self.tool.startswith("mcp__") else _SUBJECTS
        found = next((str(self.given[key]) for key in known if self.given.get(key) is not None), None)
        return json.dumps(dict(self.given), ensure_ascii=False) if self.given and found is None else found or ""

    @cached_property
    def exact(self) -> str:
        """The subject to be read, with no sign in it that the eye does not see; its beginning, if it is very long."""
        seen = "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in self.subject)
        return seen if len(seen) <= LONGEST_EXACT else f"{seen[: LONGEST_EXACT - 1]}…"

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The single commands of a command, each in one line; else the one thing that there is."""
        pieces = _BETWEEN.split(_CONTINUED.sub(" ", self.subject)) if self.tool == "Bash" else [self.subject]
        return tuple(part for piece in pieces if (part := " ".join(piece.split())))

    @property
    def things(self) -> tuple[str, ...]:
        """All of it, to be said."""
        if self.subject.startswith("{"):
            return tuple(f"{key} {value}" for key, value in self.given.items())
        return (self.subject,)

    def fitting(self, rule: str) -> tuple[str, ...]:
        """What of it a rule speaks of that is written as the command line does, `Bash(git push *)`; empty if nothing.

        Wider than the command line's own reading, as it may only make more uses risky: each part of a command counts, whatever
        stands before it, and so does the whole.
        """
        parsed = _RULE.fullmatch(rule.strip())
        if parsed is None or not fnmatchcase(self.tool, parsed[1]):
            return ()
        whole = " ".join(self.subject.split())
        if parsed[2] is None:
            return (whole,)
        pattern = re.sub(r":\*$", " *", parsed[2])
        return tuple(part for part in self.parts if _speaks_of(pattern, part)) or ((whole,) if _speaks_of(pattern, whole) else ())


def _speaks_of(pattern: str, part: str) -> bool:
    before = _BEFORE.match(part)
    bare = _GIT.sub("git", part[before.end() :] if before else part, count=1)
    return any(fnmatchcase(one, pattern) or (pattern.endswith(" *") and one == pattern[:-2]) for one in (part, bare))
