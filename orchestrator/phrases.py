"""What the phone understands by itself: partings, orders, signs of listening, going on. The words are in prompts/phrases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, Self, get_args

from agents.folding import folded
from agents.strict import Strict
from agents.yaml_file import YamlFile
from orchestrator.consent import Consent
from orchestrator.named_work import NamedWork, WorkNames
from orchestrator.phrase_matcher import Phrasebook, PhraseMatcher

FOLLOW_UP_WORDS: Final = 8
NEW_WORDS: Final = 2  # that a follow-up may bring: a third is a topic


class Goodbye(Strict):
    before: tuple[str, ...]
    farewell: tuple[str, ...]
    after: tuple[str, ...]


class Address(Strict):
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


Prompted = Literal["screener", "machine", "menu", "hold", "machine_perhaps"]
"""Whatever takes a call and is no person; what is named first counts first."""


class Words(Strict):
    """The file's content."""

    backchannel: tuple[str, ...]
    fillers: tuple[str, ...]
    softeners: tuple[str, ...]
    requests: tuple[str, ...]
    stop: tuple[str, ...]
    moments: tuple[str, ...]
    wait: tuple[str, ...]
    wait_because: frozenset[str]
    wait_but: frozenset[str]
    orders: tuple[str, ...]
    consent: dict[str, tuple[str, ...]]
    no_turns_round: frozenset[str]
    hold: dict[str, tuple[str, ...]]
    """What may be ordered while long work runs; what is named first counts first."""
    named_work: NamedWork
    follow_up: tuple[str, ...]
    small_talk: tuple[str, ...]
    goodbye: Goodbye
    picked_up: dict[Prompted | Literal["patience"], tuple[str, ...]]
    small_words: frozenset[str]
    refers_back: frozenset[str]
    qualities: frozenset[str]
    several: tuple[str, ...]
    address: Address


def plain(text: str) -> str:
    """Words only, folded: what every rule looks at."""
    return " ".join(re.findall(r"[\w'-]+", folded(text)))


def one_of(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, the longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, set(phrases)), key=lambda item: (-len(item), item))) + ")"


