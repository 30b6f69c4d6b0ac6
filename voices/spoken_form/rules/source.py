"""The text under the rules, and what rules ask of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from voices.spoken_form.vocabulary.language import Language
from voices.spoken_form.vocabulary.pronunciation import Pronunciation

_LOOK_BACK: Final = 32
_WORD_BEFORE: Final = re.compile(r"([^\W_]{1,32})[\s:#(]{0,32}$")
_WORD_AFTER: Final = re.compile(r"[ \u00a0]([^\W\d_]{1,32})")


class Said(NamedTuple):
    words: str
    end: int
    """Where in the text the rest begins."""


@dataclass(slots=True)
class Source:
    text: str
    """Cleaned."""
    language: Language
    pronunciation: Pronunciation
    quoted: bool = False
    """A quotation is open."""

    def before(self, at: int) -> str:
        """What stands just before, as much as a rule may look at."""
        return self.text[max(0, at - _LOOK_BACK) : at]

    def word_before(self, at: int) -> str:
        found = _WORD_BEFORE.search(self.before(at))
        return found[1].casefold() if found else ""

    def word_after(self, at: int) -> str:
        found = _WORD_AFTER.match(self.text, at, at + _LOOK_BACK)
        return found[1] if found else ""

    def character(self, at: int) -> str:
        return self.text[at] if 0 <= at < len(self.text) else ""

    def opens(self, at: int) -> bool:
        """A word, a number or an address may start here: what stands before belongs to something else."""
        return at == 0 or self.text[at - 1].isspace() or self.text[at - 1] in "([{<\"'=,;|>"

    def stop(self, end: int) -> str:
        """The full stop of an abbreviation that ends at `end`, if it ends the sentence too."""
        rest = self.text[end : end + 3].lstrip(" \u00a0\"')")
        ends = not rest or (rest[0].isupper() and not self.language.day_first)  # any noun of German has a capital
        return "." if ends else ""


Rule = Callable[[Source, int], Said | None]
