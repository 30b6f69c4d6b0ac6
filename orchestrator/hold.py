"""What to tell a caller on hold, and when. Pure: facts and the time come in, lines come out.

A line says only what the run has told; a fact that has been overtaken is not told any more, and no line is said twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from agents.work import Asks, Says, TaskEvent, Working
from agents.yaml_file import YamlFile

Why = Literal["start", "news", "still", "question", "unanswered"]
Style = Literal["silent", "quiet", "brief", "podcast"]
STYLES: Final[tuple[Style, ...]] = ("silent", "quiet", "brief", "podcast")
GAP_S: Final[Mapping[Style, float]] = {"quiet": 14.0, "brief": 10.0, "podcast": 7.0}  # of music, between two lines
MILESTONES: Final = ("phase", "criteria")
BREATH_S: Final = 0.6
STILL_S: Final = 20.0
STILL_AGAIN_S: Final = 60.0
ANSWER_S: Final = 15.0
MOST_FACTS: Final = 8  # that one line of a podcast is made of
KEPT: Final = 3  # of the run's own sentences, when it says more than there is time for


class Steps(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    now: tuple[str, ...]
    detailed: tuple[str, ...]
    again: str


class Orders(BaseModel):
    """What is answered to what the caller orders; the keys are orchestrator.orders' too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait: str
    call_back: str
    call_again: str
    more: str
    less: str
    silent: str
    music_on: str
    music_off: str
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


class HoldWords(BaseModel):
    """`prompts/hold.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    starts: tuple[str, ...]
    steps: dict[str, Steps]
    other: Steps
    still: tuple[str, ...]
    again: str
    unanswered: str
    no_pin: str
    yes: str
    no: str
    status: str
    last: str
    nothing: str
    waits: str
    withheld: Withheld
    moved: str
    moved_here: str
    orders: Orders
    for_claude: Notes

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
    times: int = 0


class Hold:
    """One task's, for one call."""

    def __init__(self, words: HoldWords, title: str, name: str, style: Style) -> None:
        self._words, self._title, self._name = words, title, name
        self.style: Style = style
        self._began_s: float | None = None
        self._said: set[str] = set()
        self._sentences: deque[Says] = deque(maxlen=KEPT)
        self._since: deque[TaskEvent] = deque(maxlen=MOST_FACTS)
        self._working: Working | None = None
        self._counts: Counter[str] = Counter()
        self._question: _Question | None = None
        self._last_news_s: float | None = None
        self._last_still_s: float | None = None
        self.told = ""
        """The last news."""

    def happened(self, *events: TaskEvent) -> None:
        for event in events:
            self._take(event)

    def _take(self, event: TaskEvent) -> None:
        match event:
            case Says():
                self._since.append(event)
                self._sentences.append(event)
                self._working = None  # what it did before it spoke is over
            case Working():
                self._since.append(event)
                self._counts[event.what] += 1
                self._working = event
            case Asks():
                self._question = _Question(event)
            case _:
                pass

    def answered(self) -> None:
        self._question = None

    @property
    def question(self) -> Asks | None:
        """What the caller has been asked, and not answered."""
        return self._question.asks if self._question and self._question.times else None

    def due(self, now_s: float, quiet_s: float) -> Telling | None:
        """What should be said now; each is given out once, so say it. `quiet_s`: how long nobody has said anything."""
        if quiet_s < BREATH_S:
            return None
        if self._question is not None:
            return self._ask(self._question, quiet_s)
        if self._began_s is None:
            self._began_s = self._last_news_s = now_s
            return self._fresh([line.format(title=self._title, name=self._name) for line in self._words.starts], "start")
        if self.style == "silent" or quiet_s < GAP_S[self.style]:
            return None
        return self._news(now_s) or self._admit(now_s)

    def _ask(self, question: _Question, quiet_s: float) -> Telling | None:
        if question.times and quiet_s < ANSWER_S:
            return None
        question.times += 1
        text = question.asks.question
        match question.times:
            case 1:
                return Telling(text, "question", (question.asks,))
            case 2:
                return Telling(self._words.again.format(question=text), "question", (question.asks,))
            case _:
                self._question = None
                return Telling(self._words.unanswered, "unanswered", (question.asks,))

    def _news(self, now_s: float) -> Telling | None:
        telling = self._own_words() or self._step()
        if telling is not None:
            self._last_news_s, self._last_still_s, self.told = now_s, None, telling.text
            if self.style == "podcast":
                telling = replace(telling, facts=tuple(self._since))
            self._since.clear()
        return telling

    def _own_words(self) -> Telling | None:
        while self._sentences:
            says = self._sentences.popleft()
            if telling := self._fresh([says.text], "news", (says,)):
                return telling
        return None

    def _step(self) -> Telling | None:
        working, self._working = self._working, None
        if working is None or (self.style == "quiet" and working.what not in MILESTONES):
            return None
        steps = self._words.steps.get(working.what, self._words.other)
        count = self._counts[working.what]
        lines = [*(steps.detailed if working.detail else steps.now), *([steps.again] if count > 1 else [])]
        detail = working.detail[:1].lower() + working.detail[1:].rstrip(".!?")
        fields = {"detail": detail, "count": count, "step": working.step, "of": working.of}
        return self._fresh([line.format(**fields) for line in lines], "news", (working,))

    def _admit(self, now_s: float) -> Telling | None:
        """Say honestly that nothing is new: after a while, then once a minute."""
        if self._began_s is None or self._last_news_s is None:
            return None
        quiet_since_s, patience_s = (
            (self._last_news_s, STILL_S) if self._last_still_s is None else (self._last_still_s, STILL_AGAIN_S)
        )
        if now_s - quiet_since_s < patience_s:
            return None
        self._last_still_s = now_s
        return self._fresh([line.format(since=spoken_minutes(now_s - self._began_s)) for line in self._words.still], "still")

    def _fresh(self, lines: Iterable[str], why: Why, facts: tuple[TaskEvent, ...] = ()) -> Telling | None:
        """The first of these that was not said yet."""
        text = next((line for line in lines if line not in self._said), None)
        if text is None:
            return None
        self._said.add(text)
        return Telling(text, why, facts)


def spoken_minutes(seconds: float) -> str:
    """A duration as one says it."""
    if seconds < 45:
        return "less than a minute"
    minutes = round(seconds / 60)
    return "about a minute" if minutes <= 1 else f"{minutes} minutes"