class Phrases:
    def __init__(self, words: Words, names: Sequence[str] = ()) -> None:
        """`names` are those that may be called in a parting or an order: "Stop, Kai"."""
        self.words = words
        called = tuple(plain(name) for name in names)
        goodbye, fillers = words.goodbye, (*words.fillers, *called)
        self._goodbye = PhraseMatcher(
            goodbye.farewell, before=(*goodbye.before, *called), after=(*goodbye.after, *called), once=True
        )
        self._parting = PhraseMatcher((*goodbye.before, *goodbye.farewell, *goodbye.after, *words.backchannel))
        self._stop = PhraseMatcher(words.stop, before=(*words.requests, "no", *fillers), after=(*fillers, *words.moments))
        self._wait = Phrasebook(words.wait)
        self._before_wait = Phrasebook((*words.requests, "no", *fillers))
        self._order = PhraseMatcher(words.orders, before=(*words.requests, *words.fillers), after=words.fillers)
        self.consent, self.works = Consent(words.consent, called), WorkNames(words.named_work, called)
        asked = (*words.requests, "yes")
        # "No music" and "no more" are what they say: the opposite.
        self._hold = {
            order: PhraseMatcher(
                said, before=(*asked, *fillers) if order in words.no_turns_round else (*asked, "no", *fillers), after=fillers
            )
            for order, said in words.hold.items()
        }
        self._backchannel = PhraseMatcher(words.backchannel)
        self._breaks_in = Phrasebook((*words.stop, *words.fillers, "no"))
        self._follow_up = PhraseMatcher(words.follow_up, before=(*asked, "no", *words.fillers), after=words.fillers)
        self._small_talk = PhraseMatcher(words.small_talk, before=words.fillers, after=words.fillers)
        prompts, kinds = words.picked_up, get_args(Prompted)
        self._prompts: dict[Prompted, Phrasebook] = {kind: Phrasebook(prompts[kind]) for kind in kinds}
        self._patience = PhraseMatcher((*prompts["patience"], *prompts["hold"]), before=words.fillers)
        self._softeners, self._several = Phrasebook(words.softeners), Phrasebook(words.several)

    @classmethod
    def load(cls, path: Path, names: Sequence[str] = ()) -> Self:
        """Raises FileError, with line and fix."""
        return cls(YamlFile(path).validate(Words), names)

    def is_goodbye(self, text: str) -> bool:
        """A whole phrase of parting, not a word inside a sentence."""
        return self._goodbye.fits(_words(text))

    def is_parting(self, text: str) -> bool:
        """What people say to a farewell: a goodbye, thanks, a sign of listening, in any number and order."""
        return self._parting.fits(_words(text)) or self.is_goodbye(text)

    def is_stop(self, text: str) -> bool:
        """An order to be silent, and nothing else. A bare "no" or "okay" orders nothing."""
        return self._stop.fits(self._bare(text))

    def begins_moment(self, text: str) -> bool:
        """They need a while, and perhaps say something else too."""
        return self._after_wait(text) is not None

    def is_moment(self, text: str) -> bool:
        """They need a while, and say no more than why."""
        rest = self._after_wait(text)
        if not rest:
            return rest is not None
        asks = "?" in text or rest[0] in self.words.address.verbs or not self.words.wait_but.isdisjoint(rest)
        return not asks and not self.words.wait_because.isdisjoint(rest)

    def _after_wait(self, text: str) -> list[str] | None:
        """What follows the words that ask for a moment, if it begins with those."""
        words, at, asked = self._bare(text), 0, False
        while at < len(words):
            waits = self._wait.longest(words, at)
            end = max(waits, self._before_wait.longest(words, at))
            if end == at:
                break
            asked, at = asked or waits > at, end
        return words[at:] if asked else None

    def is_backchannel(self, text: str) -> bool:
        """A sign of listening, or nothing at all."""
        words = _words(text)
        return not words or self._backchannel.fits(words)

    def is_order(self, text: str) -> bool:
        """To the phone, and one that wants an answer: "louder", "call me back"."""
        return self._order.fits(self._bare(text))

    def is_refusal(self, text: str) -> bool:
        """Of something that was asked for: "never mind", "no"."""
        return self.is_stop(text) or self.consent.meaning(text) == "no"

    def hold_order(self, text: str) -> str | None:
        """What is ordered about long work, and nothing else: one of the keys of `hold`; None for what is no such order."""
        said = self._bare(text)
        return next((order for order, matcher in self._hold.items() if matcher.fits(said)), None)

    def prompt(self, text: str) -> Prompted | None:
        """What answered our call, if its words are those of a machine, a menu or a screener."""
        words = _words(text)
        return next((kind for kind, book in self._prompts.items() if book.found(words)), None)

    def asks_patience(self, text: str) -> bool:
        """And nothing else."""
        return self._patience.fits(_words(text))

    def is_small_talk(self, text: str) -> bool:
        return self._small_talk.fits(_words(text))

    def is_follow_up(self, text: str) -> bool:
        """Words that only go on with what was said: no topic of their own, or little and a word that refers back."""
        said = self._bare(text)
        if self._follow_up.fits(said):
            return True
        words = said[self._breaks_in.opening(said) :]  # "wait, stop, is that safe"
        if not words or len(words) > FOLLOW_UP_WORDS or self._several.found(said):
            return False
        new = [word for word in words if word not in self.words.small_words]
        if self.words.qualities.issuperset(new):
            return True
        asks = words[0] in self.words.small_words - self.words.refers_back
        return asks and not self.words.refers_back.isdisjoint(words) and len(new) <= NEW_WORDS

    def _bare(self, text: str) -> list[str]:
        """The words without politeness: "can you talk a little louder, please" orders what "talk louder" does."""
        return self._softeners.without(_words(text))


def _words(text: str) -> list[str]:
    return plain(text).split()
