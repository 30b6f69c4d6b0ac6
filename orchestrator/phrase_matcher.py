"""Whether words are made of known phrases and of nothing else. Takes time in proportion to the words, whatever is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_Phrase = tuple[str, ...]


class Phrasebook:
    """Phrases by their first word."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: Final = dict[str, list[_Phrase]]()
        for phrase in dict.fromkeys(tuple(phrase.split()) for phrase in phrases):
            if phrase:
                self._by_first.setdefault(phrase[0], []).append(phrase)
        for phrases_ in self._by_first.values():
            phrases_.sort(key=len, reverse=True)

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        """Where phrases end that begin there, the longest first."""
        for phrase in self._by_first.get(words[at], ()) if at < len(words) else ():
            if tuple(words[at : at + len(phrase)]) == phrase:
                yield at + len(phrase)

    def longest(self, words: Sequence[str], at: int) -> int:
        """Where the longest phrase ends that begins there; `at` if none does."""
        return next(self.ends(words, at), at)

    def found(self, words: Sequence[str]) -> bool:
        return any(self.longest(words, at) > at for at in range(len(words)))

    def without(self, words: Sequence[str]) -> list[str]:
        """The words that are in no phrase."""
        left, at = list[str](), 0
        while at < len(words):
            end = self.longest(words, at)
            if end == at:
                left.append(words[at])
            at = max(end, at + 1)
        return left

    def opening(self, words: Sequence[str]) -> int:
        """Where the phrases end that the words begin with, one word at least being left."""
        at = 0
        while end := next((end for end in self.ends(words, at) if end < len(words)), 0):
            at = end
        return at


class PhraseMatcher:
    """Any number of `before`, one of `phrases`, any number of `phrases` and of `after`, or at most one of `after` if `once`.

    All readings are followed at the same time, so a phrase that is also made of two others costs nothing.
    """

    def __init__(
        self, phrases: Iterable[str], *, before: Iterable[str] = (), after: Iterable[str] = (), once: bool = False
    ) -> None:
        phrases = tuple(phrases)
        self._before, self._phrases = Phrasebook(before), Phrasebook(phrases)
        self._after, self._once = Phrasebook(after if once else (*phrases, *after)), once

    def fits(self, words: Sequence[str]) -> bool:
        """Whether all of the words are that."""
        begins, told = {0}, set[int]()
        for at in range(len(words)):
            if at in begins:
                begins.update(self._before.ends(words, at))
                told.update(self._phrases.ends(words, at))
            if at in told and not self._once:
                told.update(self._after.ends(words, at))
        end = len(words)
        return end in told or (self._once and any(end in self._after.ends(words, at) for at in told))
