"""The pacer of a call: mixer to line, a frame every 20 ms, a little ahead of the caller's ear while somebody speaks."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import floor
from typing import Final

import anyio

from orchestrator.events import EarconPlayed, SaidText, SoundPaced
from orchestrator.journal import Journal
from orchestrator.mixer import ClipHeard, ClipStarted, EarconHeard, Mixer
from telephony.line import Line, LineClosed
from voices.audio import FRAME_S, Frame

SPEAKING_LEAD_S: Final = 0.16
IDLE_LEAD_S: Final = 0.002  # noise that is sent ahead delays the next word, and a hole in it is not heard
BED_LEAD_S: Final = 0.022  # a hole in music is: a frame more
REFILL_S: Final = 0.06  # so much is sent at once: to wake up costs more than several frames do
TICK_S: Final = 0.005  # the pacers of all calls wake at the same moments: one wake-up costs more than several frames do
EARLY_S: Final = TICK_S + 0.002  # so a frame goes at the tick before its time; and event loops wake a little early
REMEMBER_S: Final = 1.8  # of what was sent, to know its echo


def on_tick(at_s: float) -> float:
    """The last tick of the loop's clock that is not after this time."""
    return floor(at_s / TICK_S + 1e-6) * TICK_S


def said(heard: ClipHeard, journal: Journal) -> SaidText:
    """What the caller heard, as the journal has it."""
    clip = heard.clip
    return SaidText(
        turn=clip.turn,
        agent=clip.agent,
        voice=clip.voice,
        text=heard.text,
        from_s=round(journal.on_axis(heard.from_s), 3),
        to_s=round(journal.on_axis(heard.to_s), 3),
        interrupted=heard.interrupted,
        aside=clip.aside,
    )


class Pacer:
    def __init__(self, line: Line, mixer: Mixer, journal: Journal, soon: Callable[[], bool]) -> None:
        """`soon`: whether somebody may begin to speak at any moment."""
        self._line, self._mixer, self._journal, self._soon = line, mixer, journal, soon
        self._next_s = 0.0
        self._sending = anyio.Lock(fast_acquire=True)  # what is taken back must not be in mid-send
        self._recent: deque[Frame] = deque(maxlen=int(REMEMBER_S / FRAME_S))
        self._frames = 0
        self._late_ms: Counter[int] = Counter()

    async def run(self, report: Callable[[ClipStarted | ClipHeard | None], Awaitable[None]]) -> None:
        """Until cancelled. `report` is told what the caller has heard, and None after each frame. Raises LineClosed."""
        self._next_s = anyio.current_time()
        while True:
            # Not long, even with much ahead: a cut that happens meanwhile leaves little ahead.
            due_s = on_tick(min(self._next_s - self._leads_s()[0], anyio.current_time() + REFILL_S))
            await anyio.sleep_until(due_s)
            self._late_ms[min(1_000, max(0, int(1_000 * (anyio.current_time() - due_s))))] += 1
            async with self._sending:
                await self._send()
            for fact in self.settle():
                await report(fact)
            await report(None)

    async def cut(self, change: Callable[[float], None]) -> None:
        """Take back what was sent and is not heard, let `change` act on the mixer, and send on without a gap."""
        async with self._sending:
            self._next_s = now_s = await self._line.clear()
            change(now_s)
            with suppress(LineClosed):  # the ear finds out as well, and ends the call
                await self._send()

    def settle(self, upto_s: float | None = None) -> list[ClipStarted | ClipHeard]:
        """What the caller has heard by now (or will have heard by `upto_s`, on the loop's clock); earcons go to the journal."""
        facts: list[ClipStarted | ClipHeard] = []
        for fact in self._mixer.settle(anyio.current_time() if upto_s is None else upto_s):
            if isinstance(fact, EarconHeard):
                at_s = self._journal.on_axis(fact.at_s)
                self._journal.write(EarconPlayed(name=fact.earcon.value, from_s=round(at_s, 3)), at_s)
            else:
                facts.append(fact)
        return facts

    def played(self, length_s: float) -> bytes:
        return b"".join(list(self._recent)[-round(length_s / FRAME_S) :])

    def summary(self) -> SoundPaced:
        left = sum(self._late_ms.values()) // 100
        for late_ms in sorted(self._late_ms, reverse=True):
            left -= self._late_ms[late_ms]
            if left < 0:
                return SoundPaced(frames=self._frames, late_p99_ms=late_ms)
        return SoundPaced(frames=0, late_p99_ms=0)

    def _leads_s(self) -> tuple[float, float]:
        """How far ahead of the caller's ear to be at least, and at most."""
        if self._mixer.flowing:
            return SPEAKING_LEAD_S - REFILL_S, SPEAKING_LEAD_S
        least_s = BED_LEAD_S if self._mixer.bed.sounding else IDLE_LEAD_S
        return least_s, least_s if self._soon() else least_s + REFILL_S - FRAME_S

    async def _send(self) -> None:
        """All that is due."""
        while self._next_s - self._leads_s()[1] <= anyio.current_time() + EARLY_S:
            frame = self._mixer.next()
            heard_s = await self._line.play(frame)
            self._mixer.sent(heard_s)
            self._next_s = heard_s + FRAME_S
            self._frames += 1
            self._recent.append(frame)
            self._journal.play(frame, self._journal.on_axis(heard_s))
