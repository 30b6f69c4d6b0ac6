"""Units behind a number, and the patterns that are made of a language's tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, Unit, word_set

_UNIT: Final = re.compile(
    r"(?P<gap>[ \u00a0]?)(?P<unit>%|‰|(?:sq|cu)\.?[ ](?:ft|m|km|mi|in)|fl\.?[ ]oz|"
    r"[°A-Za-zμΩ]{1,7}[²³23]?)(?:\^(?P<power>[23]))?(?![^\W_]|[²³^])"
)
_NEVER_PER: Final = frozenset({"Hz", "kHz", "MHz", "V", "A", "W", "B", "%", "°", "°C", "°F"})
_PER_DIGIT: Final = re.compile(r"/(\d{1,6})[ \u00a0]?")
_HOURS_BEFORE: Final = re.compile(r"\d ?h(?:rs?|ours?)? ?$")
_CLOSES: Final = re.compile(r"[ \u00a0]?(?:$|[.,;:)!?\"'])")
_NEEDS_GAPLESS: Final = frozenset({"A", "F", "N", "J", "K", "B", "in", "t", "d", "pt", "cd", "us", "AU"})
"""Units that are words too: behind a blank they count only at the end of a phrase."""
_NEEDS_GAP: Final = frozenset({"A", "F", "N", "J", "K", "B"})
"""Units that are letters too: without a blank `23A` is a seat."""
_DOTTED_UNITS: Final = word_set(
    "in min sec hr hrs mins secs ft lb lbs oz tbsp tsp mi yd wk wks yr yrs gal Std Min Sek Sekunden std"
)
_FEW: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d)?[ \u00a0]?$")
_COLD: Final = re.compile(
    r"\b(?:temperature|kelvin|cool|cold|heat|hotter|warm|boil|freez|melt|gas|liquid|helium|nitrogen|superconduct|cryo|"
    r"absolute zero|"
    r"delta|temperatur|kalt|warm|siede|schmelz|flüssig)|[ΔδT] ?[=≈~]|Δ ?T",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"\b(?:mak(?:e|es|ing)|made|earn|salary|paid|pay|costs?|users?|people|ran|run|runs|running|race|walk|video|display|screen|monitor|"
    r"steps|followers|views|stars|words|tokens|dollars|euros|rows|lines|lauf|gehalt)\b",
    re.IGNORECASE,
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
    amount = rf"(?P<amount>(?<!\d)\d{{1,3}}(?:\.\d{{3}}){{1,20}},\d{{2}}(?![\d,])|(?<!\d)\d+,\d{{1,2}}(?![\d,])|{number})"
    even = "(?:,[-–—]{1,2})?"  # 20,- €
    per = "|".join(map(re.escape, sorted(language.per, key=len, reverse=True)))
    return {
        "number": re.compile(number),
        "per": re.compile(rf"[ ]?/[ ]?(?:(\d{{1,4}})[ ]?(?=(?:MTok|[MKk]|million|thousand|billion)(?!\w)))?({per})(?![\w²³])"),
        "money": re.compile(
            rf"(?P<sign>[-−+]?)(?:(?P<currency>{prefix})[-−]?|(?P<code>{codes_})(?![^\W\d_])[ \u00a0]?)[ \u00a0]?"
            rf"{amount}{even}{scale}"
        ),
        "money_after": re.compile(rf"{amount}{even}{scale}[ \u00a0]?(?:(?P<currency>{prefix})|(?P<code>{codes_})(?![^\W_]))"),
        "any scale": re.compile(f"[ \u00a0]?({'|'.join(sorted(language.scales, key=len, reverse=True))})(?![^\\W_])"),
        "scale": re.compile(f"({'|'.join(sorted(filter(_is_short, language.scales), key=len, reverse=True))})(?![^\\W_])"),
    }  # fmt: skip


def _is_short(scale: str) -> bool:
    return len(scale) <= 3


def unit_at(source: Source, end: int) -> tuple[Unit, int] | None:
    language = source.language
    found = _UNIT.match(source.text, end)
    if not found:
        return None
    name, at = found["unit"] + {"2": "²", "3": "³"}.get(found["power"], ""), found.end()
    if name not in language.units:
        if not found["power"] or found["unit"] not in language.units:
            return None
        name, at = found["unit"], found.end("unit")
    dot = name in ("Mio", "Mrd", "Tsd") and source.character(at) == "." and bool(source.text[at + 1 : at + 3].strip())
    dot = dot or (
        source.character(at) == "."
        and (name in _DOTTED_UNITS or " " in name)
        and re.match(
            r"\.[ \u00a0](?:[^\W\dA-Z_]|\d{1,3}[ \u00a0]?(?:[Mm]in|[Ss]ek?c?|oz|in)(?!\w))|\.,", source.text[at : at + 12]
        )
    )
    if not found["gap"] and name in _NEEDS_GAP:
        return None
    if name == "K" and (cold := _is_cold(source, end, at)) is not None:
        return (language.units[name], at) if cold else None
    if found["gap"] and name in _NEEDS_GAPLESS and not dot and not _CLOSES.match(source.text, at):
        return None
    if name == "m" and _HOURS_BEFORE.search(source.before(end).rstrip("0123456789.")):
        return language.units["min"], at
    if name == "bps" and _FEW.search(source.before(end)):
        return Unit("basis point", "basis points"), at
    unit = language.units[name]
    if per := patterns(language)["per"].match(source.text, at):
        tail = f" {language.words['per']} {_what(language, per)}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), per.end()
    if (
        (per := _PER_DIGIT.match(source.text, at))
        and (last := _UNIT.match(source.text, per.end(1)))
        and last["unit"] in language.units
        and last["unit"] not in _NEVER_PER
    ):
        tail = f" {language.words['per']} {language.figure(per[1])} {language.units[last['unit']].many}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), last.end()
    return unit, at + 1 if dot else at


def _is_cold(source: Source, start: int, end: int) -> bool | None:
    """Whether 5 K is a temperature; None if nothing around it says so."""
    around = source.text[max(0, start - 60) : end + 40]
    return True if _COLD.search(around) else False if _COUNTED.search(around) else None


def with_unit(source: Source, at: int, said: Said, written: str) -> Said:
    found = unit_at(source, said.end)
    if not found:
        return per_what(source, said)
    unit, end = found
    one = source.word_before(at) in ("a", "an") and source.language.code == "en"
    words = said.words
    if written == "1":
        words = (
            source.language.one_of(unit.one, source.before(at)) if source.language.half_of else source.language.one(unit.feminine)
        )
    return Said(f"{words} {unit.one if one else counted(unit, written)}", end)


def counted(unit: Unit, written: str) -> str:
    return unit.one if written == "1" else unit.many


def per_what(source: Source, said: Said) -> Said:
    found = patterns(source.language)["per"].match(source.text, said.end)
    while found:  # $99/yr/user
        said = Said(f"{said.words} {source.language.words['per']} {_what(source.language, found)}", found.end())
        found = patterns(source.language)["per"].match(source.text, said.end)
    return said


def _what(language: Language, found: re.Match[str]) -> str:
    """`M` of `$3/M`, `10k` of `$5/10k`."""
    if not found[1] or found[1] == "1":
        return language.per[found[2]]
    return f"{language.figure(found[1])} {language.per[found[2]]}"
