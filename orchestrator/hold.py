"""What to tell a caller on hold, and when. Pure: facts and the time come in, lines come out.

A line says only what the run has told, as it stands when it is heard (orchestrator/news): one that a newer fact overtakes before
that is taken back, and what is still so of it is told anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agents.secrets import named
from agents.work import Asks, Says, TaskEvent, Working
from orchestrator.hold_words import AnswerWords as AnswerWords
from orchestrator.hold_words import HoldWords as HoldWords
from orchestrator.news import Fact, News, Standing, overtakes
from orchestrator.teller import Teller
from orchestrator.teller import spoken_minutes as spoken_minutes

Why = Literal["start", "news", "still", "question", "unanswered"]
Style = Literal["silent", "quiet", "brief", "podcast"]
STYLES: Final[tuple[Style, ...]] = ("silent", "quiet", "brief", "podcast")
GAP_S: Final[Mapping[Style, float]] = {"quiet": 50.0, "brief": 10.0, "podcast": 7.0}  # of music, between two lines
BREATH_S: Final = 0.6
STILL_S: Final = (20.0, 60.0, 120.0, 300.0, 600.0)  # after news, and from one honest line to the next, the last over and over
ANSWER_S: Final = 15.0
MOST_REPEATS: Final = 3
THINK_S: Final = 120.0  # for whoever says that they need a moment
SETTLES_S: Final = 0.5  # what it begins may need leave, and is then only wanted
MOST_ASKED: Final = 5  # a caller who speaks each time before they hear the question does not want to


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
    repeats: int = 0
    """How often that was because the caller had not understood, or was not: those do not wear out our patience."""
    patience_s: float = ANSWER_S
    """How long the caller may think before it is asked again."""


class Hold:
    """One task's, for one call."""

    def __init__(self, words: HoldWords, title: str, name: str, style: Style, began_s: float = 0.0) -> None:
        """`began_s`: when the work began, on the axis of the times to come; less than 0 if that was before the call."""
        self._words, self._title, self._name, self._began_s = words, title, name, began_s
        self.style: Style = style
        self._started = False
        self._moved = False
        self._moved_s = began_s
        self._news = News(words.bad.search)
        self._teller = Teller(words, self._news)
        self._given: _Given | None = None
        self._question: _Question | None = None
        self._last_news_s = began_s
        self._last_still_s: float | None = None
        self._stills = 0
        """Lines that nothing was new, since there was news."""

    def happened(self, *events: TaskEvent) -> None:
        self._moved = self._moved or bool(events)
        for event in events:
            self._take(event)

    def _take(self, event: TaskEvent) -> None:
        match event:
            case Says() | Working():
                if isinstance(event, Working):
                    self._teller.count(event)
                elif (text := named(event.text)) != event.text:  # whoever runs the work
                    event = replace(event, text=text)
                if self._given is not None:
                    self._given.take(event)
                self._news.take(event)
            case Asks():
                self._question = _Question(event)
                self._take_back(event)
            case _:
                pass

    def _take_back(self, asks: Asks) -> None:
        step = self._news.take_back(asks.tool, asks.step)
        self._teller.count(Working(asks.tool, asks.step), -1)
        if step is not None and self._given is not None:
            self._given.overtaken += [fact for fact in self._given.facts if fact is step]

    @property
    def _latest(self) -> Fact | None:
        """What came last; but its own words say more than a step of which nothing is known but its kind."""
        newest, sentence = self._news.newest, self._news.sentence
        bare = isinstance(newest, Working) and not self._news.is_milestone(newest) and not newest.detail
        return sentence if sentence and bare else newest

    @property
    def latest(self) -> str:
        """What came last, in words, told or not; empty at first."""
        return self.in_words(self._latest) if self._latest else ""

    def asked_for(self) -> str:
        """What came last, for a caller who wants to know; it need not be told them by and by."""
        if self._latest:
            self._news.caught_up(self._latest)
            self._teller.knows(self._latest)
        return self.latest

    def answered(self) -> None:
        self._question = None

    def wait(self) -> None:
        """The caller wants to think before they answer."""
        if self._question is not None:
            self._question.patience_s = THINK_S

    def repeat(self) -> None:
        """It is put once more for the caller's sake."""
        if self._question is not None:
            self._question.repeats = min(MOST_REPEATS, self._question.repeats + 1)

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
            return Telling(self._words.starts[0].format(title=self._title, name=self._name), "start")
        if self.style == "silent" or quiet_s < GAP_S[self.style]:
            return None
        return None if self._unsettled(now_s) else self._tell(now_s) or self._admit(now_s)

    def _ask(self, question: _Question, quiet_s: float) -> Telling | None:
        if question.heard and quiet_s < question.patience_s:
            return None
        question.given += 1
        question.patience_s = ANSWER_S
        if question.heard - question.repeats > 1 or question.given > MOST_ASKED:
            self._question = None
            words = self._words.unanswered if question.asks.tool else self._words.undecided
            return Telling(words, "unanswered", (question.asks,))
        text = question.asks.question
        return Telling(self._words.again.format(question=text) if question.heard else text, "question", (question.asks,))

    def _unsettled(self, now_s: float) -> bool:
        facts = self._news.next(milestones=self.style == "quiet")
        return bool(facts) and facts[-1] is self._news.newest and now_s - self._moved_s < SETTLES_S

    def in_words(self, fact: Fact) -> str:
        """The best that can be said of it as it stands, said before or not."""
        return self._teller.in_words(fact)

    def _tell(self, now_s: float) -> Telling | None:
        quiet = self.style == "quiet"
        while facts := self._news.next(milestones=quiet):
            self._news.drop(facts, older=quiet)
            if text := self._teller.told(facts):
                self._last_news_s, self._stills, self._last_still_s = now_s, 0, None
                return self._give(Telling(text, "news", self._of(facts)), facts)
        return None

    def _of(self, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        """What a line of these is made of; a podcast's of all that has happened since the line before."""
        since = self._news.told(facts[-1])
        return (
            (*(fact for fact in facts if all(other is not fact for other in since)), *since) if self.style == "podcast" else facts
        )

    def _admit(self, now_s: float) -> Telling | None:
        """Say honestly that nothing is new: after a while, then less and less often."""
        quiet_since_s = self._last_news_s if self._last_still_s is None else self._last_still_s
        if now_s - quiet_since_s < STILL_S[min(self._stills, len(STILL_S) - 1)]:
            return None
        self._last_still_s = now_s
        text = self._teller.still(spoken_minutes(now_s - self._began_s), nothing=self._news.nothing)
        self._stills += 1
        return self._give(Telling(text, "still"), ()) if text else None

    # --- until it is heard --------------------------------------------------------------------------------------------

    def _give(self, telling: Telling, facts: tuple[Fact, ...]) -> Telling:
        self._given = _Given(telling, {id(fact): self._standing(fact) for fact in facts}, facts)
        return telling

    def _standing(self, fact: Fact) -> Standing:
        return self._news.standing(fact) if isinstance(fact, Says) else "now"

    def stands(self, telling: Telling) -> bool:
        """It is still so, and may be heard."""
        given = self._given
        if given is None or given.telling is not telling:
            return True
        changed = any(self._standing(fact) != given.standings[id(fact)] for fact in given.facts)
        return not (changed or given.overtaken or (given.happened and telling.why == "still"))

    def unheard(self, telling: Telling) -> None:
        """Nobody heard it to its end; what of it is still so, and not merely of the moment, is still to be told."""
        given, self._given = self._given, None
        if given is not None and given.telling is telling:
            self._news.put_back([fact for fact in given.facts if fact not in given.overtaken and self._news.is_milestone(fact)])
            if telling.why == "news":
                self._teller.unsay()


@dataclass(slots=True)
class _Given:
    """A line that was given out last, and what has become of it since."""

    telling: Telling
    standings: Mapping[int, Standing]
    facts: tuple[Fact, ...]
    overtaken: list[Fact] = field(default_factory=list[Fact])
    happened: bool = False

    def take(self, new: Fact) -> None:
        self.happened = True
        self.overtaken += [fact for fact in self.facts if overtakes(new, fact)]
