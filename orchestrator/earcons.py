"""Small sounds that say what words would be too long for: connected, heard you, on hold, back. Composed, and no clock.

They lie over whatever else is heard and delay nothing, and they are so soft that nobody takes them for speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field

from agents.strict import Strict
from voices.audio import FRAME_SAMPLES, FULL_SCALE, RATE

EARCON_DBFS: Final = -32.0  # of the loudest frame: 12 dB under speech, and over music still under what is taken for speech
NOTE_S: Final = 0.06  # two of them, and the second one rings on for a frame
ATTACK_S: Final = 0.006
DECAY_S: Final = 0.03
OCTAVE: Final = 0.25  # how much of the note above sounds with each note
E5, A5, B5, E6 = 659.3, 880.0, 987.8, 1_318.5

Wave = npt.NDArray[np.float32]


class Earcon(StrEnum):
    """Each with its name in the settings and in the journal."""

    CONNECTED = "connected"
    HEARD = "heard"
    ON_HOLD = "on_hold"
    BACK = "back"


NOTES_HZ: Final = {Earcon.CONNECTED: (A5, E6), Earcon.HEARD: (B5,), Earcon.ON_HOLD: (A5, E5), Earcon.BACK: (E5, A5)}


class EarconSettings(Strict):
    connected: bool = Field(default=True, description="A rising sound as your call is answered.")
    heard: bool = Field(default=False, description="A tick when you have been heard out, and the answer is on its way.")
    on_hold: bool = Field(default=True, description="A falling sound as the hold begins.")
    back: bool = Field(default=True, description="A rising sound as the hold ends, and somebody speaks to you again.")


@dataclass(frozen=True, slots=True)
class Place:
    """A frame of an earcon."""

    earcon: Earcon
    frame: int = 0


class Earcons:
    """One at a time; `place` is the frame that comes next, and can be set back."""

    def __init__(self, settings: EarconSettings | None = None) -> None:
        self._settings = settings or EarconSettings()
        self.place: Place | None = None

    def play(self, earcon: Earcon) -> None:
        """From the next frame on, unless it is switched off."""
        if getattr(self._settings, earcon):
            self.place = Place(earcon)

    def next(self) -> Wave | None:
        """The next 320 samples, in 16-bit units; None where nothing sounds."""
        place = self.place
        if place is None:
            return None
        sound = composed(place.earcon)
        self.place = Place(place.earcon, place.frame + 1) if place.frame + 1 < len(sound) else None
        return sound[place.frame]


@cache
def composed(earcon: Earcon) -> Wave:
    """Its frames, a row each; it begins and ends in silence."""
    notes = NOTES_HZ[earcon]
    length = int(NOTE_S * RATE)
    sound = np.zeros((len(notes) * length // FRAME_SAMPLES + 1) * FRAME_SAMPLES)
    for number, hz in enumerate(notes):
        rest = sound[number * length :]
        rest += _note(hz, rest.size)
    rows = sound.reshape(-1, FRAME_SAMPLES)
    loudest = np.sqrt((rows**2).mean(axis=1)).max()
    return (rows * (FULL_SCALE * 10 ** (EARCON_DBFS / 20) / loudest)).astype(np.float32)


def _note(hz: float, samples: int) -> npt.NDArray[np.float64]:
    """A soft bell that has died away by then."""
    at_s = np.arange(samples) / RATE
    ring = np.sin(2 * np.pi * hz * at_s) + OCTAVE * np.sin(4 * np.pi * hz * at_s)
    swell = np.minimum(at_s / ATTACK_S, 1.0) * np.exp(-at_s / DECAY_S)
    return ring * swell * np.minimum((samples / RATE - at_s) / ATTACK_S, 1.0)
