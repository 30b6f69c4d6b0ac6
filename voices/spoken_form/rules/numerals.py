"""Roman numerals: what they are worth, and the small ones of pages, parts and lists."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import word_set

ROMAN: Final = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_WORTH: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_SMALL: Final = re.compile(r"([ivxl]{1,7})(?:[-–]([ivxl]{1,7}))?(?!\w|['’]|-\w)")
_YEAR: Final = re.compile(r"[MDCLXVI]{4,15}(?!\w|-\w)")
_BEFORE: Final = re.compile(r"([^\W\d_]{1,12})\.?[ \u00a0]$")
_COUNTED: Final = word_set(
    "p pp page pages ch chap chapter chapters vol volume sec sect section sections part parts book books scene act appendix "
    "note notes fig figure table article clause para paragraph item canto s seite seiten kap kapitel teil band"
)


def value(numeral: str) -> int:
    """0 for what is none."""
    if not numeral or not ROMAN.fullmatch(numeral):
        return 0
    values = [_WORTH[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))


def small(text: str, at: int) -> re.Match[str] | None:
    """`iv`, `iv-vii`, and no word: a single letter is a numeral only if it is i, v or x."""
    found = _SMALL.match(text, at)
    if not found or not all(value(one.upper()) and one != "l" for one in found.groups() if one):
        return None
    return found


def small_roman(source: Source, at: int) -> Said | None:
    """p. iv, part ii, pp. iv-vii, (iii)."""
    text = source.text
    if text[at] not in "ivxl" or (at and text[at - 1].isalnum()) or not (found := small(text, at)):
        return None
    listed = found[2] is None and source.character(found.end()) == ")" and (len(found[1]) > 1 or found[1] == "i")
    opened = source.character(at - 1) == "(" and not source.character(at - 2).isalnum()
    before = _BEFORE.search(source.before(at))
    if not (listed and (opened or not source.character(at - 1).strip())) and not (before and before[1].casefold() in _COUNTED):
        return None
    words = source.language.cardinal(value(found[1].upper()))
    if found[2]:
        words += f" {source.language.words['to']} {source.language.cardinal(value(found[2].upper()))}"
    return Said(words, found.end())


def roman_year(source: Source, at: int) -> Said | None:
    """MMXXVI."""
    if source.text[at] != "M" or not source.opens(at) or not (found := _YEAR.match(source.text, at)):
        return None
    year = value(found[0])
    return Said(source.language.year(year), found.end()) if 1500 <= year <= 2199 else None
