"""A line in memory, with a caller who does what a script says. Runs in real or in virtual time; no sockets, no threads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Final

import anyio

from telephony.caller import QUIET_DBFS
from telephony.line import LEAD_S, Digit, LineBusy, LineClosed, LineError, LineRejected, NotAnswered, Playout, Refusal, check_keys
from voices.audio import FRAME_S, SILENCE, Frame, frames, level_dbfs

CALLER: Final = "+15550100"
CALLED: Final = "+15550199"
KEY_S: Final = 0.2  # what a tone and the pause after it take


class RehearsalLine:
    """Both ends of a telephone line: `telephony.line.Line` for the call, and the caller's side for the script.

    `answer_s` is how long it takes from answering to sound; `deaf` makes answering fail.
    """

    kind = "rehearsal"

    def __init__(self, call_id: str = "rehearsal", *, caller: str = CALLER, called: str = CALLED) -> None:
        self.call_id, self.caller, self.called = call_id, caller, called
        self.answer_s = 0.1
        self.deaf = False
        self.answered = anyio.Event()
        self.over = anyio.Event()
        self.rejected: Refusal | None = None
        self.heard: list[tuple[float, Frame]] = []
        """What the caller heard, each frame with the loop's time of its first sample."""
        self.shown = ""
        """The keys that reached the caller."""
        self._loud_s: list[float] = []  # when the frames of it that are not quiet were heard
        self._playout = Playout()
        self._pressing = anyio.Lock()
        self._speech: deque[Frame | Digit] = deque()
        self.cost_usd = Decimal(0)

    # --- the caller's side --------------------------------------------------------------------------------------------

    def say(self, pcm: bytes) -> None:
        """Speak, after whatever is being said already; 16 kHz mono s16."""
        self._speech.extend(frames(pcm))

    def press(self, keys: str) -> None:
        self._speech.extend(Digit(key) for key in keys)

    def hush(self) -> None:
        """Say and press nothing of what is left."""
        self._speech.clear()

    def leave(self) -> None:
        """The caller hangs up."""
        self.over.set()

    @property
    def spoken(self) -> bool:
        """All that the caller had to say has been said."""
        return not self._speech

    @property
    def unsaid(self) -> int:
        """Frames and keys that the caller has still to say."""
        return len(self._speech)

    async def quiet(self, for_s: float = 1.0, *, after_s: float | None = None) -> None:
        """Until the far end has spoken (since `after_s` on the loop's clock, else since now) and was then quiet that long."""
        since_s = anyio.current_time() if after_s is None else after_s
        while not self.over.is_set():
            loud = self.last_loud_s
            if loud is not None and loud >= since_s and anyio.current_time() - loud >= for_s:
                return
            await anyio.sleep(FRAME_S)

    @property
    def last_loud_s(self) -> float | None:
        """Until when the caller has heard somebody, on the loop's clock."""
        heard = bisect_right(self._loud_s, anyio.current_time())
        return self._loud_s[heard - 1] + FRAME_S if heard else None

    def loud_since(self, at_s: float) -> float | None:
        """When the caller first heard somebody since then, on the loop's clock."""
        first = bisect_left(self._loud_s, at_s)
        heard = first < len(self._loud_s) and self._loud_s[first] <= anyio.current_time()
        return self._loud_s[first] if heard else None

    # --- the call's side ----------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        if not self.answered.is_set():
            await anyio.sleep(self.answer_s)
        if self.over.is_set():
            raise LineClosed("the caller hung up while it rang")
        if self.deaf:
            raise NotAnswered("the rehearsed line does not connect")
        self.answered.set()

    async def reject(self, why: Refusal) -> None:
        self.rejected = why
        self.over.set()

    async def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        next_s = anyio.current_time()
        while not self.over.is_set():
            next_s += FRAME_S
            await anyio.sleep_until(next_s)
            while self._speech and isinstance(self._speech[0], Digit):
                yield self._speech.popleft()
            sound = self._speech.popleft() if self._speech else SILENCE
            yield sound

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        if self.over.is_set():
            raise LineClosed("the far end hung up")
        if (early_s := self._playout.ahead_s(anyio.current_time()) - lead_s) > 0:
            await anyio.sleep(early_s)
        heard_s = self._playout.push(anyio.current_time(), FRAME_S)
        self.heard.append((heard_s, frame))
        if level_dbfs(frame) > QUIET_DBFS:
            self._loud_s.append(heard_s)
        return heard_s

    async def clear(self) -> float:
        now_s = self._playout.clear(anyio.current_time())
        while self.heard and self.heard[-1][0] >= now_s:
            self.heard.pop()
        del self._loud_s[bisect_left(self._loud_s, now_s) :]
        return now_s

    async def send_digits(self, keys: str) -> None:
        check_keys(keys)
        async with self._pressing:
            for key in keys:
                if self.over.is_set() or not self.answered.is_set():
                    raise LineClosed("the call is not up")
                await anyio.sleep(KEY_S)
                self.shown += key

    async def hang_up(self) -> None:
        if not self.over.is_set():
            await anyio.sleep(self._playout.ahead_s(anyio.current_time()))
            self.over.set()


@dataclass(frozen=True, slots=True)
class Pickup:
    """What a phone does when it is rung."""

    after_s: float = 3.0
    """How long it rings first."""
    failure: type[LineError] | None = None
    """LineBusy, LineRejected …; None: it is taken, unless it rings for longer than a dialler waits."""
    says: bytes = b""
    """Into it, at once: "hello?", or a machine's greeting and beep. 16 kHz mono s16."""


BUSY: Final = Pickup(0.5, LineBusy)
REJECTED: Final = Pickup(4.0, LineRejected)
IGNORED: Final = Pickup(after_s=3_600)


class RehearsalDialler:
    """`telephony.line.Dialler` in memory: who is rung does what the script says, call by call; after that, nobody is there."""

    kind = "rehearsal"
    number = CALLED

    def __init__(self, *script: Pickup, ring_s: float = 30.0) -> None:
        self.rung: list[tuple[float, str]] = []
        """Who was rung, and when, on the loop's clock."""
        self._script = deque(script)
        self._ring_s = ring_s
        self._serial = count(1)
        self._taken: deque[RehearsalLine] = deque()
        self._told = anyio.Event()

    async def dial(self, number: str) -> RehearsalLine:
        self.rung.append((anyio.current_time(), number))
        pickup = self._script.popleft() if self._script else IGNORED
        await anyio.sleep(min(pickup.after_s, self._ring_s))
        if pickup.after_s > self._ring_s:
            raise NotAnswered(f"no answer within {self._ring_s:g} s")
        if pickup.failure is not None:
            raise pickup.failure("the rehearsal says so")
        line = RehearsalLine(f"rehearsal-{next(self._serial)}", caller=number, called=self.number)
        line.answered.set()
        line.say(pickup.says)
        self._taken.append(line)
        self._told.set()
        return line

    async def taken(self) -> RehearsalLine:
        """The next call that is taken, for whoever plays the person at the other end."""
        while not self._taken:
            self._told = anyio.Event()
            await self._told.wait()
        return self._taken.popleft()
