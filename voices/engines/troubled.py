"""A synthesiser in trouble, for rehearsals and tests: it breaks in mid-sentence in any of the ways that real ones do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Literal

import anyio
import numpy as np

from voices.audio import RATE, to_pcm
from voices.synthesis import Mark, Rendering, Sound, Synthesizer, SynthesizerFailed, UnknownVoice

Trouble = Literal["none", "error", "unknown_voice", "stops", "stalls", "silence", "noise", "odd_bytes"]
TROUBLES: Final[tuple[Trouble, ...]] = ("error", "stops", "stalls", "silence", "noise", "odd_bytes")
"""All that can happen in mid-sentence."""


class Troubled:
    """Another synthesiser up to `after_s` of each sentence's sound, and then its trouble, for as long as `trouble` is set.

    `pace` is how fast sound comes, times real time; 0 is as fast as it is made. Without `marks` it tells nothing of the words.
    """

    def __init__(
        self, inner: Synthesizer, trouble: Trouble = "none", *, after_s: float = 0.0, pace: float = 0.0, marks: bool = True
    ) -> None:
        self._inner, self._after, self._pace, self._marks = inner, round(after_s * RATE), pace, marks
        self.trouble: Trouble = trouble
        self.troubled_s: float | None = None
        """When the latest trouble began, on the loop's clock."""
        self.asked: list[str] = []
        """The texts that it was to speak."""
        self.closed = 0
        """How many of them are over."""

    @property
    def name(self) -> str:
        return self._inner.name

    async def warm(self) -> None:
        await self._inner.warm()

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        self.asked.append(text)
        sent = 0
        try:
            if not self._after:
                async for sound in self._break():
                    yield sound
                if self.trouble != "none":
                    return
            async with aclosing(self._inner.speak(text, rendering)) as sounds:
                async for sound in sounds:
                    broken = self.trouble != "none" and sent + len(sound.pcm) // 2 > self._after
                    pcm = sound.pcm[: 2 * (self._after - sent)] if broken else sound.pcm
                    sent += len(pcm) // 2
                    yield Sound(pcm, self._told(sound.marks, sent), sound.cost_usd)
                    if self._pace:
                        await anyio.sleep(len(pcm) / 2 / RATE / self._pace)
                    if broken:
                        async for one in self._break():
                            yield one
                        return
        finally:
            self.closed += 1

    def _told(self, marks: tuple[Mark, ...], sent: int) -> tuple[Mark, ...]:
        return tuple(mark for mark in marks if mark.at_s * RATE < sent) if self._marks else ()

    async def _break(self) -> AsyncGenerator[Sound, None]:
        if self.trouble != "none":
            self.troubled_s = anyio.current_time()
        match self.trouble:
            case "error":
                raise SynthesizerFailed("it fails, as it was told to")
            case "unknown_voice":
                raise UnknownVoice("it has no such voice, as it was told to")
            case "stalls":
                await anyio.sleep_forever()
            case "silence" | "noise":
                amplitude = 32_767 if self.trouble == "noise" else 0
                noise = np.random.default_rng(1).uniform(-amplitude, amplitude, RATE // 5)
                while True:
                    yield Sound(to_pcm(noise))
                    await anyio.sleep(0.2 / (self._pace or 10))
            case "odd_bytes":
                yield Sound(bytes(641))
            case "stops" | "none":
                pass

    async def aclose(self) -> None:
        await self._inner.aclose()
