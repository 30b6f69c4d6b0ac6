"""Where ElevenLabs is in a text: its times of characters become marks of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from voices.synthesis import Mark

_AHEAD: Final = 16  # characters: how far a missing piece of the text is looked for


def speakable(text: str) -> str:
    """As long as `text`, character for character, without what ElevenLabs could read as markup or refuse."""
    return "".join(char if char.isprintable() and char not in "<>" else " " for char in text)


class Alignment:
    """Follows one text. Characters come in order; those that are not in the text are passed over."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [word.start() for word in re.finditer(r"\S+", text)]
        self._char = self._word = 0
        self._at_s = 0.0

    def push(self, chars: Sequence[str], starts_s: Sequence[float]) -> tuple[Mark, ...]:
        """The words that begin among these characters."""
        marks: list[Mark] = []
        for spelt, at_s in zip(chars, starts_s, strict=False):
            self._at_s = max(self._at_s, at_s)
            for char in spelt:
                if not char.isspace() and (step := self._text[self._char : self._char + _AHEAD].find(char)) >= 0:
                    self._char += step + 1
                    marks += self._begun()
        return tuple(marks)

    def _begun(self) -> tuple[Mark, ...]:
        """The word of the last character, if that is the first one of it that came; words that were skipped get no mark."""
        before = self._word
        while self._word < len(self._words) and self._words[self._word] < self._char:
            self._word += 1
        return (Mark(self._words[self._word - 1], self._at_s),) if self._word > before else ()
