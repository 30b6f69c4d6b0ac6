"""How many words of a text were heard wrong. Spelling is none of them: "14" is fourteen, "I'm" is I am, "log in" is login."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from num2words import num2words

_SPELLINGS: Final = {
    "won't": "will not", "can't": "can not", "cannot": "can not", "let's": "let us", "n't": " not", "'re": " are", "'ve": " have",
    "'ll": " will", "'m": " am", "'s": " is", "'d": " would", "%": " percent ", "#": " pound ", "$": " dollars ", "*": " star ",
    "alright": "all right", "nevermind": "never mind", "un-": "un", "good-bye": "goodbye", "good bye": "goodbye",
}  # fmt: skip


def words(text: str) -> list[str]:
    """In one spelling."""
    text = re.sub(r"\$(\d[\d,.]*\d|\d)", r"\1 dollars", text.lower().replace("’", "'"))
    for spelling, plain in _SPELLINGS.items():
        text = text.replace(spelling, plain)
    text = re.sub(r"(\d+)(st|nd|rd|th)\b", lambda found: f" {_number(found[1], 'ordinal')} ", text.replace(",", ""))
    text = re.sub(r"\d+", lambda found: f" {_number(found[0], 'cardinal')} ", text)
    return re.sub(r"[^a-z]+", " ", text).split()


def _number(digits: str, kind: str) -> str:
    """Of three digits and more it is read digit by digit, as telephone numbers are."""
    spelt: Any = num2words
    parts = [digits] if len(digits) < 3 else [*digits]
    return " ".join(str(spelt(int(part), to=kind)).replace(" and ", " ") for part in parts)


@dataclass
class Errors:
    """Of many texts."""

    wrong: int = 0
    words: int = 0

    def count(self, said: str, heard: str) -> int:
        """Returns the errors of this text."""
        wanted, found = _joined(words(said), words(heard))
        wrong = distance(wanted, found)
        self.wrong += wrong
        self.words += len(wanted)
        return wrong

    @property
    def rate(self) -> float:
        return self.wrong / max(self.words, 1)


def _joined(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Two words of one text that are one word of the other become one."""
    return _join(one, {*other}), _join(other, {*one})


def _join(parts: list[str], known: set[str]) -> list[str]:
    joined = list[str]()
    for part in parts:
        if joined and joined[-1] + part in known and not {joined[-1], part} <= known:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Words to replace, add or drop to make one the other (Levenshtein)."""
    row = [*range(len(other) + 1)]
    for at, said in enumerate(one, 1):
        above, row = row, [at]
        for column, heard in enumerate(other, 1):
            row.append(min(above[column - 1] + (said != heard), above[column] + 1, row[-1] + 1))
    return row[-1]
