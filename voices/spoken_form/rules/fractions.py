"""Parts of one, and numbers with a shape of their own: 3/4, ½, 3rd, 1920x1080, 5'11"."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.codes import paired
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.rules.units import unit_at, with_unit
from voices.spoken_form.vocabulary.language import Language

_ORDINAL: Final = re.compile(r"(\d{1,3}(?:,\d{3}){0,8}|\d{1,9})(?:st|nd|rd|th)(?!\w)", re.IGNORECASE)
_DOTTED_ORDINAL: Final = re.compile(r"(\d{1,3})\.(?=[ \u00a0][^\W\d_])")
_MIXED: Final = re.compile(r"(\d{1,6})[ \u00a0-](\d{1,2})/(2|3|4|5|6|8|16|32|64)(?![\d/])")
_FRACTION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(\d{1,6})(?![\d/]|\.\d)")
_SLASH_CHAIN: Final = re.compile(r"\d{1,9}(?:/\d{1,9}){2,8}(?![\d/])")
VULGAR: Final = re.compile(r"[ \u00a0]?([½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_SIDES: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(?:[ \u00a0]?x[ \u00a0]?|×)(?=\d)(?!10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻^])")
_PACKS: Final = re.compile(r"\d[\d.,]{0,6}[ \u00a0]?(?:ml|cl|dl|l|L|mg|g|kg|oz|lb|Stück|pcs)(?!\w)")
_HEIGHT: Final = re.compile(
    r"(\d{1,3})['′][ ]?(\d{1,2}(?:\.\d)?)(?:\"|''|″)(?!\w)|(\d{1,4}(?:\.\d{1,3})?)(\"|″)(?!\w)|(\d{1,5})['′](?![\w'])"
)


def ordinal(source: Source, at: int) -> Said | None:
    before = source.word_before(at)
    dotted = _DOTTED_ORDINAL.match(source.text, at) if source.language.day_first else None
    if dotted and source.language.ordinal_of and source.language.noun_after:
        noun = source.language.noun_after(source.text[dotted.end() : dotted.end() + 60])
        counts = before in source.language.ordinal_after or source.character(dotted.end() + 1).islower()
        if counts or noun in source.language.ordinal_nouns or noun.removesuffix("s") in source.language.ordinal_nouns:
            return Said(source.language.ordinal_of(int(dotted[1]), noun, source.before(at)), dotted.end())
    found = _ORDINAL.match(source.text, at)
    return Said(source.language.ordinal(int(found[1].replace(",", ""))), found.end()) if found else None


def fraction(source: Source, at: int) -> Said | None:
    """3/4, 2 3/4, 24/7, 4.5/5, 7/10, 2024/25."""
    language = source.language
    if (found := _MIXED.match(source.text, at)) and int(found[2]) < int(found[3]):
        words = f"{language.cardinal(int(found[1]))} {language.words['and']} {language.part(int(found[2]), int(found[3]))}"
        if language.half_of and (found[2], found[3]) == ("1", "2"):
            words = mixed(language, found[1], "½")
        return with_unit(source, at, Said(words, found.end()), "2")
    if found := _SLASH_CHAIN.match(source.text, at):
        return Said(f" {language.words['slash']} ".join(map(language.figure, found[0].split("/"))), found.end())
    found = _FRACTION.match(source.text, at)
    if not found:
        return None
    top, bottom = found[1], int(found[2])
    number = int(top) if top.isdigit() else None
    if number is None or bottom == 0:
        words = f"{language.figure(top)} {language.words['out of']} {language.figure(found[2])}"
    elif found[0] in ("24/7", "9/11") or (number + bottom == 100 and number % 5 == 0) or found[0] == "20/20":
        words = f"{language.figure(top)} {language.figure(found[2])}"
    elif len(found[2]) == 4 and 1900 <= bottom <= 2099:
        words = f"{language.figure(top)} {language.words['slash']} {language.year(bottom)}"
    elif len(top) == 4 and 1900 <= number <= 2099 and len(found[2]) == 2:
        words = f"{language.year(number)} {language.cardinal(bottom)}"
    elif (
        number < bottom
        and (number == 1 or bottom in (2, 3, 4, 8, 16, 32, 64) or source.word_after(found.end()) == "of")
        and (bottom <= 100 or (number == 1 and bottom <= 10_000 and unit_at(source, found.end())))
    ):
        words = language.part(number, bottom)
    elif number > bottom:
        words = f"{language.figure(top)} {language.words['over']} {language.figure(found[2])}"
    else:
        words = f"{language.figure(top)} {language.words['out of']} {language.figure(found[2])}"
    if source.character(found.end()) in ('"', "″") and not source.quoted and language.code == "en":
        return Said(f"{words} inch", found.end() + 1)
    if (number, bottom) == (1, 2) and (said := _half(source, at, found.end())):
        return said
    unit = unit_at(source, found.end())
    if unit and language.code == "en" and number is not None and number < bottom and unit[0].one not in ("inch", "percent"):
        name = {(1, 2): "half", (1, 4): "a quarter of"}.get((number, bottom), f"{words} of")
        return Said(f"{name} {'an' if unit[0].one[0] in 'aeio' or unit[0].one == 'hour' else 'a'} {unit[0].one}", unit[1])
    name = unit[0].many if unit and number is not None and number > bottom else unit[0].one if unit else ""
    return Said(f"{words} {name}", unit[1]) if unit and " of " not in words else Said(words, found.end())


def mixed(language: Language, whole: str, sign: str) -> str:
    """two and a half; zweieinhalb, eineinhalb."""
    if language.half_of and sign == "½" and whole.isdigit():
        return f"{'ein' if whole == '1' else language.figure(whole)}einhalb"
    return f"{language.figure(whole)} {language.words['and']} {language.mixed[sign]}"


def vulgar(source: Source, at: int) -> Said | None:
    """½ on its own: "half a" before a thing, "one half" otherwise."""
    found = VULGAR.match(source.text, at)
    if not found or found[0][0].isspace():
        return None
    language = source.language
    alone, before_thing = language.fractions[found[1]]
    if found[1] == "½" and (said := _half(source, at, found.end())):
        return said
    if unit := unit_at(source, found.end()):
        return Said(_of_a(language, before_thing, unit[0].one), unit[1])
    thing = source.word_after(found.end())
    if language.code == "en" and found[1] == "½" and thing in ("a", "an", "the", "of"):
        return Said("half", found.end())
    if thing and thing.casefold() not in language.no_thing:
        return Said(_of_a(language, before_thing, thing).rsplit(" ", 1)[0], found.end())
    return Said(alone, found.end())


def _half(source: Source, at: int, end: int) -> Said | None:
    """einen halben Liter."""
    language = source.language
    if not language.half_of:
        return None
    if unit := unit_at(source, end):
        return Said(f"{language.half_of(unit[0].one, source.before(at))} {unit[0].one}", unit[1])
    noun = source.word_after(end)
    return Said(language.half_of(noun, source.before(at)), end) if noun[:1].isupper() else None


def _of_a(language: Language, words: str, thing: str) -> str:
    if (language.code == "en" and words.endswith(" a") and thing[0] in "aeiouAEIOU") or thing.startswith("hour"):
        return f"{words}n {thing}"
    return f"{words} {thing}"


def sides(source: Source, at: int) -> Said | None:
    """1920x1080, 3x4 m."""
    found = _SIDES.match(source.text, at)
    if not found:
        return None
    by = "times" if _PACKS.match(source.text, found.end()) else "by"
    return Said(f"{side(source.language, found[1])} {source.language.words[by]}", found.end())


def side(language: Language, written: str) -> str:
    return paired(language, written) if len(written) == 4 and written.isdigit() else language.figure(written)


def feet_and_inches(source: Source, at: int) -> Said | None:
    """5'11", 6', 27"; a quotation mark that closes one is none."""
    found = _HEIGHT.match(source.text, at)
    if not found or source.language.code != "en":
        return None
    language = source.language
    if found[1] and float(found[2]) >= 12:  # a pace
        return Said(f"{language.figure(found[1])} minutes {language.figure(found[2])} seconds", found.end())
    if found[1]:
        inches = f"{language.figure(found[2])} {'inch' if found[2] == '1' else 'inches'}"
        return Said(f"{language.figure(found[1])} feet {inches}", found.end())
    if found[3]:
        if found[4] == '"' and source.quoted:
            return None
        one = found[3] == "1" or source.word_before(at) in ("a", "an", "my", "the")
        return Said(f"{language.figure(found[3])} {'inch' if one else 'inches'}", found.end())
    if source.character(at - 1) == "'":
        return None
    return Said(f"{language.figure(found[5])} {'foot' if found[5] == '1' else 'feet'}", found.end())
