"""What is said, word by word, and where in the text each word came from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

MARKS: Final = ".,;:?!"
_WEAKEST_LAST: Final = ".:;,"


@dataclass(frozen=True, slots=True)
class SpokenForm:
    """Plain words with ordinary punctuation, as an engine gets them.

    Offsets are those of words: `origin` and `reached` never point into the middle of one, and never run backwards.
    """

    text: str
    starts: tuple[int, ...]
    """Where each word of `text` starts."""
    sources: tuple[int, ...]
    """Where, in the original text, that for which it is said starts."""
    original_chars: int

    def origin(self, char: int) -> int:
        """The offset in the original text of the word, sign or number that is being said at `char` of the spoken text."""
        if char >= len(self.text):
            return self.original_chars
        at = bisect_right(self.starts, char) - 1
        return self.sources[at] if at >= 0 else 0

    def reached(self, original_char: int) -> int:
        """Where to go on in the spoken text, to say the original text from `original_char` on; in a word, from its start."""
        if original_char >= self.original_chars:
            return len(self.text)
        at = bisect_right(self.sources, original_char) - 1
        if at < 0:
            return 0
        return self.starts[bisect_left(self.sources, self.sources[at])]


class Builder:
    """Puts words and marks together: one blank between words, one mark after a word, quotation marks on the word they enclose."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._chars = 0
        self._starts: list[int] = []
        self._sources: list[int] = []
        self._marks = ""
        self._quote = False  # an opening quotation mark waits for its word

    def say(self, words: str, at: int) -> None:
        """Words from the text at `at`, each perhaps with a mark behind it."""
        for word in words.split():
            bare = word.rstrip(MARKS)
            if bare:
                self._word(bare, at)
            self.mark(word[len(bare) :])

    def keep(self, raw: str, at: int) -> None:
        """Something as it is, marks and all."""
        if raw:
            self._word(raw, at)

    def _word(self, word: str, at: int) -> None:
        self._flush()
        if self._out:
            self._add(" ")
        if self._quote:
            self._add('"')
            self._quote = False
        self._starts.append(self._chars)
        self._sources.append(max(at, self._sources[-1] if self._sources else 0))
        self._add(word)

    def mark(self, marks: str) -> None:
        if self._out:
            self._marks += marks

    def quote(self, *, opens: bool) -> None:
        if opens:
            self._quote = True
        elif self._quote:  # nothing stands between the two
            self._quote = False
        elif self._out:
            self._flush()
            if self._out[-1] != '"':
                self._add('"')

    def _flush(self) -> None:
        if self._marks:
            self._add(_strongest(self._marks))
            self._marks = ""

    def _add(self, text: str) -> None:
        self._out.append(text)
        self._chars += len(text)

    def done(self, original_chars: int) -> SpokenForm:
        self._flush()
        text = "".join(self._out)
        if not any(character.isalnum() for character in text):
            return SpokenForm("", (), (), original_chars)
        return SpokenForm(text, tuple(self._starts), tuple(self._sources), original_chars)


def _strongest(marks: str) -> str:
    if "?" in marks:
        return "?!" if "!" in marks else "?"
    if "!" in marks:
        return "!"
    if ".." in marks:
        return "..."
    return next(mark for mark in _WEAKEST_LAST if mark in marks)
