"""Before each use of a tool in a run: is it to be asked of the caller, or refused, whatever Claude Code's own rules say of it?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from agents.question import NOT_READ, SHELLS
from agents.rules import risky

_PATHS: Final = ("file_path", "notebook_path", "path", "filePath")
_SEARCHES: Final = ("Glob", "Grep", "LS")
_WILD: Final = frozenset("*?[{")
PRIVATE: Final = "That belongs to the phone itself, and is not for the work."
TOO_WIDE: Final = "Search in a narrower folder: that one holds what belongs to the phone itself."
CANNOT_LEAVE: Final = "The settings of this folder's project speak of the sandbox, so nothing runs outside of it here."


@dataclass(frozen=True, slots=True)
class Verdict:
    does: Literal["ask", "deny"]
    why: str


@dataclass(frozen=True)
class ToolGate:
    """One run's. It only ever narrows: what it says nothing of, Claude Code decides, and its sandbox holds."""

    folder: Path
    """Where the run works, resolved."""
    home: Path
    sandboxed: bool
    may_leave: bool
    """Whether a command can be run outside of the sandbox at all."""
    private: Sequence[Path] = ()
    """What is ours, resolved; the work's own folder may lie in it."""
    asked: Sequence[str] = ()

    def judge(self, tool: str, given: Mapping[str, Any]) -> Verdict | None:
        """Looks at the file system. What it cannot judge is asked."""
        try:
            return self._of_shell(tool, given) if tool in (*SHELLS, *NOT_READ) else self._of_files(tool, given)
        except (OSError, RuntimeError, ValueError) as error:
            return Verdict("ask", f"It cannot be judged: {error}")

    def _of_shell(self, tool: str, given: Mapping[str, Any]) -> Verdict | None:
        leaves = given.get("dangerouslyDisableSandbox") not in (None, False)
        if self.sandboxed and leaves and not self.may_leave:
            return Verdict("deny", CANNOT_LEAVE)
        if any(risky(rule, tool, given) for rule in self.asked):
            return Verdict("ask", "It is risky.")
        if self.sandboxed and tool == "Bash":
            return Verdict("ask", "It runs outside of the sandbox.") if leaves else None
        return Verdict("ask", "No sandbox holds it.")

    def _of_files(self, tool: str, given: Mapping[str, Any]) -> Verdict | None:
        searches = tool in _SEARCHES
        # Claude Code leaves out the blanks around a path.
        paths = {path for key in _PATHS if given.get(key) for path in (str(given[key]), str(given[key]).strip())}
        targets = [self._target(path) for path in paths]
        if searches and not targets:
            targets = [self.folder]
        if tool == "Glob":
            targets = [self._target(_before_wild(str(given.get("pattern", ""))), at) for at in targets]
        for target in targets:
            for place in self.private:
                if target.is_relative_to(self.folder) and self.folder.is_relative_to(place):
                    continue
                if _within(target, place):
                    return Verdict("deny", PRIVATE)
                if searches and self.folder.is_relative_to(place) and _within(place, target):
                    return Verdict("deny", TOO_WIDE)
        return None

    def _target(self, path: str, at: Path | None = None) -> Path:
        if path == "~" or path.startswith("~/"):
            path = f"{self.home}{path[1:]}"
        return Path(os.path.realpath((at or self.folder) / path))


def _before_wild(pattern: str) -> str:
    """The part of a pattern that names a folder."""
    at = next((at for at, sign in enumerate(pattern) if sign in _WILD), len(pattern))
    return pattern[: pattern.rfind("/", 0, at) + 1] if at < len(pattern) else pattern


def _within(path: Path, place: Path) -> bool:
    """Without regard to case: some file systems have none."""
    parts, outer = [part.casefold() for part in path.parts], [part.casefold() for part in place.parts]
    return parts[: len(outer)] == outer
