"""The caller of a rehearsed call, and ears that know what he said.

Every frame of his speech carries its number in its first samples, so whatever line, pauses and interruptions do to it, the words
that are heard are those whose sound arrived.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import anyio
import numpy as np

from telephony.rehearsal import RehearsalLine
from voices.audio import Frame, duration_s, frames, read_wav, samples
from voices.engines.scripted import FAILURE
from voices.engines.tones import tone
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Heard, RecognizerFailed

CHAR_S: Final = 0.04  # as brisk as the voices
SHORTEST_S: Final = 0.6  # a single word; less could be taken for a cough
RECOGNITION_S: Final = 0.15
_HZ, _AMPLITUDE = 200, 6_000
_MARK: Final = 12_345  # a numbered frame begins with this sample
_BASE: Final = 30_000


class Caller:
    """Speaks and is silent on the line; a Recognizer, too, for what he says."""

    name = "rehearsed"

    def __init__(self, line: RehearsalLine, hints: tuple[str, ...] = (), *, char_s: float = CHAR_S) -> None:
        """`char_s`: how long each character of a text takes."""
        self._line, self._hints, self._char_s = line, hints, char_s
        self._words: list[str] = []
        """By a frame's number: the word that ends with it, or nothing."""

    def say(self, what: str | Path, heard_as: str | None = None) -> float:
        """A text, hummed for as long as it takes, or a wav; `heard_as` is what a recogniser makes of it (FAILURE: it fails).

        Without `heard_as` Whisper hears the wav, which takes a second. Returns how long it lasts. Raises AudioError.
        """
        if isinstance(what, str) and not what.endswith(".wav"):
            return self.hum(what, heard_as)
        pcm, words = listened(Path(what).absolute(), None if heard_as is not None else self._hints)
        return self._speak(pcm, words if heard_as is None else heard_as)

    def hum(self, text: str, heard_as: str | None = None) -> float:
        """As `say`, whatever the text looks like."""
        pcm = tone(_HZ, max(SHORTEST_S, self._char_s * len(text)), _AMPLITUDE)
        return self._speak(pcm, text if heard_as is None else heard_as)

    def cough(self, seconds: float) -> float:
        """A sound without words."""
        return self._speak(tone(_HZ, seconds, _AMPLITUDE), "")

    def _speak(self, pcm: bytes, text: str) -> float:
        sounds, words = list(frames(pcm)), text.split()
        for at, sound in enumerate(sounds):
            first, last = (len(words) * edge // len(sounds) for edge in (at, at + 1))
            self._line.say(_numbered(sound, len(self._words)))
            self._words.append(" ".join(words[first:last]))
        return duration_s(pcm)

    async def warm(self) -> None:
        """Nothing to load."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        heard = [self._words[number] async for frame in speech if (number := _number(frame)) is not None]
        await anyio.sleep(RECOGNITION_S)
        text = " ".join(word for word in heard if word)
        if FAILURE in text.split():
            raise RecognizerFailed("the rehearsal says that this is not understood")
        yield Heard(text, final=True, engine=self.name)

    async def aclose(self) -> None:
        """Nothing to close."""


def _numbered(frame: Frame, number: int) -> Frame:
    mark = np.array([_MARK, number // _BASE, number % _BASE], "<i2").tobytes()
    return Frame(mark + frame[len(mark) :])


def _number(frame: Frame) -> int | None:
    mark, high, low = (int(sample) for sample in samples(frame[:6]))
    return high * _BASE + low if mark == _MARK else None


@lru_cache(64)
def listened(wav: Path, hints: tuple[str, ...] | None) -> tuple[bytes, str]:
    """The recording's sound, and (given hints) its words."""
    pcm = read_wav(wav)
    if hints is None:
        return pcm, ""
    return pcm, _ear().hear(pcm, hints).text


@lru_cache(1)
def _ear() -> WhisperRecognizer:
    """In the caller's own thread, for a rehearsal's clock is virtual."""
    return WhisperRecognizer()
