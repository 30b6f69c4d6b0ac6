"""The words in which news of long work is told: true as it stands, and not the same again while nothing else was told. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from agents.templates import blanks
from agents.work import Says, Working
from orchestrator.hold_words import HoldWords
from orchestrator.news import Fact, News, has_failed, has_gone

TELLING: Final = frozenset({"detail", "step"})  # a line with these says more than one that names only the kind of step
_HOURS: Final = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Teller:
    """Of one run, for one call."""

    def __init__(self, words: HoldWords, news: News) -> None:
        self._words, self._news = words, news
        self._counts: Counter[tuple[str, str]] = Counter()
        """Of steps, by their kind; and by kind and detail, of those that failed."""
        self._said: list[str] = []
        """Each line that was said, the last time it was."""
        self._used: Counter[str] = Counter()
        self._last: tuple[Fact, ...] = ()
        """What the caller was told last, asked for or not."""
        self._line = ""
        """The last that was told without being asked for."""
        self._points = (0, 0)
        """Done, of how many, as was told last."""
        self._before: tuple[list[str], tuple[Fact, ...], str, tuple[int, int], int] = ([], (), "", (0, 0), 0)
        """How all this was before the last line."""

    def count(self, step: Working, by: int = 1) -> None:
        if has_failed(step):
            self._counts["failed", ""] += by
            self._counts[step.what, ""] -= step.went == "refused"
            self._counts[step.what, step.detail or "-"] += by
        elif not step.went:
            self._counts[step.what, ""] += by

    def told(self, facts: tuple[Fact, ...]) -> str:
        """A line that says so, from now on said; empty if that is no news, or there are no words left for it."""
        first = facts[0]
        known = _values(facts) == _values(self._last) and not has_failed(first)
        if isinstance(first, Working) and first.what == "criteria" and (first.step, first.of) == self._points:
            return ""
        if isinstance(first, Says):
            text = self._sentences(facts)
            return "" if known or text == self._line else self._say(facts, text, [])
        lines = self._lines(first)
        if has_gone(first):  # rather once more in the same words than without saying what it was
            lines = [line for line in lines if blanks(line) & TELLING == blanks(lines[0]) & TELLING]
        filled = [self._in_all(self._filled(line, first), first) for line in lines]
        fresh = [at for at, text in enumerate(filled) if text not in self._said]
        if known and not fresh:
            return ""
        at = fresh[0] if fresh else min(range(len(lines)), key=lambda at: self._said.index(filled[at]))
        return self._say(facts, filled[at], [lines[at]])

    def _say(self, facts: tuple[Fact, ...], text: str, lines: Iterable[str]) -> str:
        self._before = self._said, self._last, self._line, self._points, self._news.untold
        self._said, self._line = [*(said for said in self._said if said != text), text], text
        self._used.update(lines)
        self._last = facts
        first = facts[0]
        if isinstance(first, Working) and first.what == "criteria":
            self._points = first.step, first.of
        if has_failed(first):
            self._news.untold = 0
        return text

    def knows(self, fact: Fact) -> None:
        """The caller asked, and was told that."""
        self._last = (fact,)

    def unsay(self) -> None:
        """Nobody heard the last line."""
        self._said, self._last, self._line, self._points, untold = self._before
        self._news.untold += untold

    def still(self, since: str, *, nothing: bool) -> str:
        """That it goes on, in other words than the last time; empty if that was said already."""
        lines = self._words.still if nothing else self._words.busy
        fresh = [line for line in lines if line.format(since=since) not in self._said]
        if not fresh:
            return ""
        line = min(fresh, key=lambda line: self._used[line])
        text = line.format(since=since)
        self._said.append(text)
        self._used[line] += 1
        return text

    def in_words(self, fact: Fact) -> str:
        """The best that can be said of it as it stands, said before or not."""
        return self._sentences((fact,)) if isinstance(fact, Says) else self._filled(self._lines(fact)[0], fact)

    def _sentences(self, facts: tuple[Fact, ...]) -> str:
        words, standing = self._words.overtaken, self._news.standing(facts[0]) if isinstance(facts[0], Says) else "now"
        text = " ".join(fact.text for fact in facts if isinstance(fact, Says))
        now = words.again.format(text=text) if text in self._said else text
        return {"now": now, "noted": words.noted.format(text=text), "earlier": words.earlier.format(text=text)}[standing]

    def _lines(self, fact: Working) -> list[str]:
        """That fit, best first: a line with a blank that cannot be filled says nothing; of two alike, the one less used."""
        words = self._words
        if fact.went in ("failed", "refused", "worked"):
            lines: tuple[str, ...] = getattr(words.went, fact.went)
        elif fact.what == "criteria" and fact.step < self._points[0]:
            lines = words.fewer
        else:
            lines = words.steps.get(fact.what, words.other)
        known = self._known(fact).keys()
        return sorted(
            (line for line in lines if blanks(line) <= known), key=lambda line: (-len(blanks(line) & TELLING), self._used[line])
        )

    def _in_all(self, text: str, fact: Working) -> str:
        if not (has_failed(fact) and self._news.untold):
            return text
        return f"{text} {self._words.went.in_all.format(count=self._counts['failed', ''])}"

    def _filled(self, line: str, fact: Working) -> str:
        return line.format(**self._known(fact))

    def _known(self, fact: Working) -> Mapping[str, str]:
        count = self._counts[fact.what, (fact.detail or "-") if has_failed(fact) else ""]
        steps = {"step": str(fact.step), "of": str(fact.of)} if fact.of else {}
        return {
            **({"detail": _inside(fact.detail)} if fact.detail else {}),
            **({"count": str(count)} if count > 1 else {}),
            **{name: value for name, value in steps.items() if value != "0" or fact.what == "criteria"},
        }


def _values(facts: tuple[Fact, ...]) -> list[object]:
    """What they tell."""
    return [fact.text if isinstance(fact, Says) else fact for fact in facts]


def _inside(detail: str) -> str:
    """As part of a sentence: "Run the tests." → "run the tests"; "GPU" stays."""
    first = detail[:1] if detail[1:2].isupper() else detail[:1].lower()
    return (first + detail[1:]).rstrip(".!?")


def spoken_minutes(seconds: float) -> str:
    """A duration as one says it."""
    if seconds < 45:
        return "less than a minute"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return "about a minute" if minutes <= 1 else f"{minutes} minutes"
    whole = "an hour" if hours == 1 else f"{_HOURS[hours] if hours < len(_HOURS) else hours} hours"
    return whole if not minutes else f"{whole} and {'a minute' if minutes == 1 else f'{minutes} minutes'}"
