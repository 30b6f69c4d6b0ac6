"""A call that we made, from the pick-up on: a line that listens along to know who is there, and may always learn better."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from decimal import Decimal
from math import inf
from typing import Final

import anyio
from anyio.abc import TaskGroup

from orchestrator.ear import PRE_ROLL_S, Recognition
from orchestrator.machine import LONGEST_GREETING_S, WORDS_S, Answerer, Finding
from orchestrator.phrases import Phrases, plain
from telephony.line import LEAD_S, Digit, Line, LineClosed, Refusal
from voices.audio import FRAME_S, Frame, level_dbfs
from voices.recognition import RecognitionError, Recognizer
from voices.vad import Vad

ECHO_S: Final = 0.3  # so long after us our own voice may come back
LIKELY: Final = ("leave a message", "after the tone", "your name", "press one", "hold")
"""Of what decides; see picked_up in phrases.yaml."""
SPEAKS_DBFS: Final = -50.0  # comfort noise lies below


class PickedUp:
    """A Line for the call, over one that was just taken.

    To the call, whatever turns out to be no person is somebody who hung up; but the line is then still up.
    """

    def __init__(
        self,
        line: Line,
        sounds: AsyncGenerator[Frame | Digit, None],
        vad: Vad,
        recognizer: Recognizer,
        phrases: Phrases,
        tasks: TaskGroup,
    ) -> None:
        """`sounds` is what `line` hears; what is said is recognised in `tasks`."""
        self._line, self._sounds, self._vad = line, sounds, vad
        self._recognizer, self._tasks = recognizer, tasks
        self._answerer = Answerer(phrases.prompt, phrases.asks_patience)
        self._recent: deque[Frame] = deque(maxlen=round(LONGEST_GREETING_S / FRAME_S))
        self._texts: deque[str] = deque()
        self._keys: deque[Digit] = deque()
        self._ours_until_s = 0.0
        self._certain = anyio.Event()
        self.gone = False
        """They have hung up."""
        self.call_id, self.caller, self.called, self.kind = line.call_id, line.caller, line.called, line.kind

    @property
    def found(self) -> Finding | None:
        return self._answerer.found

    @property
    def person(self) -> bool:
        """They have spoken as people do, or pressed a key; but it may still prove to be none."""
        return self._certain.is_set() or self._answerer.found is Finding.PERSON

    async def certain(self) -> None:
        """Until it will not turn out to be anything but a person any more."""
        await self._certain.wait()

    async def next(self, within_s: float = inf, after: anyio.Event | None = None) -> Finding | None:
        """What is found next, within that time of sound (`after` something); None: nothing is, or they have hung up."""
        waited_s = 0.0
        async for sound in self._sounds:
            if isinstance(sound, Digit):
                self._keys.append(sound)
                self._certain.set()  # nothing else presses keys
                return Finding.PERSON
            if (found := self._listen(sound)) is not None:
                return found
            waited_s += FRAME_S if after is None or after.is_set() else 0.0
            if waited_s >= within_s:
                return None
        self.gone = True
        return None

    def heard(self, text: str, spoke_s: float) -> None:
        """What was said in the talk, by the ear of the call: it may show that this is no person."""
        if not self._certain.is_set():
            self._answerer.said(text, spoke_s)

    def says(self, text: str) -> None:
        """We say that now, and who is there is listened to all the same; empty: not any more."""
        self._answerer.ours = frozenset(plain(text).split())

    def _listen(self, frame: Frame) -> Finding | None:
        if self._certain.is_set():
            return None
        if not self._answerer.watched:
            self._certain.set()
            return None
        self._recent.append(frame)
        ours = not self._answerer.ours and anyio.current_time() < self._ours_until_s
        found = self._answerer.feed(frame, max(self._vad.feed(frame), default=0.0), ours=ours)
        if self._answerer.over_s is not None:
            length = round((self._answerer.over_s + PRE_ROLL_S) / FRAME_S)
            self._tasks.start_soon(self._recognise, list(self._recent)[-length:])
        while found is None and self._texts:
            found = self._answerer.said(self._texts.popleft())
        return found

    async def _recognise(self, utterance: list[Frame]) -> None:
        recognition = Recognition()
        for frame in utterance:
            recognition.feed(frame)
        recognition.finish()
        text = ""
        with anyio.move_on_after(WORDS_S):
            await recognition.run(self._recognizer, LIKELY)
            try:
                text = (await recognition.text(WORDS_S)).text
            except RecognitionError:
                text = ""  # as if it had not been understood
        self._texts.append(text)

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
            else:
                self._listen(sound)
                if not self.person:
                    await self._line.clear()
                    return
            yield sound
        self.gone = True

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        if not self.person and not self._answerer.ours:
            raise LineClosed("no person has the line")
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
        if self.person:
            await self._line.hang_up()
