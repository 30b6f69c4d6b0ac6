"""How a word is written for the ear: acronyms letter by letter, camelCase in its parts, names in code and in addresses."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.codes import chunks, paired
from voices.spoken_form.rules.source import Source
from voices.spoken_form.vocabulary.language import Language
from voices.spoken_form.vocabulary.shared import (
    BARE_UNITS,
    COMMON_CAPITALS,
    ENDINGS,
    GREEK,
    NAMES,
    SAID_AS,
    SPELLED,
    SPELLED_TOPS,
    WORDS_IN_CAPITALS,
)  # fmt: skip

_HUMPS: Final = re.compile(r"(?:[A-Z](?![a-z]))+|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_UNSPEAKABLE: Final = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}|^([A-Z])\1")
_NAMED: Final = re.compile(r"(?:Mc|Mac|De|O')[A-Z][a-z]+$")
_VOWEL: Final = re.compile(r"[AEIOUYaeiouy]")


def word_said(source: Source, text: str, *, shouted: bool) -> str:
    """One word: known ones as the table says, acronyms letter by letter, camelCase in its parts, others as they are."""
    if text in SAID_AS:
        return SAID_AS[text]
    if text in source.language.slashed:
        return source.language.slashed[text]
    if len(text) == 1:
        return GREEK.get(text, text)
    stem, quote, owner = text.partition("'")
    if quote and len(stem) > 1:
        said = word_said(source, stem, shouted=shouted)
        return f"{said}'{owner}" if said != stem else text
    if text in BARE_UNITS and (unit := source.language.units.get(text)):
        return unit.many
    if len(text) > 2 and text.endswith("s") and text[:-1].isupper() and text.isascii() and text.isalpha():
        said = word_said(source, text[:-1], shouted=False)
        return f"{said}'s" if said != text[:-1] or len(text) <= 4 else text
    if text in SPELLED or (text.isascii() and text.isupper() and len(text) > 1):
        return _capitals(text, shouted=shouted)
    if text[0] in GREEK and text[1:].isascii() and len(text) <= 3:  # ΔT
        return f"{GREEK[text[0]]} {text[1:]}"
    if _is_camel(text):
        return " ".join(_name_part(source, hump) for hump in _HUMPS.findall(text))
    return text


def _capitals(text: str, *, shouted: bool) -> str:
    if text in WORDS_IN_CAPITALS or text in COMMON_CAPITALS:
        return text
    if text in SPELLED:
        return text if shouted and text in ("IT", "US", "WHO") else " ".join(text)
    if shouted and _VOWEL.search(text):
        return text
    return " ".join(text) if len(text) <= 3 or not _VOWEL.search(text) or _UNSPEAKABLE.search(text) else text


def _is_camel(text: str) -> bool:
    return (
        text.isascii()
        and text not in NAMES
        and re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]{2}", text) is not None
        and not _NAMED.match(text)
    )


def name_words(source: Source, name: str, *, end: bool = False, top: bool = False) -> str:
    """A name in code or in an address: `get_user_by_id`, `README`, `bob_99`. `end`: a suffix, of an address if `top`."""
    if end and (top or name.lower() in ENDINGS):
        known = ENDINGS.get(name.lower())
        if known and not (top and name.lower() in ("md", "rs", "sh")):
            return known
        if top and name.lower() in SPELLED_TOPS:
            return spelled(source.language, name)
    if (found := source.pronunciation.at(name, 0, source.language.code)) and found[1] == len(name):
        return found[0]
    if name == "etc":
        return "E T C"
    if name in SAID_AS or name.lower() in SAID_AS:
        return SAID_AS.get(name) or SAID_AS[name.lower()]
    parts = [part for part in re.split(r"[\W_]+", name) if part]
    return " ".join(_name_part(source, hump) for part in parts for hump in ([part] if part in NAMES else _HUMPS.findall(part)))


def _name_part(source: Source, part: str) -> str:
    if (found := source.pronunciation.at(part, 0, source.language.code)) and found[1] == len(part):
        return found[0]
    if part.isdigit():
        return paired(source.language, part) if len(part) == 4 else digits(source.language, part)
    for form in (part, part.upper(), part.lower()):
        if form in SAID_AS:
            return SAID_AS[form]
    if (
        part.isascii()
        and ((len(part) > 1 and not _VOWEL.search(part)) or part.upper() in SPELLED)
        and len(part) <= 5
        and part.upper() not in ("IT", "US", "WHO")
    ):
        return " ".join(part.upper())
    if len(part) == 1 and part.isascii():
        return part
    return _capitals(part, shouted=False) if part.isupper() and part.isascii() and len(part) > 1 else part


def spelled(language: Language, text: str) -> str:
    return " ".join(language.digits[int(one)] if one.isdigit() else one.upper() for one in text if one.isalnum())


def digits(language: Language, run: str) -> str:
    if len(run) == 3:
        return paired(language, run)
    return language.figure(run) if len(run) < 3 else ", ".join(map(language.spell, chunks(run)))
