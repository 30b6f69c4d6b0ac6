"""A mouth that hums: a tone per voice, as long as the text takes; for rehearsals and benches, in real or virtual time."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncGenerator
from typing import Final

import anyio
import numpy as np

from voices.audio import RATE, to_pcm
from voices.synthesis import Mark, Rendering, Sound, SynthesizerFailed

FAILURE: Final = "¡fail!"
"""A word at which the synthesiser breaks, with what comes before it spoken."""

_PIECE_S: Final = 0.2
_AMPLITUDE: Final = 32_768 * 10 ** ((-20 + 3.01) / 20)  # a sine of -20 dBFS RMS, the house level


class TonesSynthesizer:
    """First sound after `delay_s`, then as fast as it is taken; `char_s` of tone for each character.

    `options: {hz: 220}` sets the pitch; otherwise each voice's id gives it one between 150 and 400 Hz.
    """

    name = "tones"

    def __init__(self, *, delay_s: float = 0.1, char_s: float = 0.06) -> None:
        self._delay_s = delay_s
        self._char_s = char_s

    async def warm(self) -> None:
        """Nothing to load."""

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        spoken, failed, _ = text.partition(FAILURE)
        marks = [Mark(word.start(), word.start() * self._char_s) for word in re.finditer(r"\S+", spoken)]
        hz = float(rendering.options.get("hz", 150 + zlib.crc32(rendering.voice.encode()) % 251))
        pcm = tone(hz, len(spoken.rstrip()) * self._char_s, _AMPLITUDE * 10 ** (rendering.gain_db / 20))
        await anyio.sleep(self._delay_s)
        piece = int(_PIECE_S * RATE) * 2
        for start in range(0, len(pcm), piece):
            from_s, to_s = start / 2 / RATE, (start + piece) / 2 / RATE
            yield Sound(pcm[start : start + piece], tuple(mark for mark in marks if from_s <= mark.at_s < to_s))
        if failed:
            raise SynthesizerFailed("the text says that this sentence fails")

    async def aclose(self) -> None:
        """Nothing to close."""


def tone(hz: float, length_s: float, amplitude: float) -> bytes:
    """A sine with 5 ms of fade at both ends, so that it does not click."""
    count = int(length_s * RATE)
    fade = np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.005 * RATE), 0, 1)
    return to_pcm(amplitude * fade * np.sin(2 * np.pi * hz * np.arange(count) / RATE))
