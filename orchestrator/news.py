"""What a run has told, as far as it may still be told. Pure.

A line must be true when it is heard, which may be long after its fact. So a fact waits only until newer ones have overtaken it:
a step ends with the next one or with how it went, a count or a part with the next of its kind, and words of the moment with any
newer words. Words that are meant to be heard are kept, as what was said earlier. What failed is told, whatever comes after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, Literal

from agents.work import Says, Working

Fact = Says | Working
Standing = Literal["now", "noted", "earlier"]
WAITS: Final = ("api_retry", "rate_limit")  # for Claude; over as soon as anything else happens
MILESTONES: Final = ("phase", "criteria", "plan", "Agent", "Task", *WAITS)
BESIDE: Final = ("criteria", "plan", "helper")  # no steps of the run's own: with these it has not gone on
STATES: Final = ("phase", "criteria", "plan")  # of which the last is so, and none before it
KEPT: Final = 8  # of the run's own sentences that are no bad news, when it says more than there is time for
FAILURES: Final = 4  # that are told one by one; of more, how many there are
MOST_FACTS: Final = 8  # that one line is made of
AT_ONCE: Final = 180  # characters of earlier sentences in one line


class News:
    """Of one run, for one call."""

    def __init__(self, is_bad: Callable[[str], object]) -> None:
        """`is_bad`: whether a sentence tells something bad."""
        self._is_bad = is_bad
        self.sentence: Says | None = None
        """The newest."""
        self._now: list[Fact] = []
        """What is so, as far as is known: the last of each kind, the newest last."""
        self._steps = 0
        """That have begun since it was said; the first came with it."""
        self._failed_since = False
        self._troubled = False
        """It has told something bad: what it says after that may be that it is mended."""
        self._waiting: list[Fact] = []
        self.untold = 0
        """Failures that are told only as a number."""
        self._since: deque[Fact] = deque(maxlen=MOST_FACTS)
        self._unheard = False
        """There was a line since the one before that nobody heard."""

    @property
    def newest(self) -> Fact | None:
        return self._now[-1] if self._now else None

    def take(self, fact: Fact) -> None:
        self._waiting = [old for old in self._waiting if not overtakes(fact, old)]
        self._now = [old for old in self._now if not (ends(fact, old) or _waits(old) or _kind(old) == _kind(fact))]
        gone = [old for old in self._since if ends(fact, old) or (_kind(old) == _kind(fact) and _kind(old) in STATES)]
        for old in gone:
            remove(self._since, old)
        if isinstance(fact, Working) and fact.went == "over":
            return
        self._now.append(fact)
        self._waiting.append(fact)
        self._since.append(fact)
        if isinstance(fact, Says):
            self.sentence, self._steps, self._failed_since = fact, 0, False
        elif has_failed(fact):
            self._failed_since = True
        elif fact.what not in BESIDE:
            self._steps += 1
        self._troubled = self._troubled or self.is_bad(fact)
        self._keep_within()

    def _keep_within(self) -> None:
        sentences = [fact for fact in self._waiting if isinstance(fact, Says) and not self.is_bad(fact)]
        for fact in sentences[:-KEPT]:
            remove(self._waiting, fact)
        failures = [fact for fact in self._waiting if has_failed(fact)]
        for fact in failures[:-FAILURES]:
            remove(self._waiting, fact)
            self.untold += 1

    def take_back(self, what: str, detail: str = "") -> Working | None:
        """It only wants to do that, the last of these steps: what it said before it may never come to be."""
        self._steps += 1
        known = reversed([*self._waiting, *self._now])
        steps = [fact for fact in known if isinstance(fact, Working) and not fact.went and fact.what == what]
        wanted = next((step for step in steps if step.detail == detail), None if detail else next(iter(steps), None))
        if wanted is not None:
            for known in (self._waiting, self._since, self._now):
                remove(known, wanted)
        return wanted

    def standing(self, said: Says) -> Standing:
        """`now`: it is as the run said. `noted`: it has gone on since, without a word.

        `earlier`: it has said something newer, or something has failed.
        """
        if said is not self.sentence or self._failed_since:
            return "earlier"
        return "now" if self._steps < 2 else "noted"

    def next(self, *, milestones: bool) -> tuple[Fact, ...]:
        """What to tell now: its own words and what failed, in their order; then milestones; then the last step.

        Several earlier sentences make one line. Where only milestones are told, it is bad news or the newest.
        """
        if milestones:
            fitting = [fact for fact in self._waiting if self.is_milestone(fact)]
            return self._together([fact for fact in fitting if self._must_be_told(fact)]) or tuple(fitting[-1:])
        words = [fact for fact in self._waiting if isinstance(fact, Says) or has_gone(fact)]
        if not words:
            steps = [*filter(self.is_milestone, self._waiting), *self._waiting]
            return tuple(steps[:1])
        return self._together(words)

    def _together(self, words: Sequence[Fact]) -> tuple[Fact, ...]:
        """What of these makes the next line."""
        together, long = list(words[:1]), 0
        for before, fact in pairwise(words):
            long += len(before.text) if isinstance(before, Says) else AT_ONCE
            if not isinstance(fact, Says) or long + len(fact.text) > AT_ONCE or self.standing(fact) != "earlier":
                break
            together.append(fact)
        return tuple(together)

    def drop(self, facts: Sequence[Fact], *, older: bool = False) -> None:
        """Drop these facts, and the older ones that are not bad news."""
        if older and self._waiting:
            upto = _place(self._waiting, facts[-1])
            self._waiting = [fact for at, fact in enumerate(self._waiting) if at >= upto or self._must_be_told(fact)]
        for fact in facts:
            remove(self._waiting, fact)

    def put_back(self, facts: Sequence[Fact]) -> None:
        """They were not heard, and are still to be told."""
        self._waiting[:0] = facts
        self._unheard = True

    def told(self, fact: Fact) -> tuple[Fact, ...]:
        """A line tells it; returns all that has happened since the line before, up to that."""
        self._unheard = False
        if not any(other is fact for other in self._since):
            return (fact,)
        return tuple(self._since.popleft() for _ in range(_place(self._since, fact) + 1))

    def caught_up(self, fact: Fact) -> None:
        """The caller asked, and knows that now; other words that are meant for them are still to come, and what failed.

        Where older ones are, it comes again after them: the last word is the newest.
        """
        kept = [other for other in self._waiting if _is_kept(other) or has_gone(other)]
        self._waiting = [other for other in kept if other is not fact or kept[0] is not fact]
        self._since.clear()

    @property
    def nothing(self) -> bool:
        """Since the line before."""
        return not self._unheard and all(map(_waits, self._since))

    def is_bad(self, fact: Fact) -> bool:
        return has_failed(fact) or (isinstance(fact, Says) and not fact.passing and bool(self._is_bad(fact.text)))

    def _must_be_told(self, fact: Fact) -> bool:
        return self.is_bad(fact) or (self._troubled and (_is_kept(fact) or has_gone(fact)))

    def is_milestone(self, fact: Fact) -> bool:
        return _is_kept(fact) or has_gone(fact) or (isinstance(fact, Working) and fact.what in MILESTONES)


def has_failed(fact: Fact) -> bool:
    """Or was refused."""
    return isinstance(fact, Working) and fact.went in ("failed", "refused")


def has_gone(fact: Fact) -> bool:
    """It is known how it went."""
    return isinstance(fact, Working) and fact.went != ""


def ends(new: Fact, old: Fact) -> bool:
    """The old one is not even so any more."""
    if not isinstance(new, Working) or not isinstance(old, Working) or not has_gone(new) or new.what != old.what:
        return False
    return new.went == "over" or new.detail == old.detail


def overtakes(new: Fact, old: Fact) -> bool:
    """The old one is not to be told any more."""
    if _waits(old) or ends(new, old):
        return True
    if has_gone(new) or has_gone(old):
        return False
    if isinstance(new, Says) or isinstance(old, Says):
        milestone = isinstance(old, Working) and old.what in MILESTONES
        return isinstance(new, Says) and not milestone and not _is_kept(old)
    return new.what == old.what or not (old.what in MILESTONES or new.what in BESIDE)


def remove(facts: list[Fact] | deque[Fact], fact: Fact) -> None:
    """That one, and none that is only like it; nothing where it is not there."""
    at = next((at for at, other in enumerate(facts) if other is fact), None)
    if at is not None:
        del facts[at]


def _place(facts: Sequence[Fact], fact: Fact) -> int:
    return next(at for at, other in enumerate(facts) if other is fact)


def _kind(fact: Fact) -> str:
    if isinstance(fact, Says):
        return "says"
    return fact.what if fact.what in (*STATES, *BESIDE, *WAITS) else "step"


def _is_kept(fact: Fact) -> bool:
    return isinstance(fact, Says) and not fact.passing


def _waits(fact: Fact) -> bool:
    return isinstance(fact, Working) and fact.what in WAITS
