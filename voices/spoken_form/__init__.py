"""Any text into words that every engine says alike, with the way back to where each word came from.

Engines read signs, numbers and abbreviations each in their own way, some wrongly: "−5" as "five", "10³" as "one hundred three".
So nothing is left to them: numbers, dates, times, money, units, addresses, code and acronyms become words before any engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from voices.spoken_form.cleaning import KEPT_CLOSES, KEPT_OPENS, cleaned
from voices.spoken_form.form import Builder, SpokenForm
from voices.spoken_form.reader import read
from voices.spoken_form.rules.source import Source
from voices.spoken_form.vocabulary.english import ENGLISH
from voices.spoken_form.vocabulary.german import GERMAN
from voices.spoken_form.vocabulary.language import Language
from voices.spoken_form.vocabulary.pronunciation import Pronunciation, PronunciationError, load_pronunciation, read_pronunciation

__all__ = [
    "Pronunciation",
    "PronunciationError",
    "SpokenForm",
    "SpokenWords",
    "load_pronunciation",
    "read_pronunciation",
    "spoken_form",
]

_LANGUAGES: Final[dict[str, Language]] = {"en": ENGLISH, "de": GERMAN}


def spoken_form(
    text: str, language: str = "en", *, keep_tags: frozenset[str] = frozenset(), pronunciation: Pronunciation | None = None
) -> SpokenForm:
    """`text` as plain words with `. , ? ! ; : ' - "` and nothing else; empty if nothing is to be said. Never raises.

    English and German are read in full. Of any other language only control characters, markup, tags and pictures are taken out:
    its numbers and signs are the engine's. Tags like `[laugh]` or `<break time="1s"/>` are taken out too, unless their name is in
    `keep_tags`. A plain text comes back as it is, and so does what this has made. Takes time in proportion to the text.
    """
    characters, places = cleaned(text, keep_tags)
    builder = Builder()
    if known := _LANGUAGES.get(language.partition("-")[0].casefold()):
        read(Source(characters, known, pronunciation or Pronunciation()), places, builder)
    else:
        _as_it_is(characters, places, builder)
    return builder.done(len(text))


def _as_it_is(characters: str, places: list[int], builder: Builder) -> None:
    for word in _PIECES.finditer(characters):
        builder.keep(word[0].strip(KEPT_OPENS + KEPT_CLOSES), places[word.start()])


_PIECES: Final = re.compile(rf"{KEPT_OPENS}[^{KEPT_OPENS}{KEPT_CLOSES}]*{KEPT_CLOSES}|[^\s{KEPT_OPENS}]+")


@dataclass(frozen=True, slots=True)
class SpokenWords:
    """`spoken_form` with a pronunciation: the words that a Catalogue gives its engines."""

    pronunciation: Pronunciation = field(default_factory=Pronunciation)

    def __call__(self, text: str, language: str, keep_tags: frozenset[str]) -> SpokenForm:
        return spoken_form(text, language, keep_tags=keep_tags, pronunciation=self.pronunciation)
