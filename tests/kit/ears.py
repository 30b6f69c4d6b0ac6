"""The shipped recogniser, loaded once for all tests of a process, and sound for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Final

import anyio

from voices.audio import RATE, Frame, frames
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Heard, Recognizer

HINTS: Final = ("Kai", "Architect", "Engineer", "Researcher", "Serena", "Marcus", "Ava")


@cache
def whisper() -> WhisperRecognizer:
    """Not to be closed."""
    return WhisperRecognizer(device="cpu")


async def speech(pcm: bytes, *, then: anyio.Event | None = None) -> AsyncIterator[Frame]:
    """All at once, and then nothing until `then` is set."""
    for frame in frames(pcm):
        yield frame
    if then:
        await then.wait()


async def hear(recognizer: Recognizer, pcm: bytes, *hints: str) -> list[Heard]:
    return [heard async for heard in recognizer.transcribe(speech(pcm), hints=hints)]


def padded(pcm: bytes, lead_s: float = 0.3, after_s: float = 0.1) -> bytes:
    """With silence around it, as a call cuts speech out."""
    return bytes(2 * int(lead_s * RATE)) + pcm + bytes(2 * int(after_s * RATE))


def words(text: str) -> str:
    """As recognisers of all kinds write it, so that two texts can be compared."""
    kept = "".join(char if char.isalnum() or char.isspace() else "" for char in text.lower())
    return " ".join(kept.split()).replace("good bye", "goodbye")
