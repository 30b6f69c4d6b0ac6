"""Units behind a number, and the patterns that are made of a language's tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, Unit, word_set

_UNIT: Final = re.compile(r"(?P<gap>[ \u00a0]?)(?P<unit>%|‰|sq[ ](?:ft|m)|[°A-Za-zμΩ]{1,7}[²³23]?)(?![^\W_]|[²³])")
_PER_DIGIT: Final = re.compile(r"/(\d{1,6})[ \u00a0]?")
_HOURS_BEFORE: Final = re.compile(r"\d ?h(?:rs?|ours?)? ?$")
_CLOSES: Final = re.compile(r"[ \u00a0]?(?:$|[.,;:)!?\"'])")
_NEEDS_GAPLESS: Final = frozenset({"A", "F", "N", "J", "K", "B", "in", "t", "d", "pt", "cd", "pp", "us", "AU"})
"""Units that are words too: behind a blank they count only at the end of a phrase."""
_NEEDS_GAP: Final = frozenset({"A", "F", "N", "J", "K", "B"})
"""Units that are letters too: without a blank `23A` is a seat."""
_DOTTED_UNITS: Final = word_set(
    "in min sec hr hrs mins secs ft lb lbs oz tbsp tsp mi yd wk wks yr yrs gal Std Min Sek Sekunden std"
)
TO: Final = re.compile(r"[ \u00a0]?([-–]|\.\.\.?)[ \u00a0]?(?=[-−]?[$€£¥]?\d)")
EQUATION: Final = re.compile(r"[ \u00a0]?[-–][ \u00a0]?\d[\d.,]{0,20}[ \u00a0]?[=*/+×÷≈]")


@lru_cache(8)
def patterns(language: Language) -> dict[str, re.Pattern[str]]:
    number = language.number
    signs = [name for name in language.currencies if not name[-1].isalpha()]
    codes = [name for name in language.currencies if name[-1].isalpha()]
    prefix = "|".join(map(re.escape, sorted(signs, key=len, reverse=True)))
    codes_ = "|".join(codes)
    scale = (
        "(?:(?P<gap>[ \u00a0]?)(?P<scale>"
        + "|".join(map(re.escape, sorted(language.scales, key=len, reverse=True)))
        + r")(?![^\W_]))?"
    )
    amount = rf"(?P<amount>\d{{1,3}}(?:\.\d{{3}})+,\d{{2}}(?![\d,])|\d+,\d{{2}}(?![\d,])|{number})"
    per = "|".join(map(re.escape, sorted(language.per, key=len, reverse=True)))
    return {
        "number": re.compile(number),
        "per": re.compile(rf"[ ]?/[ ]?({per})(?![\w²³/])"),
        "money": re.compile(
            rf"(?P<sign>[-−+]?)(?:(?P<currency>{prefix})[-−]?|(?P<code>{codes_})(?![^\W\d_])[ \u00a0]?)[ \u00a0]?{amount}{scale}"
        ),
        "money_after": re.compile(rf"{amount}{scale}[ \u00a0]?(?:(?P<currency>{prefix})|(?P<code>{codes_})(?![^\W_]))"),
        "any scale": re.compile(f"[ \u00a0]?({'|'.join(sorted(language.scales, key=len, reverse=True))})(?![^\\W_])"),
        "scale": re.compile(f"({'|'.join(sorted(filter(_is_short, language.scales), key=len, reverse=True))})(?![^\\W_])"),
    }  # fmt: skip


def _is_short(scale: str) -> bool:
    return len(scale) <= 3


def unit_at(source: Source, end: int) -> tuple[Unit, int] | None:
    language = source.language
    found = _UNIT.match(source.text, end)
    if not found or found["unit"] not in language.units:
        return None
    name, at = found["unit"], found.end()
    dot = name in ("Mio", "Mrd") and source.character(at) == "." and bool(source.text[at + 1 : at + 3].strip())
    dot = dot or (
        source.character(at) == "."
        and name in _DOTTED_UNITS
        and re.match(r"\.[ \u00a0][^\W\dA-Z_]|\.,", source.text[at : at + 3])
    )
    if not found["gap"] and name in _NEEDS_GAP:
        return None
    if found["gap"] and name in _NEEDS_GAPLESS and not dot and not _CLOSES.match(source.text, at):
        return None
    if name == "m" and _HOURS_BEFORE.search(re.sub(r"[\d.]+$", "", source.before(end))):
        return language.units["min"], at
    unit = language.units[name]
    if per := patterns(language)["per"].match(source.text, at):
        tail = f" {language.words['per']} {language.per[per[1]]}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), per.end()
    if (
        (per := _PER_DIGIT.match(source.text, at))
        and (last := _UNIT.match(source.text, per.end(1)))
        and last["unit"] in language.units
    ):
        tail = f" {language.words['per']} {language.figure(per[1])} {language.units[last['unit']].many}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), last.end()
    return unit, at + 1 if dot else at


def with_unit(source: Source, at: int, said: Said, written: str) -> Said:
    found = unit_at(source, said.end)
    if not found:
        return per_what(source, said)
    unit, end = found
    one = source.word_before(at) in ("a", "an") and source.language.code == "en"
    words = source.language.one(unit.feminine) if written == "1" else said.words
    return Said(f"{words} {unit.one if one else counted(unit, written)}", end)


def counted(unit: Unit, written: str) -> str:
    return unit.one if written == "1" else unit.many


def per_what(source: Source, said: Said) -> Said:
    found = patterns(source.language)["per"].match(source.text, said.end)
    return Said(f"{said.words} {source.language.words['per']} {source.language.per[found[1]]}", found.end()) if found else said
