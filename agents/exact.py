"""What exactly a tool would be used on: in full, and in its parts where a command is several; and which rules speak of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cached_property
from typing import Any, Final

LONGEST_EXACT: Final = 2_000  # characters that are kept: what is risky may stand at the end of a long command
_SHELLS: Final = ("Monitor", "PowerShell")  # they run commands as Bash does
_SUBJECTS: Final = ("command", "file_path", "notebook_path", "url", "query", "skill", "path")
_RULE: Final = re.compile(r"([\w*-]+)(?:\((.*)\))?", re.DOTALL)
_BETWEEN: Final = re.compile(r"&&|\|\|?|;|\n|(?<![<>])&(?!>)|\$\(|[<>]\(|`|\s-c\s+[\"']|\beval\s+[\"']?")
_CONTINUED: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\\n")  # a backslash that is itself escaped continues nothing
_SIGNS: Final = re.compile(r"[\"'\\]")  # the shell takes them off: `r\m x` and `"rm" x` run rm
_BEGINS: Final = re.compile(r"(?<![\w.-])(?=\S)")  # a word, and so perhaps a command: `then rm x`, `X=1 rm x`, `/bin/rm x`
_GIT: Final = re.compile(r"\bgit\s+-", re.IGNORECASE)  # options of git's own, and what they take


@dataclass(frozen=True)
class Use:
    """One use of a tool, as the command line asks for it."""

    tool: str
    given: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The tool whose words and rules hold for it as well."""
        return "Bash" if self.tool in _SHELLS else self.tool

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
        return self._parted(self._joined)

    @property
    def single(self) -> str:
        """The one thing that there is, in one line; all of it where a command is several."""
        return self.parts[0] if self.parts == (" ".join(self._joined.split()),) else self.subject

    @cached_property
    def _joined(self) -> str:
        return _CONTINUED.sub(r"\1", self.subject) if self.kind == "Bash" else self.subject

    def _parted(self, text: str) -> tuple[str, ...]:
        pieces = _BETWEEN.split(text) if self.kind == "Bash" else [text]
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
        stands before it, with or without its quotes, and so does the whole.
        """
        parsed = _RULE.fullmatch(rule.strip())
        if parsed is None or not any(fnmatchcase(name, parsed[1]) for name in (self.tool, self.kind)):
            return ()
        whole = " ".join(self.subject.split())
        if parsed[2] is None:
            return (whole,)
        speaks_of = _Pattern(re.sub(r":\*$", " *", parsed[2])).speaks_of
        # In a comment, or between single quotes, a backslash continues nothing: so each line counts for itself as well.
        parts = dict.fromkeys((*self.parts, *self._parted(self.subject)))
        return tuple(filter(speaks_of, parts)) or ((whole,) if speaks_of(whole) else ())


class _Pattern:
    """Of a rule: `git push *`, which is also `git push`."""

    def __init__(self, text: str) -> None:
        self._head = re.split(r"[*?\[ ]", text)[0].lower()
        self._at_a_word = _compiled(text)
        self._after_git = _compiled(text[4:]) if text.startswith("git ") else None

    def speaks_of(self, part: str) -> bool:
        ways = {part, _SIGNS.sub("", part)}
        return any(self._found(text) for text in ways if self._head in text.lower())  # to look at each word takes its time

    def _found(self, text: str) -> bool:
        git = _GIT.search(text) if self._after_git else None
        for word in _BEGINS.finditer(text):
            if self._at_a_word.match(text, word.start()):
                return True
            if self._after_git and git and word.start() >= git.end() and self._after_git.match(text, word.start()):
                return True
        return False


def _compiled(pattern: str) -> re.Pattern[str]:
    """Without regard to case, as some file systems have none."""
    ways = [pattern, pattern[:-2]] if pattern.endswith(" *") else [pattern]
    return re.compile("|".join(map(translate, ways)), re.IGNORECASE)
