"""What to tell a caller on hold, and when. Pure: facts and the time come in, lines come out.

A line says only what the run has told, as it stands when it is said (orchestrator/news), and no line is said twice.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from agents.work import Asks, Says, TaskEvent, Working
from agents.yaml_file import YamlFile
from orchestrator.news import Fact, News, Standing, is_milestone

Why = Literal["start", "news", "still", "question", "unanswered"]
Style = Literal["silent", "quiet", "brief", "podcast"]
STYLES: Final[tuple[Style, ...]] = ("silent", "quiet", "brief", "podcast")
GAP_S: Final[Mapping[Style, float]] = {"quiet": 50.0, "brief": 10.0, "podcast": 7.0}  # of music, between two lines
BREATH_S: Final = 0.6
STILL_S: Final = 20.0
STILL_AGAIN_S: Final = 60.0
ANSWER_S: Final = 15.0
SETTLES_S: Final = 0.5  # what it begins may need leave, and is then only wanted
MOST_ASKED: Final = 5  # a caller who speaks each time before they hear the question does not want to
TELLING: Final = frozenset({"detail", "step"})  # a line with these says more than one that names only the kind of step


class Orders(BaseModel):
    """What is answered to what the caller orders; the keys are orchestrator.orders' too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait: str
    call_back: str
    call_again: str
    too_much: str
    more: str
    less: str
    most: str
    least: str
    silent: str
    music_on: str
    music_off: str
    no_music: str
    louder: str
    softer: str
    stop: str
    desk: str
    help: str


class Notes(BaseModel):
    """What Claude is told of long work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    started: str
    started_short: str
    started_here: str
    withheld: str
    running: str
    asks: str
    done: str
    failed: str
    result: str
    failure: str
    podcast: str


class Withheld(BaseModel):
    """What is said before the PIN; nothing of what the work is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    result: str
    news: str
    still: str


class LateWords(BaseModel):
    """An answer that takes too long, as long work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    what: str
    minutes: float


class Overtaken(BaseModel):
    """The run's own words, where they may not be so any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noted: str
    earlier: str


class HoldWords(BaseModel):
    """`prompts/hold.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    starts: tuple[str, ...]
    steps: dict[str, tuple[str, ...]]
    other: tuple[str, ...]
    overtaken: Overtaken
    still: tuple[str, ...]
    busy: tuple[str, ...]
    again: str
    unanswered: str
    undecided: str
    no_pin: str
    no_pin_given: str
    settled: str
    yes: str
    no: str
    words: str
    status: str
    nothing: str
    waits: str
    withheld: Withheld
    moved: str
    moved_here: str
    orders: Orders
    late: LateWords
    for_claude: Notes

    @model_validator(mode="after")
    def _each_can_be_told(self) -> Self:
        """Even when no more is known of a step than its kind."""
        for kind, lines in {**self.steps, "other": self.other}.items():
            if all(map(_blanks, lines)):
                raise ValueError(f"`{kind}` needs a line without blanks")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises FileError, with the line."""
        return YamlFile(path).validate(cls)


@dataclass(frozen=True, slots=True)
class Telling:
    """A line that is due."""

    text: str
    why: Why
    facts: tuple[TaskEvent, ...] = ()
    """What it tells."""


@dataclass(slots=True)
class _Question:
    asks: Asks
    given: int = 0
    """How often it was given out, to be said."""
    heard: int = 0


