"""What an answering machine says into a phone: its greeting, a beep, and then nothing; it records whoever speaks. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from telephony.caller import Manners, Utterance
from voices.audio import RATE, to_pcm

PAUSE_S: Final = 0.7  # between greeting and beep
BEEP_HZ: Final = 1_000.0
BEEP_S: Final = 0.4
BEEP_AMPLITUDE: Final = 6_000.0
RECORDS: Final = Manners(leave_after_s=3.0, patience_s=60.0)
"""It hangs up when whoever spoke to it has been quiet for a while, or nobody ever speaks."""


def beep(hz: float = BEEP_HZ, seconds: float = BEEP_S) -> bytes:
    at = np.arange(round(seconds * RATE)) / RATE
    return to_pcm(BEEP_AMPLITUDE * np.sin(2 * np.pi * hz * at))


def greets(greeting: bytes) -> bytes:
    """All that it says, from the pick-up on; 16 kHz mono s16."""
    return greeting + bytes(2 * round(PAUSE_S * RATE)) + beep()


def plan(greeting: bytes) -> tuple[Utterance, ...]:
    """For `telephony.dial.pick_up`, with the manners `RECORDS`."""
    return (Utterance(greets(greeting), unasked=True),)
