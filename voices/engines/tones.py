"""A mouth that hums: a tone per voice, as long as the text takes; for rehearsals and benches, in real or virtual time."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncGenerator
from functools import lru_cache
from typing import Final

import anyio
import numpy as np

from voices.audio import RATE, to_pcm
from voices.synthesis import Mark, Rendering, Sound, SynthesizerFailed

_PIECE_S: Final = 0.2
_AMPLITUDE: Final = 32_768 * 10 ** ((-20 + 3.01) / 20)  # a sine of -20 dBFS RMS, the house level


class TonesSynthesizer:
    """First sound after `delay_s`, then as fast as it is taken; `char_s` of tone for each character.

    `options: {hz: 220}` sets the pitch; otherwise each voice's id gives it one between 150 and 400 Hz. With `breaks_after_s` it
    fails when it has given that much of a sentence.
    """

    def __init__(
        self, *, name: str = "tones", delay_s: float = 0.1, char_s: float = 0.06, breaks_after_s: float | None = None
    ) -> None:
        self._name = name
        self._delay_s = delay_s
        self._char_s = char_s
        self._breaks_after_s = breaks_after_s

    @property
    def name(self) -> str:
        return self._name

    async def warm(self) -> None:
        """Nothing to load."""

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        marks = [Mark(word.start(), word.start() * self._char_s) for word in re.finditer(r"\S+", text)]
        hz = float(rendering.options.get("hz", 150 + zlib.crc32(rendering.voice.encode()) % 251))
        pcm = tone(hz, len(text.rstrip()) * self._char_s, _AMPLITUDE * 10 ** (rendering.gain_db / 20))
        await anyio.sleep(self._delay_s)
        piece = int(_PIECE_S * RATE) * 2
        for start in range(0, len(pcm), piece):
            from_s, to_s = start / 2 / RATE, (start + piece) / 2 / RATE
            if self._breaks_after_s is not None and from_s >= self._breaks_after_s:
                raise SynthesizerFailed(f"the tones break after {self._breaks_after_s:g} s, as they were told to")
            yield Sound(pcm[start : start + piece], tuple(mark for mark in marks if from_s <= mark.at_s < to_s))

    async def aclose(self) -> None:
        """Nothing to close."""


@lru_cache(32)  # a load test hums the same sentences again and again, and is not to measure this
def tone(hz: float, length_s: float, amplitude: float) -> bytes:
    """A sine with 5 ms of fade at both ends, so that it does not click."""
    count = int(length_s * RATE)
    fade = np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.005 * RATE), 0, 1)
    return to_pcm(amplitude * fade * np.sin(2 * np.pi * hz * np.arange(count) / RATE))
