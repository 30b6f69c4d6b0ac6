"""Who dials in: when he speaks, what he makes of what he hears, and when he has done. Pure, on the call's own clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

from voices.audio import FRAME_S, SILENCE, Frame, frames, level_dbfs

QUIET_DBFS: Final = -28.0  # comfort noise and the music of a hold lie below, speech above
ONSET_FRAMES: Final = 3  # 60 ms of sound is speech; less is a click
PAUSE_S: Final = 0.3  # a shorter silence lies within a speech
KEY_S: Final = 0.16  # from one key to the next
CUSHION: Final = 3  # frames of an utterance sent ahead, so that a late moment of ours tears no hole into it
AFTER_FILLER_S: Final = 6.0  # as long as Claude may take for its first word
SPOKEN_S: Final = 0.2  # of sound after our own words: the far end has taken its turn


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller says (16 kHz mono s16) or presses, in his turn or that long after the far end began to speak."""

    pcm: bytes = b""
    barge_in_after_s: float | None = None
    keys: str = ""
    once: Callable[[], bool] = lambda: True
    """Not before that is so, and the far end has spoken once more."""
    unasked: bool = False
    """Whoever's turn it is: "hello?" into a phone that was picked up, or a machine's greeting."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How long he waits for what."""

    quiet_s: float = 1.0
    """Of the far end, before he takes his turn."""
    leave_after_s: float = 2.0
    """Of quiet, when all was said: an agent that thinks between two sentences is not finished."""
    filler_s: float = 0.0
    """Speech that is shorter may be a filler ("Well,"): the answer that follows it is waited for."""
    patience_s: float = 15.0
    """For a word from the far end, when it is its turn."""
    ring_s: float = 60.0
    max_s: float = 300.0
    """For the whole call, from its answer."""


POLITE: Final = Manners()


@dataclass(frozen=True, slots=True)
class Span:
    from_s: float
    to_s: float


class Outcome(StrEnum):
    COMPLETED = "completed"  # all was said, and the far end's last words were heard
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    SILENT = "silent"  # the far end said nothing when it should have
    HUNG_UP = "hung_up"  # by the far end, before all was said or anything heard
    TOO_LONG = "too_long"


WHY: Final = {
    Outcome.COMPLETED: "all was said, and the far end was heard to its last word",
    Outcome.SILENT: "the far end said nothing when it was its turn",
    Outcome.TOO_LONG: "the call took longer than it may",
}


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One utterance and what it did: how soon the far end spoke after it, and how soon it fell silent if it was speaking."""

    said: Span
    response_s: float | None = None
    silenced_s: float | None = None


def _s(seconds: float) -> float:
    """Times are whole frames; this is what keeps them so."""
    return round(seconds, 3)


class Hearing:
    """When the far end spoke: its sound, one frame after the other, as spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.now_s = 0.0
        self.began_s: float | None = None
        """When the speech that is going on began."""
        self.loud_s = 0.0
        """When the far end was last heard."""
        self._loud_frames = 0

    def feed(self, frame: Frame) -> None:
        self.now_s = _s(self.now_s + FRAME_S)
        if level_dbfs(frame) > QUIET_DBFS:
            self._loud_frames += 1
            self.loud_s = self.now_s
            if self.began_s is None and self._loud_frames == ONSET_FRAMES:
                self.began_s = _s(self.now_s - ONSET_FRAMES * FRAME_S)
        else:
            self._loud_frames = 0
            if self.quiet_s >= PAUSE_S:
                self.close()

    def close(self) -> None:
        """The speech that is going on, if any, has ended."""
        if self.began_s is not None:
            self.spans.append(Span(self.began_s, self.loud_s))
            self.began_s = None

    @property
    def quiet_s(self) -> float:
        return _s(self.now_s - self.loud_s)


class Caller:
    """Whose turn is it? Fed with what is heard, it gives what to do: frames to say, keys to press, the outcome to end with."""

    def __init__(self, plan: Sequence[Utterance], manners: Manners) -> None:
        self.hearing = Hearing()
        self.said: list[Span] = []
        self._plan = deque(plan)
        self._manners = manners
        self._saying: deque[Frame | str] = deque()
        self._turn_s = 0.0  # since then it is the far end's turn
        self._far_s: float | None = None  # when it began to take it

    @property
    def speaking(self) -> bool:
        return bool(self._saying)

    @property
    def finished(self) -> bool:
        """All was said."""
        return not self._plan and not self._saying

    def hear(self, frame: Frame) -> list[Frame | str | Outcome]:
        """Twenty milliseconds of the far end."""
        self.hearing.feed(frame)
        if self.hearing.now_s >= self._manners.max_s:
            return [Outcome.TOO_LONG]
        if self._saying:
            return self._go_on()
        if self._plan and not self._plan[0].once():
            self._turn_s, self._far_s = self.hearing.now_s, None  # what made it so is to be heard first
            return []
        if self._plan and self._plan[0].unasked:
            return self._begin()
        if self._far_s is None and self.hearing.began_s is not None:
            self._far_s = max(self._turn_s, self.hearing.began_s)
        if self._far_s is None or _s(self.hearing.loud_s - self._far_s) < SPOKEN_S:
            return [Outcome.SILENT] if _s(self.hearing.now_s - self._turn_s) >= self._manners.patience_s else []
        if not self._plan:
            return [Outcome.COMPLETED] if self._heard_out(self._far_s, self._manners.leave_after_s) else []
        after_s = self._plan[0].barge_in_after_s
        barges_in = after_s is not None and _s(self.hearing.now_s - self._far_s) >= after_s
        return self._begin() if barges_in or self._heard_out(self._far_s, self._manners.quiet_s) else []

    def _heard_out(self, since_s: float, quiet_s: float) -> bool:
        """Whether the far end, which spoke since then, has been quiet for long enough."""
        short = _s(self.hearing.loud_s - since_s) < self._manners.filler_s
        return self.hearing.quiet_s >= (max(quiet_s, AFTER_FILLER_S) if short else quiet_s)

    def _begin(self) -> list[Frame | str | Outcome]:
        utterance = self._plan.popleft()
        now_s = self.hearing.now_s
        for key in utterance.keys:
            self._saying.extend([key, *[SILENCE] * round(KEY_S / FRAME_S)])
        self._saying.extend(frames(utterance.pcm))
        length_s = FRAME_S * sum(1 for item in self._saying if isinstance(item, Frame))
        self.said.append(Span(now_s, _s(now_s + length_s)))
        return [item for _ in range(CUSHION) for item in self._go_on()]

    def _go_on(self) -> list[Frame | str | Outcome]:
        """The next frame, with the keys before it."""
        actions: list[Frame | str | Outcome] = []
        while self._saying and not (actions and isinstance(actions[-1], Frame)):
            actions.append(self._saying.popleft())
        if not self._saying:
            self._turn_s, self._far_s = self.said[-1].to_s, None
        return actions

    def turns(self) -> tuple[Exchanged, ...]:
        """What each utterance did to the far end."""
        ends = [span.from_s for span in self.said] + [inf]
        return tuple(self._exchanged(said, until_s) for said, until_s in zip(self.said, ends[1:], strict=True))

    def _exchanged(self, said: Span, until_s: float) -> Exchanged:
        cut = next((span for span in self.hearing.spans if span.from_s < said.from_s < span.to_s), None)
        reply = next((span for span in self.hearing.spans if said.to_s <= span.from_s < until_s), None)
        return Exchanged(
            said,
            response_s=_s(reply.from_s - said.to_s) if reply else None,
            silenced_s=_s(cut.to_s - said.from_s) if cut else None,
        )
