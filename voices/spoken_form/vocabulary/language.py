"""What differs from language to language: words for numbers, signs, units and money, and how dates and times are put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agents import bounds

GROUPED_BY_BLANKS: Final = (
    r"\d{1,3}(?:[\u00a0']\d{3}(?!\d)){1,20}|\d{1,3}(?: \d{3}){2,20}(?! ?\d)|\d{1,3} 000(?! ?\d)"
    r"|[1-9]\d{0,2} \d{3}(?= [^\W\d_]{3})"
)
LONGEST_CARDINAL: Final = 15
"""Digits of a whole number that is still said as a number; a longer one is said digit by digit."""


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def by_spelling(spellings: Mapping[str, str]) -> dict[str, str]:
    """`{"hour": "h, hr"}` the other way round: each spelling, and what it says."""
    return {spelling: said for said, written in spellings.items() for spelling in written.split(", ")}


@dataclass(frozen=True, slots=True)
class Unit:
    one: str
    many: str
    feminine: bool = False


@dataclass(frozen=True, slots=True)
class Currency:
    one: str
    many: str
    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, eq=False)
class Language:
    code: str
    number: str
    """A pattern: digits with their grouping and decimals, unsigned."""
    group: str
    """What may stand between groups of three digits."""
    points: Mapping[str, str]
    """The word for each decimal sign."""
    digits: tuple[str, ...]
    words: Mapping[str, str]
    """Words that rules put between others: to, minus, dot, at …"""
    signs: Mapping[str, str]
    """Any other sign on its own."""
    units: Mapping[str, Unit]
    per: Mapping[str, str]
    """What stands after a slash behind a unit: `s` in `MB/s`."""
    currencies: Mapping[str, Currency]
    scales: Mapping[str, str]
    """`M`, `bn`, `million` behind an amount."""
    fractions: Mapping[str, tuple[str, str]]
    """`½`: in itself, and before a thing: "half", "half a"."""
    months: tuple[str, ...]
    month_names: Mapping[str, int]
    weekdays: Mapping[str, str]
    abbreviations: Mapping[str, str]
    """Without the full stop that must follow; where case matters, as written."""
    titles: Mapping[str, str]
    """As abbreviations, before a name only."""
    numbered: Mapping[str, str]
    """As abbreviations, before a number only."""
    dotted: Mapping[str, str]
    """Abbreviations of letters with full stops, without blanks: `e.g.`, `z.B.`"""
    single_words: frozenset[str]
    """Abbreviations that are words too: they need a small letter or a number behind them."""
    slashed: Mapping[str, str]
    """Words with a slash between them that are said in their own way."""
    alternatives: frozenset[str]
    """Words between which a slash is an "or"."""
    years_after: frozenset[str]
    """Words after which four digits are a year."""
    ordinal: Callable[[int], str]
    year: Callable[[int], str]
    date: Callable[[int, int, str, str], str]
    """Day, month, the year in words (may be empty), the word before it."""
    clock: Callable[[int, int, int | None, str], str]
    """Hours, minutes, seconds, and what of a day's half or of a clock follows."""
    money: Callable[[str, str, Currency], str]
    """Whole digits, decimals (two or none), currency."""
    part: Callable[[int, int], str]
    """A fraction: three quarters."""
    one: Callable[[bool], str]
    """1 before a thing, which may be feminine."""
    mixed: Mapping[str, str]
    """`½` after "one and"."""
    no_thing: frozenset[str]
    """Words behind a fraction that are not what it is a part of."""
    one_of: Callable[[str, str], str]
    """1 before this word, which may be empty, and behind this text."""
    half_of: Callable[[str, str], str] | None = None
    """½ before this word and behind this text, where that matters."""
    ordinal_of: Callable[[int, str, str], str] | None = None
    """An ordinal before this noun and behind this text, where that matters."""
    noun_after: Callable[[str], str] | None = None
    """The noun that a text begins with, where it can be told."""
    ordinal_after: frozenset[str] = frozenset()
    """Words between which and a word a number with a full stop is an ordinal."""
    ordinal_nouns: frozenset[str] = frozenset()
    """Words before which it is one anyway."""
    day_first: bool = False

    def cardinal(self, number: int) -> str:
        return _cardinal(number, self.code)

    def spell(self, digits: str) -> str:
        return " ".join(self.digits[int(digit)] for digit in digits)

    def figure(self, written: str) -> str:
        """An unsigned number as it is written, in words: `1,234.5`, `007`, `0.30`."""
        whole, sign, decimals = self.split(written)
        if len(whole) > LONGEST_CARDINAL or (len(whole) > 1 and whole[0] == "0"):
            words = self.spell(whole)
        else:
            words = self.cardinal(int(whole)) if whole else ""
        return f"{words} {self.points[sign]} {self.spell(decimals)}".strip() if decimals else words

    def split(self, written: str) -> tuple[str, str, str]:
        """Whole digits, decimal sign and decimals."""
        if found := re.fullmatch(rf"\d{{1,3}}(?:([{self.group}])\d{{3}}(?:\1\d{{3}})*)?(?:([.,])(\d+))?", written):
            head = written if found[2] is None else written[: found.start(2)]
            if found[1] is not None or found[2] is None:
                return re.sub(r"\D", "", head), found[2] or "", found[3] or ""
        found = re.fullmatch(r"(\d*)(?:([.,])(\d+))?", written)
        return (found[1], found[2] or "", found[3] or "") if found else (re.sub(r"\D", "", written), "", "")


@lru_cache(4096)
def _cardinal(number: int, code: str) -> str:
    from num2words import num2words  # 70 ms, once

    return str(num2words(number, lang=code)).replace(",", "")


@lru_cache(1024)
def num2words_as(number: int, code: str, to: str) -> str:
    from num2words import num2words

    if number >= 10**bounds.NUMERAL_DIGITS:  # it has no names for more, and takes quadratic time
        return str(number)
    return str(num2words(number, lang=code, to=to)).replace(",", "")
