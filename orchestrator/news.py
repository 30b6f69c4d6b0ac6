"""What a run has told, as far as it may still be told. Pure.

A line must be true when it is spoken, which may be long after its fact. So a fact waits only until newer ones have overtaken it:
a step ends with the next one, a count or a part with the next of its kind, and words of the moment with any newer words. Words
that are meant to be heard are kept, as what was said earlier.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

from agents.work import Says, Working

Fact = Says | Working
Standing = Literal["now", "noted", "earlier"]
WAITS: Final = ("api_retry", "rate_limit")  # for Claude; over as soon as anything else happens
MILESTONES: Final = ("phase", "criteria", "plan", "Agent", "Task", *WAITS)
BESIDE: Final = ("criteria", "plan", "helper")  # no steps of the run's own: with these it has not gone on
KEPT: Final = 3  # of the run's own sentences, when it says more than there is time for
MOST_FACTS: Final = 8  # that one line is made of


class News:
    """Of one run, for one call."""

    def __init__(self) -> None:
        self.newest: Fact | None = None
        self.sentence: Says | None = None
        """The newest."""
        self._steps = 0
        """That have begun since it was said; the first came with it."""
        self._waiting: list[Fact] = []
        self._since: deque[Fact] = deque(maxlen=MOST_FACTS)

    def take(self, fact: Fact) -> None:
        self._waiting = [old for old in self._waiting if not _overtakes(fact, old)] + [fact]
        self._since.append(fact)
        self.newest = fact
        if isinstance(fact, Says):
            self.sentence, self._steps = fact, 0
            self._keep_within(KEPT)
        elif fact.what not in BESIDE:
            self._steps += 1

    def _keep_within(self, most: int) -> None:
        sentences = [fact for fact in self._waiting if isinstance(fact, Says)]
        for fact in sentences[:-most]:
            self.drop(fact)

    def take_back(self, what: str) -> bool:
        """It only wants to do that, if that is the newest: what it said before it may never come to be."""
        self._steps += 1
        wanted = self.newest
        if not (isinstance(wanted, Working) and wanted.what == what):
            return False
        self.drop(wanted)
        if self._since and self._since[-1] is wanted:
            self._since.pop()
        self.newest = self.sentence
        return True

    def standing(self, said: Says) -> Standing:
        """`now`: it is as the run said. `noted`: it has gone on since, without a word. `earlier`: it has said something newer."""
        if said is not self.sentence:
            return "earlier"
        return "now" if self._steps < 2 else "noted"

    def next(self, *, milestones: bool) -> Fact | None:
        """What to tell now, its own words first; or the newest milestone."""
        if milestones:
            return next(filter(is_milestone, reversed(self._waiting)), None)
        words = (fact for fact in self._waiting if isinstance(fact, Says))
        return next(words, None) or next(filter(is_milestone, self._waiting), None) or next(iter(self._waiting), None)

    def drop(self, fact: Fact, *, older: bool = False) -> None:
        """It is not to be told any more, nor what came before it."""
        at = _place(self._waiting, fact)
        del self._waiting[0 if older else at : at + 1]

    def told(self, fact: Fact) -> tuple[Fact, ...]:
        """A line tells it; returns all that has happened since the line before, up to that."""
        if not any(other is fact for other in self._since):
            return (fact,)
        return tuple(self._since.popleft() for _ in range(_place(self._since, fact) + 1))

    def caught_up(self, fact: Fact) -> None:
        """The caller asked, and knows that now; other words that are meant for them are still to come."""
        self._waiting = [other for other in self._waiting if other is not fact and _is_kept(other)]
        self._since.clear()

    @property
    def nothing(self) -> bool:
        """Since the line before."""
        return all(map(_waits, self._since))


def is_milestone(fact: Fact) -> bool:
    return _is_kept(fact) or (isinstance(fact, Working) and fact.what in MILESTONES)


def _place(facts: Sequence[Fact], fact: Fact) -> int:
    return next(at for at, other in enumerate(facts) if other is fact)


def _overtakes(new: Fact, old: Fact) -> bool:
    if _waits(old):
        return True
    if isinstance(new, Says) or isinstance(old, Says):
        return isinstance(new, Says) and not is_milestone(old)
    return new.what == old.what or not (is_milestone(old) or new.what in BESIDE)


def _is_kept(fact: Fact) -> bool:
    return isinstance(fact, Says) and not fact.passing


def _waits(fact: Fact) -> bool:
    return isinstance(fact, Working) and fact.what in WAITS
