"""What a shell command is: its words, what is redirected, where it stands; and why one cannot be known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Why = Literal["long", "sign", "made", "changes", "hidden", "unknown"]
"""It is too long; it has a sign that nobody sees; a word that matters is made only when it runs; it changes what names mean;
something in it is said as a secret that could be a part of what it does; it has syntax that is not known."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    """With the quotes off; as written where it is not known."""
    known: bool
    """All of it is written down: nothing is put in by the shell."""
    at: int
    """Where it begins in the text; -1 for one that was taken out of another word."""


@dataclass(frozen=True, slots=True)
class Redirection:
    sign: str
    """`<`, `>`, `>>`, `>|`, `>&`, `<&`, `&>` or `&>>`, with the number before it."""
    target: Word


@dataclass(slots=True)
class Command:
    """One simple command: a program with its words."""

    joined: str
    """What stands before it: nothing, `;`, `&`, `&&`, `||`, `|` or `|&`."""
    scope: tuple[int, ...]
    """The subshells and substitutions that it stands in."""
    pipeline: tuple[int, ...]
    """Commands of one pipeline have the same; what stands in a subshell, a block or a substitution within it has a longer one."""
    branch: bool
    """It may be passed over, or run again: it is part of an `if` or a loop."""
    negated: bool = False
    """`!` stands before it."""
    words: list[Word] = field(default_factory=list[Word])
    sets: list[tuple[str, Word]] = field(default_factory=list[tuple[str, Word]])
    """The variables that are set for it; for good, where it has no words."""
    redirections: list[Redirection] = field(default_factory=list[Redirection])
    given: list[Word] = field(default_factory=list[Word])
    """The texts that it reads: here-documents and here-strings."""

    @property
    def empty(self) -> bool:
        return not (self.words or self.sets or self.redirections or self.given)


class Opaque(Exception):
    """It cannot be said what the command does."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why
