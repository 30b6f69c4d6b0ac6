"""The first moments of a call that we made: a line that listens along until it knows who picked up."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Final

import anyio

from orchestrator.machine import Answerer, Finding
from telephony.line import LEAD_S, Digit, Line, LineClosed, Refusal
from voices.audio import FRAME_S, Frame, level_dbfs
from voices.vad import Vad

ECHO_S: Final = 0.3  # so long after us our own voice may come back
SPEAKS_DBFS: Final = -50.0  # comfort noise lies below


class PickedUp:
    """A Line for the call, over one that was just taken.

    To the call an answering machine is somebody who hung up; but the line is then still up, and a message can be left.
    """

    def __init__(self, line: Line, sounds: AsyncGenerator[Frame | Digit, None], vad: Vad) -> None:
        """`sounds` is what `line` hears."""
        self._line, self._sounds, self._vad = line, sounds, vad
        self._answerer = Answerer()
        self._keys: deque[Digit] = deque()
        self._ours_until_s = 0.0
        self._certain = anyio.Event()
        self.call_id, self.caller, self.called, self.kind = line.call_id, line.caller, line.called, line.kind

    @property
    def machine(self) -> bool:
        return self._answerer.found in (Finding.MACHINE, Finding.RECORDING)

    @property
    def person(self) -> bool:
        """It sounds like one, but may still prove to be a machine."""
        return self._answerer.found is Finding.PERSON

    async def certain(self) -> None:
        """Until it will not turn out to be a machine any more."""
        await self._certain.wait()

    async def greeted(self) -> bool:
        """Until it is our turn to speak, or a machine was found. False: they hung up before."""
        async for sound in self._sounds:
            if isinstance(sound, Digit):
                self._keys.append(sound)
                self._certain.set()  # no machine presses keys
                return True
            if self._listen(sound) is not None:
                return True
        return False

    async def recording(self) -> bool:
        """Until the machine records what we say. False: it hung up before."""
        async for sound in self._sounds:
            if isinstance(sound, Frame) and self._listen(sound) is Finding.RECORDING:
                return True
        return False

    def _listen(self, frame: Frame) -> Finding | None:
        if self._certain.is_set():
            return None
        if not self._answerer.watched:
            self._certain.set()
            return None
        ours = anyio.current_time() < self._ours_until_s
        return self._answerer.feed(frame, max(self._vad.feed(frame), default=0.0), ours=ours)

    # --- as telephony.line.Line promises ------------------------------------------------------------------------------

    async def answer(self) -> None:
        await self._line.answer()

    async def reject(self, why: Refusal) -> None:
        await self._line.reject(why)

    async def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        while self._keys:
            yield self._keys.popleft()
        async for sound in self._sounds:
            if isinstance(sound, Digit):
                self._certain.set()
            elif self._listen(sound) is Finding.MACHINE:
                await self._line.clear()
                return
            yield sound

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        if self.machine:
            raise LineClosed("an answering machine took the call")
        heard_s = await self._line.play(frame, lead_s)
        if not self._certain.is_set() and level_dbfs(frame) > SPEAKS_DBFS:
            self._ours_until_s = heard_s + FRAME_S + ECHO_S
        return heard_s

    async def clear(self) -> float:
        now_s = await self._line.clear()
        self._ours_until_s = min(self._ours_until_s, now_s + ECHO_S)
        return now_s

    async def send_digits(self, keys: str) -> None:
        await self._line.send_digits(keys)

    @property
    def cost_usd(self) -> Decimal:
        return self._line.cost_usd

    async def hang_up(self) -> None:
        if not self.machine:
            await self._line.hang_up()
