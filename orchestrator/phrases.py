"""What the phone understands by itself: partings, orders, signs of listening, going on. The words are in prompts/phrases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

import yaml
from pydantic import BaseModel, ConfigDict

FOLLOW_UP_WORDS: Final = 8
NEW_WORDS: Final = 2  # that a follow-up may bring: a third is a topic


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Goodbye(_Words):
    before: tuple[str, ...]
    farewell: tuple[str, ...]
    after: tuple[str, ...]


class Address(_Words):
    """Around an agent's name."""

    lead_in: tuple[str, ...]
    wishes: tuple[str, ...]
    call_in: tuple[str, ...]
    have_do: tuple[str, ...]
    asks_for: tuple[str, ...]
    wonders: tuple[str, ...]
    opinion: tuple[str, ...]
    thinks: tuple[str, ...]
    present: tuple[str, ...]
    asks: tuple[str, ...]
    before_the_last: tuple[str, ...]
    not_before_the_last: tuple[str, ...]
    copulas: tuple[str, ...]
    states: tuple[str, ...]
    things: tuple[str, ...]
    part_of: frozenset[str]
    tells_of: frozenset[str]
    told: frozenset[str]
    verbs: frozenset[str]
    subjects: frozenset[str]
    articles: frozenset[str]


class HoldOrders(_Words):
    """What may be ordered while long work runs."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    wait: tuple[str, ...]
    call_back: tuple[str, ...]
    status: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    silent: tuple[str, ...]
    music_on: tuple[str, ...]
    music_off: tuple[str, ...]
    louder: tuple[str, ...]
    softer: tuple[str, ...]
    stop: tuple[str, ...]
    help: tuple[str, ...]


class Words(_Words):
    """The file's content."""

    backchannel: tuple[str, ...]
    fillers: tuple[str, ...]
    softeners: tuple[str, ...]
    requests: tuple[str, ...]
    stop: tuple[str, ...]
    moments: tuple[str, ...]
    orders: tuple[str, ...]
    hold: HoldOrders
    follow_up: tuple[str, ...]
    small_talk: tuple[str, ...]
    goodbye: Goodbye
    small_words: frozenset[str]
    refers_back: frozenset[str]
    qualities: frozenset[str]
    several: tuple[str, ...]
    address: Address


def plain(text: str) -> str:
    """Lower case, words only: what every rule looks at."""
    return " ".join(re.findall(r"[\w'-]+", text.lower().replace("’", "'")))


def one_of(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, the longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, set(phrases)), key=lambda item: (-len(item), item))) + ")"


def _only(phrases: Iterable[str], *, before: Iterable[str], around: Iterable[str], after: Iterable[str] = ()) -> re.Pattern[str]:
    """Matches an utterance made of the phrases, one at least, and of what may stand before, around and after them."""
    phrase, filler = one_of(phrases), tuple(around)
    return re.compile(rf"(?:{one_of((*before, *filler))} )*{phrase}(?: {one_of((*phrases, *filler, *after))})*")


class Phrases:
    def __init__(self, words: Words, names: Sequence[str] = ()) -> None:
        """`names` are those that may be called in a parting or an order: "Stop, Kai"."""
        self.words = words
        called = tuple(plain(name) for name in names)
        goodbye, fillers = words.goodbye, (*words.fillers, *called)
        after = one_of((*goodbye.after, *called))
        self._goodbye = re.compile(rf"(?:{one_of((*goodbye.before, *called))} )*{one_of(goodbye.farewell)}(?: {after})?")
        self._stop = _only(words.stop, before=(*words.requests, "no"), around=fillers, after=words.moments)
        self._order = _only(words.orders, before=words.requests, around=words.fillers)
        around, before = (*words.fillers, *called), (*words.requests, "yes", "no")
        self._hold: dict[str, re.Pattern[str]] = {
            order: _only(said, before=() if order in ("yes", "no") else before, around=around) for order, said in words.hold
        }
        self._backchannel = re.compile(rf"(?:{one_of(words.backchannel)}(?: {one_of(words.backchannel)})*)?")
        self._breaks_in = re.compile(rf"(?:{one_of((*words.stop, *words.fillers, 'no'))} )*")
        self._follow_up = _only(words.follow_up, before=(*words.requests, "yes", "no"), around=words.fillers)
        self._small_talk = _only(words.small_talk, before=(), around=words.fillers)
        self._softener = re.compile(rf"\b{one_of(words.softeners)}\b ?")
        self._several = re.compile(rf"\b{one_of(words.several)}\b")

    @classmethod
    def load(cls, path: Path, names: Sequence[str] = ()) -> Self:
        """Raises OSError, ValueError (with what is wrong) for a file that does not fit."""
        return cls(Words.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))), names)

    def is_goodbye(self, text: str) -> bool:
        """A whole phrase of parting, not a word inside a sentence."""
        return bool(self._goodbye.fullmatch(plain(text)))

    def is_stop(self, text: str) -> bool:
        """An order to be silent, and nothing else. A bare "no" or "okay" orders nothing."""
        return bool(self._stop.fullmatch(self._bare(text)))

    def is_backchannel(self, text: str) -> bool:
        """A sign of listening, or nothing at all."""
        return bool(self._backchannel.fullmatch(plain(text)))

    def is_order(self, text: str) -> bool:
        """To the phone, and one that wants an answer: "louder", "call me back"."""
        return bool(self._order.fullmatch(self._bare(text)))

    def is_refusal(self, text: str) -> bool:
        """Of something that was asked for: "never mind", "no"."""
        return self.is_stop(text) or self.hold_order(text) == "no"

    def hold_order(self, text: str) -> str | None:
        """What is ordered about long work, and nothing else: one of the keys of `hold`; None for what is no such order."""
        said = self._bare(text)
        return next((order for order, pattern in self._hold.items() if pattern.fullmatch(said)), None)

    def is_small_talk(self, text: str) -> bool:
        return bool(self._small_talk.fullmatch(plain(text)))

    def is_follow_up(self, text: str) -> bool:
        """Words that only go on with what was said: no topic of their own, or little and a word that refers back."""
        said = self._bare(text)
        if self._follow_up.fullmatch(said):
            return True
        words = self._breaks_in.sub("", said, count=1).split()  # "wait, stop, is that safe"
        if not words or len(words) > FOLLOW_UP_WORDS or self._several.search(said):
            return False
        new = [word for word in words if word not in self.words.small_words]
        if self.words.qualities.issuperset(new):
            return True
        asks = words[0] in self.words.small_words - self.words.refers_back
        return asks and not self.words.refers_back.isdisjoint(words) and len(new) <= NEW_WORDS

    def _bare(self, text: str) -> str:
        """The words without politeness: "can you talk a little louder, please" orders what "talk louder" does."""
        return self._softener.sub("", plain(text)).strip()
