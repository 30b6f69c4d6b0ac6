"""The pass itself: at each place the first rule that knows what stands there."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.cleaning import KEPT_CLOSES, KEPT_OPENS, SIGNS
from voices.spoken_form.form import Builder
from voices.spoken_form.rules import amounts, codes, dates_times, fractions, idioms, money, numerals, signs, technical, words
from voices.spoken_form.rules.source import Rule, Said, Source

_FIGURES: Final[tuple[Rule, ...]] = (
    codes.machine_address, idioms.figures, dates_times.iso_date, dates_times.numeric_date, codes.phone, codes.version,
    technical.technical,
    dates_times.clock, dates_times.decade, dates_times.day_first, fractions.ordinal, fractions.feet_and_inches,
    money.currency_last, codes.digits_by_digit, fractions.sides, fractions.fraction, words.mixed, amounts.quantity,
)  # fmt: skip
_WORDS: Final[tuple[Rule, ...]] = (
    words.pronounced, numerals.small_roman, idioms.by, words.plain, idioms.named, numerals.roman_year, dates_times.month_first,
    dates_times.weekday, dates_times.quarter, money.currency_first, words.dotted, words.abbreviation, words.roman, codes.account,
    technical.generic, words.with_signs, technical.technical, words.mixed, words.hyphenated, words.word,
)  # fmt: skip
_SIGNS: Final[tuple[Rule, ...]] = (
    words.pronounced, idioms.heart, idioms.emoticon, idioms.short_year, codes.phone, money.currency_first, dates_times.decade,
    fractions.vulgar, technical.technical,
)  # fmt: skip


_SIGNS_OF_MARKS: Final = frozenset({"!=", ":=", "::"})


def read(source: Source, places: list[int], builder: Builder) -> None:
    """Say the whole text; `places` are the original offsets of its characters."""
    text, at = source.text, 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
        elif character == KEPT_OPENS:
            end = text.index(KEPT_CLOSES, at)
            builder.keep(text[at + 1 : end], places[at])
            at = end + 1
        elif said := _said(source, at):
            builder.say(said.words, places[at])
            at = said.end
        else:
            at = _mark(source, at, places[at], builder)


def _said(source: Source, at: int) -> Said | None:
    character = source.text[at]
    if character.isdecimal() or (character == "." and source.text[at + 1 : at + 2].isdecimal() and source.opens(at)):
        rules = _FIGURES
    elif character.isalpha() or (not character.isascii() and character not in SIGNS):
        rules = _WORDS
    else:
        rules = _SIGNS
    for rule in rules:
        if (said := rule(source, at)) and said.end > at:
            return said
    if (
        rules is _SIGNS
        and (character not in ".,;:?!\"'" or source.text[at : at + 2] in _SIGNS_OF_MARKS)
        and (said := signs.sign(source, at))
    ):
        return said
    return None


def _mark(source: Source, at: int, places: int, builder: Builder) -> int:
    text = source.text
    if text[at] == '"':
        opens = (at == 0 or text[at - 1].isspace() or text[at - 1] in "([{") and at + 1 < len(text) and not text[at + 1].isspace()
        source.quoted = opens
        builder.quote(opens=opens)
        return at + 1
    if signs.is_negation(source, at):
        builder.say(source.language.words["not"], places)
        return at + 1
    if found := signs.punctuation(source, at):
        builder.mark(found[0])
        return found[1]
    return at + 1
