"""An exact thing said aloud, sign by sign: a command, a file, an address; and how long that takes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from pydantic import Field

from agents.secrets import is_hash, masked
from agents.strict import Strict

SECRET: Final = "\ue000"  # stands for a secret in a text to be said; no text from outside keeps this sign
_LETTERS: Final = 3  # short options of so many letters are said letter by letter
_LETTERS_OF_OTHERS: Final = frozenset("ßæøœåđłþðÆØŒÅĐŁÞÐ")  # they have a sound of their own, and no simpler form
_SIGN: Final = 3  # characters of the longest sign that has a name
_BETWEEN: Final = frozenset(("&&", "||", ";", "|", "&", "<", ">", ">>"))
_WORD_S: Final = 0.16
_CHARACTER_S: Final = 0.042
_DIGIT_S: Final = 0.30
_PAUSE_S: Final = 0.25


class Signs(Strict):
    """How one says what is neither letter nor digit."""

    names: dict[str, str] = Field(description="Of one or several characters; the longest that fits is taken.")
    other: str = Field(description="Those that are not named.")
    secret: str = Field(description="A token, a password, a key.")
    hash: str = Field(description="A commit by its whole number, of which only the beginning is said: {start}.")
    empty: str = Field(description="A word of a command that has nothing in it.")

    def command(self, words: Sequence[str]) -> str:
        """The words of a command: options and joints are set off, and a word with blanks in it is in quotes."""
        set_off = [word in _BETWEEN or word.startswith("-") for word in words]
        joints = [", " if one or other else " " for one, other in pairwise(set_off)]
        return "".join(f"{self._argument(word)}{joint}" for word, joint in zip(words, [*joints, ""], strict=False))

    def text(self, text: str, ends: str = "") -> str:
        """Words as people write them: a sign at the end of a word is a pause, or stays where it is one of `ends`."""
        return " ".join(filter(None, (self._in_prose(word, ends) for word in text.split()))).rstrip(",")

    def word(self, word: str) -> str:
        """One word, letter by letter where it is a short option, and each sign by its name."""
        if is_hash(word) and len(word) >= 40:
            return self.hash.format(start=" ".join(word[:7]))
        if word[:1] == "-" and word[1:].isalpha() and word.isascii() and len(word) <= 1 + _LETTERS:
            word = f"- {' '.join(word[1:])}"
        return " ".join(self._pieces(word))

    def _argument(self, word: str) -> str:
        if not word:
            return self.empty
        if word in _BETWEEN:
            return self.names[word]
        quote = self.names['"']
        return f"{quote} {self.word(word)} {quote}" if any(sign.isspace() for sign in word) else self.word(word)

    def _in_prose(self, word: str, ends: str) -> str:
        bare = word.rstrip(".,;:!?")
        pause = "" if bare == word else word[-1] if word[-1] in ends else ","
        bare = bare.strip("\"'“”‘’()*`")
        return f"{self.word(bare.replace('’', chr(39)))}{pause}" if bare else ""

    def _pieces(self, word: str) -> Iterator[str]:
        at, strange = 0, False
        while at < len(word):
            end = at
            while end < len(word) and _can_be_read(word[end]):
                end += 1
            size = end - at or next((size for size in range(_SIGN, 0, -1) if word[at : at + size] in self.names), 0)
            piece = word[at : at + (size or 1)]
            at += size or 1
            known = end == at or size
            if known:
                yield piece if end == at else self.names[piece]
            elif piece == SECRET:
                yield self.secret
            elif not piece.isspace() and not strange:
                yield self.other
            strange = not known and piece != SECRET


def for_ears(text: str) -> str:
    """Its secrets replaced by a sign that `Signs` says as such."""
    return masked(text, SECRET)


def seconds(said: str) -> float:
    """How long it takes to say that, about: words, their letters, the digits that are numbers, the pauses."""
    digits = sum(sign.isdecimal() for sign in said)
    pauses = sum(sign in ",.;:?!" for sign in said)
    return _WORD_S * len(said.split()) + _CHARACTER_S * len(said) + _DIGIT_S * digits + _PAUSE_S * pauses


def joined(things: Iterable[str], last: str) -> str:
    """`a`, `a, and b`, `a, b, and c`; `last` is the word before the last one."""
    *before, end = things
    return f"{', '.join(before)}, {last} {end}" if before else end


def _can_be_read(sign: str) -> bool:
    """Digits, and letters that an English voice knows: one that only looks like them would sound like another name."""
    if not sign.isalnum() or sign.isascii():
        return sign.isalnum()
    return sign in _LETTERS_OF_OTHERS or (
        unicodedata.normalize("NFD", sign)[0].isascii() and unicodedata.name(sign, "").startswith("LATIN ")
    )
