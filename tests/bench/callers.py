"""Callers without end: each speaks, hears the answer for a while, speaks into it, and so on; and what their tapes say."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

import numpy as np

from telephony.acs_emulator.call import Call
from telephony.acs_emulator.sound import Tape
from voices.audio import FRAME_S, FRAME_SAMPLES, RATE, Frame, Samples, frames, samples, to_pcm

LOUD: Final = 300  # comfort noise stays below 80, a ducked voice is above 1,000
QUIET_S: Final = 0.8  # after the greeting
LISTENS_S: Final = (3.0, 4.0)
PATIENCE_S: Final = 8.0  # then the answer is missed
WAV_HEADER: Final = 44
AFTER_S: Final = 3.0  # how much of the tape after an utterance must be there to judge it

_NOISE: Final = [
    Frame(to_pcm(np.random.default_rng(number).integers(-3, 3, FRAME_SAMPLES, endpoint=True))) for number in range(50)
]


class Talker:
    """Holds one phone for as long as the call lasts."""

    def __init__(self, call: Call, utterances: Sequence[bytes], seed: int) -> None:
        self.call = call
        self.said: list[bytes] = []
        self._random = random.Random(seed)
        self._utterances = cycle([*utterances[seed % len(utterances) :], *utterances[: seed % len(utterances)]])
        self._saying: deque[Frame] = deque()
        self._noise = cycle(_NOISE)
        self._now = 0
        self._speaks_at = 0  # in frames; 0 while it depends on what is heard
        self._waits_since = 0
        self._greeted = False
        self._quiet = 0

    async def run(self) -> None:
        async with aclosing(self.call.handset.items()) as items:
            async for item in items:
                if isinstance(item, Frame):
                    self.call.say(self._next(item))

    def _next(self, heard: Frame) -> Frame:
        self._now += 1
        if self._saying:
            self._waits_since = self._now
            return self._saying.popleft()
        loud = bool(np.abs(samples(heard)).max() > LOUD)
        self._quiet = 0 if loud else self._quiet + 1
        if not self._greeted:
            self._greeted = self._now > 1 / FRAME_S and self._quiet >= QUIET_S / FRAME_S
            self._speaks_at = self._now if self._greeted else 0
        elif loud and not self._speaks_at:
            self._speaks_at = self._now + round(self._random.uniform(*LISTENS_S) / FRAME_S)
        elif self._now - self._waits_since > PATIENCE_S / FRAME_S:
            self._speaks_at = self._now
        if self._speaks_at and self._now >= self._speaks_at:
            self._begin()
        return next(self._noise)

    def _begin(self) -> None:
        self._speaks_at = 0
        utterance = next(self._utterances)
        self.said.append(utterance)
        self._saying.extend(frames(utterance))


@dataclass
class Tally:
    """What callers experienced, in seconds."""

    responses: list[float] = field(default_factory=list[float])
    barge_ins: list[float] = field(default_factory=list[float])
    unanswered: int = 0
    torn: int = 0
    """Utterances that the load itself did not get out in one piece: not judged."""

    def add(self, tape: Tape, utterances: Sequence[bytes], from_s: float, to_s: float) -> None:
        """The utterances of one call, in order, that began in this part of its tape and have all of their consequences in it."""
        both = np.frombuffer(tape.wav()[WAV_HEADER:], "<i2")
        said, heard = both[0::2].tobytes(), both[1::2]
        at = 0
        for utterance in utterances:
            found = said.find(utterance, at)
            start, end = found // 2, (found + len(utterance)) // 2
            if found < 0:
                self.torn += 1
                continue
            at = found + len(utterance)
            if from_s * RATE <= start and end + AFTER_S * RATE <= to_s * RATE:
                self._judge(heard, start, end)

    def _judge(self, heard: Samples, start: int, end: int) -> None:
        during = np.flatnonzero(np.abs(heard[start:end]) > LOUD)
        after = np.flatnonzero(np.abs(heard[end : end + int(AFTER_S * RATE)]) > LOUD)
        if during.size and during[0] < FRAME_SAMPLES:  # a voice was sounding when the caller began
            self.barge_ins.append((int(during[-1]) + 1) / RATE)
        if after.size:
            self.responses.append(int(after[0]) / RATE)
        else:
            self.unanswered += 1