class Hold:
    """One task's, for one call."""

    def __init__(self, words: HoldWords, title: str, name: str, style: Style, began_s: float = 0.0) -> None:
        """`began_s`: when the work began, on the axis of the times to come; less than 0 if that was before the call."""
        self._words, self._title, self._name, self._began_s = words, title, name, began_s
        self.style: Style = style
        self._started = False
        self._moved = False
        self._moved_s = began_s
        self._said: set[str] = set()
        self._used: Counter[str] = Counter()
        self._news = News()
        self._counts: Counter[str] = Counter()
        self._question: _Question | None = None
        self._last_news_s = began_s
        self._last_still_s: float | None = None

    def happened(self, *events: TaskEvent) -> None:
        self._moved = self._moved or bool(events)
        for event in events:
            self._take(event)

    def _take(self, event: TaskEvent) -> None:
        match event:
            case Says():
                self._news.take(event)
            case Working():
                self._counts[event.what] += 1
                self._news.take(event)
            case Asks():
                self._question = _Question(event)
                self._counts[event.tool] -= self._news.take_back(event.tool)
            case _:
                pass

    @property
    def _latest(self) -> Fact | None:
        """What came last; but its own words say more than a step of which nothing is known but its kind."""
        newest, sentence = self._news.newest, self._news.sentence
        bare = isinstance(newest, Working) and not is_milestone(newest) and not newest.detail
        return sentence if sentence and bare else newest

    @property
    def latest(self) -> str:
        """What came last, in words, told or not; empty at first."""
        return self.in_words(self._latest) if self._latest else ""

    def asked_for(self) -> str:
        """What came last, for a caller who wants to know; it need not be told them by and by."""
        if self._latest:
            self._news.caught_up(self._latest)
        return self.latest

    def answered(self) -> None:
        self._question = None

    def asking(self) -> int:
        """The caller begins to hear the question; how often they have heard it with this time, 0 if it has lapsed."""
        if self._question is None:
            return 0
        self._question.heard += 1
        return self._question.heard

    @property
    def question(self) -> Asks | None:
        """What the caller has been asked, and not answered."""
        return self._question.asks if self._question and self._question.heard else None

    def due(self, now_s: float, quiet_s: float) -> Telling | None:
        """What should be said now; each is given out once, so say it; but a question until it is heard (`asking`).

        `quiet_s`: how long nobody has said anything.
        """
        if self._moved:
            self._moved, self._moved_s = False, now_s
        if quiet_s < BREATH_S:
            return None
        if self._question is not None:
            return self._ask(self._question, quiet_s)
        if not self._started:
            self._started, self._last_news_s = True, now_s
            return self._fresh([line.format(title=self._title, name=self._name) for line in self._words.starts], "start")
        if self.style == "silent" or quiet_s < GAP_S[self.style]:
            return None
        return None if self._unsettled(now_s) else self._tell(now_s) or self._admit(now_s)

    def _ask(self, question: _Question, quiet_s: float) -> Telling | None:
        if question.heard and quiet_s < ANSWER_S:
            return None
        question.given += 1
        if question.heard > 1 or question.given > MOST_ASKED:
            self._question = None
            words = self._words.unanswered if question.asks.tool else self._words.undecided
            return Telling(words, "unanswered", (question.asks,))
        text = question.asks.question
        return Telling(self._words.again.format(question=text) if question.heard else text, "question", (question.asks,))

    def _unsettled(self, now_s: float) -> bool:
        fact = self._news.next(milestones=self.style == "quiet")
        return fact is not None and fact is self._news.newest and now_s - self._moved_s < SETTLES_S

    def _tell(self, now_s: float) -> Telling | None:
        quiet = self.style == "quiet"
        while fact := self._news.next(milestones=quiet):
            self._news.drop(fact, older=quiet)
            if telling := self._worded(fact):
                self._last_news_s, self._last_still_s = now_s, None
                facts = self._news.told(fact)
                return replace(telling, facts=facts) if self.style == "podcast" else telling
        return None

    def _worded(self, event: Fact) -> Telling | None:
        """In words that were not said yet, if there are any left for it."""
        if isinstance(event, Says):
            new = self._fresh([event.text], "news", (event,))
            return replace(new, text=self.in_words(event)) if new else None
        for line in self._lines(event):
            if telling := self._fresh([self._filled(line, event)], "news", (event,)):
                self._used[line] += 1
                return telling
        return None

    def in_words(self, event: Fact) -> str:
        """The best that can be said of it as it stands, said before or not."""
        if isinstance(event, Says):
            return self._framed(event.text, self._news.standing(event))
        return self._filled(self._lines(event)[0], event)

    def _framed(self, text: str, standing: Standing) -> str:
        words = self._words.overtaken
        return {"now": text, "noted": words.noted.format(text=text), "earlier": words.earlier.format(text=text)}[standing]

    def _lines(self, event: Working) -> list[str]:
        """That fit, best first: a line with a blank that cannot be filled says nothing; of two alike, the one less used."""
        known = self._known(event).keys()
        fitting = [line for line in self._words.steps.get(event.what, self._words.other) if _blanks(line) <= known]
        return sorted(fitting, key=lambda line: (-len(_blanks(line) & TELLING), self._used[line]))

    def _filled(self, line: str, event: Working) -> str:
        return line.format(**self._known(event))

    def _known(self, event: Working) -> Mapping[str, str | int]:
        count = self._counts[event.what]
        blanks = {"detail": _inside(event.detail), "step": event.step if event.of else 0, "of": event.of}
        return {name: value for name, value in {**blanks, "count": count if count > 1 else 0}.items() if value}

    def _admit(self, now_s: float) -> Telling | None:
        """Say honestly that nothing is new: after a while, then once a minute."""
        quiet_since_s, patience_s = (
            (self._last_news_s, STILL_S) if self._last_still_s is None else (self._last_still_s, STILL_AGAIN_S)
        )
        if now_s - quiet_since_s < patience_s:
            return None
        self._last_still_s = now_s
        lines = self._words.still if self._news.nothing else self._words.busy
        return self._fresh([line.format(since=spoken_minutes(now_s - self._began_s)) for line in lines], "still")

    def _fresh(self, lines: Iterable[str], why: Why, facts: tuple[TaskEvent, ...] = ()) -> Telling | None:
        """The first of these that was not said yet."""
        text = next((line for line in lines if line not in self._said), None)
        if text is None:
            return None
        self._said.add(text)
        return Telling(text, why, facts)


def _blanks(line: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name}


def _inside(detail: str) -> str:
    """As part of a sentence: "Run the tests." → "run the tests"; "GPU" stays."""
    first = detail[:1] if detail[1:2].isupper() else detail[:1].lower()
    return (first + detail[1:]).rstrip(".!?")


def spoken_minutes(seconds: float) -> str:
    """A duration as one says it."""
    if seconds < 45:
        return "less than a minute"
    minutes = round(seconds / 60)
    return "about a minute" if minutes <= 1 else f"{minutes} minutes"
