"""An exact thing said aloud, sign by sign: a command, a file, an address. What of it is left out is admitted. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

LONGEST: Final = 150  # characters, about ten seconds: more is not taken in by ear
_SET_OFF: Final = re.compile(r"-.*|[&|;<>]+")  # options, and what stands between commands
_BETWEEN: Final = re.compile(r"(&&|\|\|?|;)")
_LETTERS: Final = re.compile(r"-([a-zA-Z]{1,3})")  # of short options: each for itself


@dataclass(frozen=True, slots=True)
class Aloud:
    text: str
    """Letters, digits, blanks and commas."""
    whole: bool
    """Nothing was left out."""


class Signs(BaseModel):
    """How one says what is neither letter nor digit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: dict[str, str] = Field(description="Of one or several characters; the longest that fits is taken.")
    other: str = Field(description="Those that are not named.")
    more: str = Field(description="For what is left out.")

    def aloud(self, *things: str) -> Aloud:
        """All of them, or as much of their beginning as there is time for."""
        said = ", ".join(self._said(thing) for thing in things)
        if len(said) <= LONGEST:
            return Aloud(said, whole=True)
        return Aloud(f"{said[:LONGEST].rpartition(' ')[0].rstrip(',') or said[:LONGEST]}, {self.more}", whole=False)

    def _said(self, thing: str) -> str:
        words = _BETWEEN.sub(r" \1 ", re.sub(r"\\\n|[\r\n]+", _line_end, thing.strip())).split()[:LONGEST]
        joints = [", " if _SET_OFF.fullmatch(one) or _SET_OFF.fullmatch(next_) else " " for one, next_ in pairwise(words)]
        return "".join(f"{self._spelled(word)}{joint}" for word, joint in zip(words, [*joints, ""], strict=False))

    def _spelled(self, word: str) -> str:
        if letters := _LETTERS.fullmatch(word):
            word = f"- {' '.join(letters[1])}"
        pieces: list[str] = self._pieces.findall(word)
        return " ".join(piece if piece.isalnum() else self.names.get(piece, self.other) for piece in pieces)

    @cached_property
    def _pieces(self) -> re.Pattern[str]:
        named = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))
        return re.compile(rf"[^\W_]+|{named}|(?:(?!{named}|[^\W_])\S)+")


def _line_end(end: re.Match[str]) -> str:
    """A new line begins a new command, unless a backslash stands before it."""
    return "" if end[0].startswith("\\") else " ; "
