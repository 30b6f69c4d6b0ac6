"""Did a person pick up, or an answering machine? Pure: sound in, findings out; time is the sound's own.

A person says a word or two and waits. A machine talks on, or beeps; and some begin with a silence, as people do who wait for
the other end to speak. So what is found first may have to be taken back: `Answerer` goes on listening for a while.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final

import numpy as np

from voices.audio import FRAME_S, FRAME_SAMPLES, FULL_SCALE, RATE, Frame, samples
from voices.endpoint import OPEN_S, SPEECH

FIRST_WORD_S: Final = 1.5  # so long the first word is waited for
SHORT_S: Final = 1.5  # "hello?", "yes, who is it?" …
SHORT_PAUSE_S: Final = 0.5  # … after which this silence is an invitation; what is longer may be a machine taking breath
PAUSE_S: Final = 1.0
MONOLOGUE_S: Final = 5.0  # "good morning, this is …, who is calling please?" takes up to 4.6 s; greetings take 5 to 15
LATE_MONOLOGUE_S: Final = 6.0  # of one who was silent at first, and may be a person with something to say
WATCH_S: Final = 20.0  # from the pick-up: later than that no greeting begins
BEEP_WITHIN_S: Final = 3.0  # after the last word
RECORDS_AFTER_S: Final = 2.5  # of silence, where a beep was not heard
LONGEST_GREETING_S: Final = 45.0

LOWEST_HZ: Final = 400.0
HIGHEST_HZ: Final = 2_000.0
SHORTEST_BEEP_S: Final = 0.12  # of whole frames: 150 ms of sound
LONGEST_BEEP_S: Final = 0.84  # a ringing tone lasts a second
PURITY: Final = 0.85  # of the energy lies in the tone: 0.99 on a clean line, 0.9 with noise 10 dB below
STEADY_HZ: Final = 6.0  # no voice holds its tone so well, nor its loudness
STEADY_DB: Final = 1.5
QUIETEST_DBFS: Final = -45.0
_LOBE_HZ: Final = 100.0  # half of how wide a tone looks through the window
_POINTS: Final = 1_024
_HZ: Final = RATE / _POINTS
_WINDOW: Final = np.hanning(FRAME_SAMPLES).astype(np.float32)
_LOBE: Final = round(_LOBE_HZ / _HZ)
_FLOOR: Final = round(60 / _HZ)  # hum and offset are not counted


class Finding(StrEnum):
    """What was found out about whoever picked up."""

    SILENT = auto()
    """Nobody has said a word; they may wait for ours."""
    PERSON = auto()
    MACHINE = auto()
    RECORDING = auto()
    """The machine has said all that it has to say."""


class Beep:
    """One steady tone of 150 to 800 ms."""

    def __init__(self) -> None:
        self._frames = self._torn = 0
        self._hz = self._dbfs = 0.0

    @property
    def sounding(self) -> bool:
        """A tone is heard that may be one."""
        return self._frames * FRAME_S >= OPEN_S

    def feed(self, frame: Frame) -> bool:
        """Whether a beep has just ended."""
        tone = _tone(frame)
        if tone is not None and self._frames and abs(tone[0] - self._hz) <= STEADY_HZ and abs(tone[1] - self._dbfs) <= STEADY_DB:
            self._frames, self._torn = self._frames + 1 + self._torn, 0
            return False
        if self._frames and not self._torn:  # noise may have torn a frame out of it
            self._torn = 1
            return False
        length_s, self._frames, self._torn = round(self._frames * FRAME_S, 3), 0, 0
        if tone is not None:
            self._frames, (self._hz, self._dbfs) = 1, tone
        return SHORTEST_BEEP_S <= length_s <= LONGEST_BEEP_S


def _tone(frame: Frame) -> tuple[float, float] | None:
    """Hertz and dBFS of the tone that the frame is, if it is one."""
    heard = samples(frame).astype(np.float32) / FULL_SCALE
    power = float(np.dot(heard, heard)) / FRAME_SAMPLES
    if power < 10 ** (QUIETEST_DBFS / 10):
        return None
    spectrum = np.abs(np.fft.rfft((heard - heard.mean()) * _WINDOW, _POINTS)) ** 2
    peak = int(np.argmax(spectrum[_FLOOR:])) + _FLOOR
    low, top, high = np.log(spectrum[peak - 1 : peak + 2] + 1e-20) if peak + 1 < spectrum.size else (0.0, 1.0, 0.0)
    hz = (peak + 0.5 * float(low - high) / float(low - 2 * top + high)) * _HZ  # a parabola through the three finds it to 1 Hz
    pure = spectrum[max(_FLOOR, peak - _LOBE) : peak + _LOBE + 1].sum() >= PURITY * spectrum[_FLOOR:].sum()
    return (hz, 10 * float(np.log10(power))) if pure and LOWEST_HZ <= hz <= HIGHEST_HZ else None


class Answerer:
    """Whoever picked up, from the first frame on."""

    def __init__(self) -> None:
        self.found: Finding | None = None
        """The last finding."""
        self._beep = Beep()
        self._beeped = False
        self._now_s = 0.0
        self._loud_s = 0.0
        self._began_s: float | None = None
        self._last_s = 0.0

    @property
    def watched(self) -> bool:
        """It may still prove to be a machine, or is one."""
        return self.found in (Finding.MACHINE, Finding.RECORDING) or self._now_s < WATCH_S

    def feed(self, frame: Frame, speech: float, *, ours: bool = False) -> Finding | None:
        """What the frame changes; `speech` is its probability of speech. While we speak (`ours`), it may be our own echo."""
        self._now_s = round(self._now_s + FRAME_S, 3)
        self._beeped |= self._beep.feed(frame)
        self._listen(voiced=speech >= SPEECH and not ours and not self._beep.sounding)
        found = self._machine() if self.found is Finding.MACHINE else self._judge()
        self.found = found or self.found
        return found

    def _listen(self, *, voiced: bool) -> None:
        self._loud_s = self._loud_s + FRAME_S if voiced else 0.0
        if round(self._loud_s, 3) >= OPEN_S:
            self._began_s = self._now_s - self._loud_s if self._began_s is None else self._began_s
            self._last_s = self._now_s

    def _judge(self) -> Finding | None:
        if self.found is Finding.RECORDING:
            return None
        quiet_s = round(self._now_s - self._last_s, 3)
        if self._beeped and (self.found is not Finding.PERSON or quiet_s <= BEEP_WITHIN_S):
            return Finding.MACHINE
        self._beeped = False
        if self.found is Finding.PERSON:
            return None
        if self._began_s is None:
            return Finding.SILENT if self.found is None and self._now_s >= FIRST_WORD_S else None
        spoke_s = round(self._last_s - self._began_s, 3)
        if spoke_s >= (LATE_MONOLOGUE_S if self.found is Finding.SILENT else MONOLOGUE_S):
            return Finding.MACHINE
        return Finding.PERSON if quiet_s >= (SHORT_PAUSE_S if spoke_s <= SHORT_S else PAUSE_S) else None

    def _machine(self) -> Finding | None:
        done = self._beeped or self._now_s - self._last_s >= RECORDS_AFTER_S or self._now_s >= LONGEST_GREETING_S
        return Finding.RECORDING if done else None
