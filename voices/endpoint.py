"""Is the turn over? Speech windows become segments; an `Endpointer` says how much silence ends one.

Pure: time is the audio's own, counted in windows; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

from voices.audio import Frame

SPEECH: Final = 0.5  # a window at or above this opens or resumes a segment
SILENCE: Final = 0.35  # a window below this does not speak; between the two, what was goes on (Silero's own hysteresis)
OPEN_S: Final = 0.06  # so much speech opens a segment (two windows of Silero)
PAUSE_S: Final = 0.06  # so much silence is a candidate end, where speculation starts
PATIENCE_S: Final = 0.55
SHORTEST_PATIENCE_S: Final = 0.3
LONGEST_PATIENCE_S: Final = 0.9
LONGEST_SPEECH_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Began:
    """Speech began at `at_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Paused:
    """The caller stopped at `at_s`; perhaps for good."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The caller goes on, after `pause_s` of silence."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The segment is over: `speech_s` long, its last speech at `at_s`."""

    at_s: float
    speech_s: float


SpeechFact = Began | Paused | Resumed | Ended


class Endpointer(Protocol):
    """One caller's judge of pauses."""

    async def patience_s(self, speech: Sequence[Frame]) -> float:
        """How long the silence after `speech` must last, from the last speech on, to be the end of the turn."""
        ...

    def learn(self, pause_s: float) -> None:
        """The caller went on after a pause of this length: it was no end."""
        ...


class PauseEndpointer:
    """Ends a turn by silence alone, adapted to this caller: 30 % more than the longest of the recent pauses within a turn."""

    def __init__(self, start_s: float = PATIENCE_S) -> None:
        self._patience_s = start_s

    async def patience_s(self, speech: Sequence[Frame]) -> float:
        return self._patience_s

    def learn(self, pause_s: float) -> None:
        wanted_s = min(max(1.3 * pause_s, SHORTEST_PATIENCE_S), LONGEST_PATIENCE_S)
        # Cutting somebody off is worse than waiting: longer pauses count at once, shorter ones little by little.
        weight = 1.0 if wanted_s > self._patience_s else 0.15
        self._patience_s += weight * (wanted_s - self._patience_s)


class Segmenter:
    """Probabilities of speech in, facts about speech out. `patience_s` may be changed at any time while a segment pauses."""

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._opening = ceil(OPEN_S / window_s)
        self._pausing_after = ceil(PAUSE_S / window_s)
        self.patience_s = PATIENCE_S
        self._now_s = 0.0
        self._began_s: float | None = None
        self._last_speech_s = 0.0
        self._loud = 0
        self._quiet = 0
        self._paused = False

    @property
    def speech_s(self) -> float:
        """How long the open segment has lasted, up to its last speech; 0 when nobody speaks."""
        return 0.0 if self._began_s is None else round(self._last_speech_s - self._began_s, 3)  # whole windows, to compare with

    @property
    def talking(self) -> bool:
        """A segment is open, and not pausing."""
        return self._began_s is not None and not self._paused

    def close(self) -> None:
        """Forget the open segment: whatever comes next is a new one."""
        self._began_s, self._paused, self._loud, self._quiet = None, False, 0, 0

    def feed(self, probability: float) -> SpeechFact | None:
        self._now_s += self.window_s
        self._loud = self._loud + 1 if probability >= SPEECH else 0
        if self._began_s is None:
            return self._begin() if self._loud >= self._opening else None
        speaks = probability >= (SPEECH if self._paused else SILENCE)
        self._quiet = 0 if speaks and not self._paused else self._quiet + 1
        return self._pausing() if self._paused else self._speaking(speaks=speaks)

    def _begin(self) -> Began:
        self._began_s = self._now_s - self._opening * self.window_s
        self._last_speech_s, self._quiet, self._paused = self._now_s, 0, False
        return Began(self._began_s)

    def _speaking(self, *, speaks: bool) -> SpeechFact | None:
        if speaks:
            self._last_speech_s = self._now_s
            return self._end() if self.speech_s >= LONGEST_SPEECH_S else None
        if self._quiet < self._pausing_after:
            return None
        self._paused = True
        return Paused(self._last_speech_s)

    def _pausing(self) -> SpeechFact | None:
        if self._loud >= self._opening:
            pause_s = self._now_s - self._opening * self.window_s - self._last_speech_s
            self._paused, self._quiet, self._last_speech_s = False, 0, self._now_s
            return Resumed(pause_s)
        if self._now_s - self._last_speech_s >= self.patience_s and not self._loud:
            return self._end()
        return None

    def _end(self) -> Ended:
        ended = Ended(self._last_speech_s, self.speech_s)
        self.close()
        return ended
