"""What to say into a silence, and when a call has lasted long enough. Pure: time and money come in as arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum, auto
from typing import Final

from pydantic import Field

from agents.lines import GoodbyeLines, Lines
from agents.strict import Strict

FILLER_S: Final = 0.9  # from the end of speech: what can be said by then needs no filler
DEAD_AIR_S: Final = 2.2  # a silence in mid-answer is filled well before it lasts 3 s
SOUNDS_S: Final = 0.6  # until a line sounds it has to be synthesised: the next is not due before that
WARN_BEFORE_S: Final = 60.0
WARN_AT: Final = Decimal("0.8")
BREATH_S: Final = 0.4  # a prompt of the phone's own never cuts into the caller's words


class PatienceSettings(Strict):
    """How long the caller is waited for. Only their words count, and keys: a cough or a television is none."""

    still_there_s: float = Field(default=8.0, ge=2, le=600, description='Without words of theirs, until "Are you still there?"')
    goodbye_s: float = Field(default=12.0, ge=2, le=600, description="From that question until we hang up.")
    moment_s: float = Field(
        default=120.0, ge=2, le=3_600, description='Instead of the first, after "just a minute" or "hold on".'
    )
    noise_s: float = Field(default=75.0, ge=62, le=600, description="While sound without words goes on, until we speak over it.")


@dataclass(frozen=True)
class Limits:
    """When a call must come to its end, and how long it waits for the caller."""

    minutes: float
    usd: Decimal
    waits: PatienceSettings = field(default_factory=PatienceSettings)


class Rest(StrEnum):
    """What the call is waiting for while nobody speaks."""

    ANSWER = auto()  # ours is being made
    TOOL = auto()  # ours is being made, and a tool runs for it
    CALLER = auto()  # it is the caller's turn
    WORK = auto()  # the caller is on hold, or may be soon: silence is welcome


class Prompt(StrEnum):
    """What the phone says by itself: the names of lines in prompts/lines.yaml."""

    FILLER = auto()
    STILL_THINKING = auto()
    STILL_WORKING = auto()
    SLOW = auto()
    ARE_YOU_STILL_THERE = auto()
    GOODBYE_SILENCE = auto()
    TIME_ALMOST_UP = auto()
    TIME_UP = auto()
    MONEY_ALMOST_UP = auto()
    MONEY_UP = auto()

    @property
    def farewell(self) -> str:
        """Why the call ends when this has been said; empty if it does not."""
        return {Prompt.GOODBYE_SILENCE: "silence", Prompt.TIME_UP: "limit", Prompt.MONEY_UP: "limit"}.get(self, "")


class Patience:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._quiet_since_s = self._waits_since_s = 0.0
        self._moment = False
        self._fillers = 0
        self._filled_s = -SOUNDS_S
        self._asked = self._time_warned = self._money_warned = False

    def moved(self, at_s: float) -> None:
        """We were heard until then, and the caller is waited for from then on."""
        self.sounded(at_s)
        self._waits_since_s = max(self._waits_since_s, at_s)

    def sounded(self, at_s: float) -> None:
        """The caller was heard until then, perhaps only a noise of theirs."""
        self._quiet_since_s = max(self._quiet_since_s, at_s)

    def words(self, at_s: float, *, moment: bool = False) -> None:
        """The caller said something until then, or pressed a key; `moment`: that they need a while."""
        self.moved(at_s)
        self._asked, self._moment = False, moment

    def quiet_s(self, now_s: float) -> float:
        """For how long nobody has been heard."""
        return now_s - self._quiet_since_s

    def waited_s(self, now_s: float) -> float:
        """For how long the caller has said nothing, since we were heard."""
        return now_s - self._waits_since_s

    def turn_over(self, speech_ended_s: float) -> None:
        """The caller has said something, it seems: a new answer is waited for, from the end of their speech on."""
        self._quiet_since_s = speech_ended_s
        self._fillers = 0

    def begun(self) -> None:
        """The answer has begun to be heard: a filler would come too late, and only dead air is filled from here on."""
        self._fillers = max(1, self._fillers)

    def due(self, rest: Rest, now_s: float, spent_usd: Decimal) -> Prompt | None:
        """What should be said now; each is given out once, so say it."""
        quiet_s = self.quiet_s(now_s)
        if rest in (Rest.ANSWER, Rest.TOOL):
            return self._for_the_answer(rest, quiet_s, now_s)
        limit = self._limit(quiet_s, now_s, spent_usd)
        return limit if limit or rest is Rest.WORK or quiet_s < BREATH_S else self._for_the_caller(self.waited_s(now_s))

    def _for_the_answer(self, rest: Rest, quiet_s: float, now_s: float) -> Prompt | None:
        if quiet_s < (DEAD_AIR_S if self._fillers else FILLER_S) or now_s < self._filled_s + SOUNDS_S:
            return None
        self._fillers += 1
        self._filled_s = now_s
        if self._fillers == 1:
            return Prompt.FILLER
        # The third comes about 6 s after the question: by then honesty is due.
        still = Prompt.STILL_WORKING if rest is Rest.TOOL else Prompt.STILL_THINKING
        return Prompt.SLOW if self._fillers % 2 else still

    def _limit(self, quiet_s: float, now_s: float, spent_usd: Decimal) -> Prompt | None:
        if quiet_s < BREATH_S:
            return None
        if spent_usd >= self._limits.usd:
            return Prompt.MONEY_UP
        if now_s >= self._limits.minutes * 60:
            return Prompt.TIME_UP
        if not self._money_warned and spent_usd >= WARN_AT * self._limits.usd:
            self._money_warned = True
            return Prompt.MONEY_ALMOST_UP
        if not self._time_warned and now_s >= self._limits.minutes * 60 - WARN_BEFORE_S:
            self._time_warned = True
            return Prompt.TIME_ALMOST_UP
        return None

    def _for_the_caller(self, waited_s: float) -> Prompt | None:
        waits = self._limits.waits
        if waited_s < (waits.goodbye_s if self._asked else waits.moment_s if self._moment else waits.still_there_s):
            return None
        if self._asked:
            return Prompt.GOODBYE_SILENCE
        self._asked = True
        return Prompt.ARE_YOU_STILL_THERE


def prompt_lines(lines: Lines, goodbyes: GoodbyeLines) -> dict[Prompt, str]:
    """The sentence for each of the phone's own prompts, fillers apart."""
    limits = lines.limits
    return {
        Prompt.STILL_THINKING: lines.still_thinking,
        Prompt.STILL_WORKING: lines.still_working,
        Prompt.SLOW: lines.slow,
        Prompt.ARE_YOU_STILL_THERE: lines.are_you_still_there,
        Prompt.GOODBYE_SILENCE: lines.goodbye_silence,
        Prompt.TIME_ALMOST_UP: limits.time_almost_up,
        Prompt.TIME_UP: goodbyes.time_up,
        Prompt.MONEY_ALMOST_UP: limits.budget_almost_spent,
        Prompt.MONEY_UP: goodbyes.budget_spent,
    }
