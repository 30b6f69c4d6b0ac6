"""Which work an order means: "stop the blog post", "how far is the plan?". Pure.

The work is told by words of its title, as they are written or as they sound, and one of them at least must be of its head: of "a
blog post about the voice server" that is "blog post", so "stop the server" is no order about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from agents.strict import Strict
from orchestrator.consent import read
from orchestrator.sound_alike import sound, tellable

MOST_WORDS: Final = 16  # in an order


class NamedWork(Strict):
    """`named_work` in prompts/phrases.yaml."""

    before: tuple[str, ...]
    """What may stand before any of these."""
    stop: tuple[str, ...]
    status: tuple[str, ...]
    after: tuple[str, ...]
    """What may stand after the words for the work."""
    articles: frozenset[str]
    any_work: frozenset[str]
    """Words that stand for any work."""
    of_it: frozenset[str]
    """What ends a title's head: "about", "for"."""
    all: tuple[str, ...]
    ordinals: tuple[tuple[str, ...], ...]
    """The first, the second, the third."""


class WorkNames:
    def __init__(self, words: NamedWork, names: Iterable[str] = ()) -> None:
        """`names` may be called before an order."""
        self._words = words
        self._orders = {order: _longest_first(getattr(words, order)) for order in ("stop", "status")}
        self._before, self._after = _longest_first((*words.before, *names)), _longest_first(words.after)

    def ordered(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """Such an order, and the words for the work; None for anything else."""
        said = read(text)[0]
        if len(said) > MOST_WORDS:
            return None
        while cut := _cut(said, self._before):
            said = said[cut:]
        for order, phrases in self._orders.items():
            if cut := _cut(said, phrases):
                doing = order == "stop" and said[cut:][:1] and said[cut].endswith("ing") and len(said) > cut + 1
                return order, self._thing(said[cut + bool(doing) :])
        return None

    def _thing(self, said: Sequence[str]) -> tuple[str, ...]:
        while cut := _cut(said[::-1], [phrase[::-1] for phrase in self._after]):
            said = said[:-cut]
        return tuple(said)

    def meant(self, thing: Sequence[str], titles: Sequence[str]) -> list[int]:
        """Which of the works these words fit."""
        words = self._content(thing)
        return [at for at, title in enumerate(titles) if words and self._fits(words, title)]

    def means_all(self, thing: Sequence[str]) -> bool:
        """Both, or all of them."""
        return bool({" ".join(thing), " ".join(self._content(thing))} & set(self._words.all))

    def chosen(self, text: str, titles: Sequence[str]) -> list[int]:
        """Which of the works an answer to "which one?" means."""
        said = read(text)[0]
        if tuple(said) in {tuple(phrase.split()) for phrase in self._words.all}:
            return list(range(len(titles)))
        thing = self._thing(said[_cut(said, self._before) :])
        ordinal = [at for at, names in enumerate(self._words.ordinals[: len(titles)]) if " ".join(self._content(thing)) in names]
        return ordinal or self.meant(thing, titles)

    def spoken(self, title: str) -> str:
        """As one speaks of it: "a blog post" is "the blog post"."""
        first, _, rest = title.strip().partition(" ")
        return f"the {rest}" if first.lower() in ("a", "an") and rest else title.strip()

    def _content(self, words: Sequence[str]) -> list[str]:
        return [word for word in words if word not in self._words.articles | self._words.any_work]

    def _fits(self, words: Sequence[str], title: str) -> bool:
        said = read(title)[0]
        of = next((at for at, word in enumerate(said) if at and word in self._words.of_it), len(said))
        head, every = self._content(said[:of]), self._content(said)
        return all(_among(word, every) for word in words) and any(_among(word, head) for word in words)


def _among(word: str, words: Sequence[str]) -> bool:
    heard = sound(word)
    return any(
        word in (other, f"{other}s") or other == f"{word}s" or (tellable(heard) and sound(other) == heard) for other in words
    )


def _longest_first(phrases: Iterable[str]) -> list[list[str]]:
    return sorted((phrase.split() for phrase in phrases), key=len, reverse=True)


def _cut(words: Sequence[str], phrases: Sequence[Sequence[str]]) -> int:
    """How many words at the front are one of the phrases."""
    return next((len(phrase) for phrase in phrases if list(words[: len(phrase)]) == list(phrase)), 0)
