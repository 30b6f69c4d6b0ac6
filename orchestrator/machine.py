"""Who picked up: a person, a screener, a menu, a machine, a hold tone, a fax? Pure: sound and words in, findings out.

Time is the sound's own. A person says a word or two and waits; whatever else takes calls says longer sentences, and what they
mean decides. Nothing that is found is for ever: `Answerer` goes on listening, and each finding may be followed by another.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum, auto
from typing import Final

import numpy as np

from orchestrator.phrases import Prompted, plain
from voices.audio import FRAME_S, FRAME_SAMPLES, FULL_SCALE, RATE, Frame, samples
from voices.endpoint import OPEN_S, SPEECH

FIRST_WORD_S: Final = 1.5  # so long the first word is waited for
SHORT_S: Final = 1.5  # "hello?", "yes, who is it?" …
SHORTEST_S: Final = 0.2  # what is shorter is a click
HELLO_S: Final = 1.0  # a word or two
SHORT_PAUSE_S: Final = 0.5  # … after which this silence is an invitation; what is longer may be a machine taking breath
PAUSE_S: Final = 1.0
MONOLOGUE_S: Final = 5.0  # "good morning, this is …, who is calling please?" takes up to 4.6 s; greetings take 5 to 15
LATE_MONOLOGUE_S: Final = 6.0  # of one who was silent at first, and may be a person with something to say
WATCH_S: Final = 20.0  # from the pick-up: later than that no greeting begins
BEEP_WITHIN_S: Final = 3.0  # after the last word
RECORDS_AFTER_S: Final = 2.5  # of silence, where a beep was not heard
WORDS_S: Final = 1.5  # so long it is waited for what was said; then it counts as not understood
LATE_S: Final = 10.0  # that one who turned out to be a person later is watched
ALIKE: Final = 0.6  # of the words are ours: it was our own voice that came back
LONGEST_GREETING_S: Final = 45.0

LOWEST_HZ: Final = 400.0  # of a tone; what is lower may be a hum
TOP_HZ: Final = 4_000.0  # of a telephone's band
HIGHEST_HZ: Final = 2_000.0  # of a beep
FAX_HZ: Final = 2_100.0  # what a fax or a modem answers with, for three seconds
FAX_S: Final = 1.0
SHORTEST_BEEP_S: Final = 0.12  # of whole frames: 150 ms of sound
LONGEST_BEEP_S: Final = 0.84  # a ringing tone lasts a second
PURITY: Final = 0.78  # of the energy lies in the tone: 0.99 on a clean line, 0.8 with noise 7 dB below
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
    UNSURE = auto()
    """Long words that nobody understood, or a long greeting that nothing follows."""
    SCREENER = auto()
    """It asks who calls, and may ask again."""
    HOLDS = auto()
    """We are to wait for somebody."""
    MENU = auto()
    MACHINE = auto()
    RECORDING = auto()
    """The machine has said all that it has to say."""
    FAX = auto()


class Beep:
    """One steady tone of 150 to 800 ms."""

    def __init__(self) -> None:
        self._frames = self._torn = 0
        self._hz = self._dbfs = 0.0
        self.fax = False
        """One of another kind was heard: that of a fax."""

    @property
    def sounding(self) -> bool:
        """A tone is heard that may be one."""
        return self._frames * FRAME_S >= OPEN_S

    def feed(self, frame: Frame) -> bool:
        """Whether a beep has just ended."""
        tone = _tone(frame)
        if tone is not None and self._frames and abs(tone[0] - self._hz) <= STEADY_HZ and abs(tone[1] - self._dbfs) <= STEADY_DB:
            self._frames, self._torn = self._frames + 1 + self._torn, 0
            self._dbfs = max(self._dbfs, tone[1])  # its first frame may be filled in part only
            self.fax |= self._frames * FRAME_S >= FAX_S and abs(self._hz - FAX_HZ) <= STEADY_HZ
            return False
        if self._frames and not self._torn:  # noise may have torn a frame out of it
            self._torn = 1
            return False
        length_s, hz, self._frames, self._torn = round(self._frames * FRAME_S, 3), self._hz, 0, 0
        if tone is not None:
            self._frames, (self._hz, self._dbfs) = 1, tone
        return SHORTEST_BEEP_S <= length_s <= LONGEST_BEEP_S and hz <= HIGHEST_HZ


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
    return (hz, 10 * float(np.log10(power))) if pure and LOWEST_HZ <= hz <= TOP_HZ else None


class Answerer:
    """Whoever picked up, from the first frame on."""

    def __init__(self, prompt: Callable[[str], Prompted | None], waits: Callable[[str], bool]) -> None:
        """What a text asks of a caller, if it is of the kind that no person says; and whether it only asks for patience."""
        self._prompt, self._asks_patience = prompt, waits
        self.found: Finding | None = None
        """The last finding."""
        self.over_s: float | None = None
        """Somebody has just stopped speaking, who began so long ago: `said` is to tell what it was."""
        self.ours = frozenset[str]()
        """The words that we say, where what comes while we speak is listened to: they may come back."""
        self._beep = Beep()
        self._beeped = False
        self._now_s = 0.0
        self._loud_s = 0.0
        self._began_s: float | None = None
        self._last_s = self._spoke_s = self._since_s = 0.0
        self._found_s = 0.0
        self._asked_s: float | None = None  # when it was asked for the words
        self._text = ""  # what a machine says, as far as it was understood
        self._said = ""
        self._recites = self._replied = False

    @property
    def watched(self) -> bool:
        """It may still prove to be no person."""
        return self.found is not Finding.PERSON or self._now_s < max(WATCH_S, self._found_s + LATE_S)

    def feed(self, frame: Frame, speech: float, *, ours: bool = False) -> Finding | None:
        """What the frame changes; `speech` is its probability of speech. While we speak (`ours`), it may be our own echo."""
        self._now_s = round(self._now_s + FRAME_S, 3)
        self._beeped |= self._beep.feed(frame)
        self._listen(voiced=speech >= SPEECH and not ours and not self._beep.sounding)
        return self._keep(self._judge())

    def said(self, text: str, spoke_s: float | None = None) -> Finding | None:
        """What the words change, of what took so long to say, or was over last; empty ones were not understood."""
        self._asked_s = None
        self._spoke_s = self._spoke_s if spoke_s is None else spoke_s
        words = frozenset(plain(text).split())
        if words and len(words & self.ours) >= ALIKE * len(words):
            return None
        kind = self._prompt(text) or self._prompt(f"{self._said} {text}")  # a pause may have cut a phrase in two
        self._said = "" if kind else text
        return self._keep(self._understood(text, kind))

    def _keep(self, found: Finding | None) -> Finding | None:
        if found is not None:
            self.found, self._found_s = found, self._now_s
        return found

    def _listen(self, *, voiced: bool) -> None:
        self.over_s = None
        self._loud_s = self._loud_s + FRAME_S if voiced else 0.0
        if round(self._loud_s, 3) >= OPEN_S:
            self._began_s = self._now_s - self._loud_s if self._began_s is None else self._began_s
            self._last_s = self._now_s
        elif self._began_s is not None:
            spoke_s = round(self._last_s - self._began_s, 3)
            if round(self._now_s - self._last_s, 3) >= (SHORT_PAUSE_S if spoke_s <= HELLO_S else PAUSE_S):
                began_s, self._began_s = self._began_s, None
                if spoke_s >= SHORTEST_S and self.found is not Finding.PERSON:  # else it is a talk, whose ear tells
                    self._since_s, self._spoke_s, self._asked_s = began_s, spoke_s, self._now_s
                    self.over_s = self._now_s - began_s

    def _judge(self) -> Finding | None:
        if self.found in (Finding.RECORDING, Finding.MENU, Finding.FAX):
            self._beeped = False
            return None
        if self._beep.fax and self.found is not Finding.PERSON:
            return Finding.FAX
        quiet_s = round(self._now_s - self._last_s, 3)
        if self.found is Finding.MACHINE:
            return self._records(quiet_s)
        if self._beeped and self._is_a_machines(quiet_s):
            return Finding.MACHINE
        self._beeped = False
        if self._asked_s is not None and self._now_s >= self._asked_s + WORDS_S:
            return self.said("")
        if self._began_s is None:
            silent = self.found is None and not self._spoke_s and self._now_s >= FIRST_WORD_S
            return Finding.SILENT if silent else None
        return Finding.MACHINE if self._goes_on(round(self._last_s - self._began_s, 3)) else None

    def _is_a_machines(self, quiet_s: float) -> bool:
        """The beep: a screener has one too, and long after a person's word it is something else."""
        if self.found in (Finding.SCREENER, Finding.HOLDS):
            return False
        return self.found is not Finding.PERSON or quiet_s <= BEEP_WITHIN_S

    def _goes_on(self, spoke_s: float) -> bool:
        """As only a machine does, by all appearances."""
        if self.found in (None, Finding.UNSURE):
            return spoke_s >= MONOLOGUE_S
        return self.found is Finding.SILENT and spoke_s >= LATE_MONOLOGUE_S

    def _records(self, quiet_s: float) -> Finding | None:
        if self._beeped or self._now_s >= LONGEST_GREETING_S:
            return Finding.RECORDING
        if quiet_s < RECORDS_AFTER_S or self._beep.sounding or self._asked_s is not None:
            return None
        # It may be a person who talks at length, so it is asked; a machine then records only who called.
        return Finding.RECORDING if self._recites or not self._text else Finding.UNSURE

    def _understood(self, text: str, kind: Prompted | None) -> Finding | None:
        talks = self.found is Finding.PERSON
        match kind:
            case _ if self.found in (Finding.MENU, Finding.FAX):
                return None
            case "screener" if self.found is not Finding.RECORDING:
                return Finding.SCREENER
            case "machine" | "machine_perhaps" | "menu" | "hold" if self.found in (Finding.MACHINE, Finding.RECORDING):
                self._recites = True
                return None
            case "machine":
                self._recites = True
                return Finding.MACHINE
            case "menu":
                return Finding.MENU
            case "hold" if not talks:
                return Finding.HOLDS
            case _ if talks:
                return self._replies(text)
            case _:
                return self._speaks(text)

    def _replies(self, text: str) -> Finding | None:
        """In the talk: long words that are not understood are no person's, unless one was understood before."""
        unclear = not text and self._spoke_s > SHORT_S and not self._replied
        self._replied |= bool(text)
        return Finding.UNSURE if unclear else None

    def _speaks(self, text: str) -> Finding | None:
        """Words as people say them; what began before the last finding belongs to what was found."""
        if self.found not in (None, Finding.SILENT, Finding.MACHINE) and self._since_s < self._found_s:
            return None
        match self.found:
            case None:
                person = self._spoke_s <= SHORT_S or (bool(text) and self._spoke_s < MONOLOGUE_S)
                return Finding.PERSON if person else Finding.UNSURE
            case Finding.MACHINE:
                self._text = self._text or text
                return None
            case Finding.RECORDING:
                return Finding.PERSON if text else None
            case Finding.SCREENER | Finding.HOLDS if self._asks_patience(text):
                return None
            case _:
                return Finding.PERSON if text and self._spoke_s < LATE_MONOLOGUE_S else None
