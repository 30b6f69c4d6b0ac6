"""faster-whisper: the ear of this machine."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np

from voices.audio import FRAME_S, FULL_SCALE, RATE, Frame, duration_s, frames, samples, to_pcm
from voices.engine import Engine
from voices.engines import whisper_models
from voices.engines.one_at_a_time import OneAtATime
from voices.engines.whisper_decoder import Decoder, Wave, stretches
from voices.engines.whisper_guard import Segment, believable, doubt
from voices.engines.whisper_packages import SHIPPED
from voices.recognition import Heard, Recognizer, RecognizerFailed, RecognizerUnavailable
from voices.vad import SileroVad

LONGEST_S: Final = 60.0  # what one utterance may hold in memory (2 MB); sound after it is not heard
_SUREST_FRAMES: Final = round(0.2 / FRAME_S)
SHORTEST_S: Final = 0.1  # under this there is no word, and Whisper invents one


class WhisperRecognizer:
    """Hears an utterance when it is over, in 0.1-0.3 s of one core (tiny.en); no partials.

    `model` is a name (`tiny.en`), a repository (`owner/name`) or a folder; nothing is fetched here (see whisper_models).
    Utterances are decoded in a thread, in turn, a window of at most 20 s at a time; one that is given up while it waits costs
    nothing.
    """

    name = "whisper"

    def __init__(
        self, model: str = SHIPPED, *, cache: Path | None = None, device: Literal["auto", "cpu", "cuda"] = "auto"
    ) -> None:
        self._wanted = model
        self._cache = cache
        self._device: Literal["auto", "cpu", "cuda"] = device
        self._turn = OneAtATime()
        self._decoder: Decoder | None = None

    async def warm(self) -> None:
        await self._turn.run(lambda _stopped: self._loaded())

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        said = bytearray()
        async for frame in speech:
            if len(said) < LONGEST_S * RATE * 2:
                said += frame
        # In turn with other utterances, also between the windows of a long one.
        yield self._told([await self._turn.run(partial(self._decode, part, hints)) for part in _parts(bytes(said))])

    def hear(self, pcm: bytes, hints: tuple[str, ...] = ()) -> Heard:
        """As `transcribe`, in the caller's thread. Raises RecognitionError."""
        return self._told(self._decode(part, hints, threading.Event()) for part in _parts(pcm))

    async def aclose(self) -> None:
        self._decoder = None

    def _loaded(self) -> Decoder:
        """In the engine's thread. Raises RecognizerUnavailable."""
        if self._decoder is None:
            folder = whisper_models.find(self._wanted, self._cache)
            if folder is None:
                raise RecognizerUnavailable(_not_here(self._wanted))
            self._decoder = Decoder(folder, self._device)
        return self._decoder

    def _decode(self, sound: Wave, hints: tuple[str, ...], _stopped: threading.Event) -> list[Segment]:
        """In the engine's thread: what was said."""
        decoder = self._loaded()
        try:
            segments = decoder.decode(sound, decoder.prompt(hints))
        except RuntimeError as error:
            raise RecognizerFailed(f"Whisper failed on this utterance: {error}") from error
        if all(believable(segment, 0) for segment in segments):  # nearly always; the detector costs a tenth of the answer's time
            return segments
        speech = _speech(sound)
        return [segment for segment in segments if believable(segment, speech)]

    def _told(self, parts: Iterable[list[Segment]]) -> Heard:
        said = [segment for part in parts for segment in part]
        return Heard(" ".join(segment.text for segment in said), final=True, engine=self.name, doubt=doubt(said))


def _parts(pcm: bytes) -> Iterator[Wave]:
    if duration_s(pcm) >= SHORTEST_S:
        yield from stretches(samples(pcm).astype(np.float32) * np.float32(1 / FULL_SCALE))


def _speech(sound: Wave) -> float:
    """How sure the speech detector is, where it is surest."""
    detector = SileroVad()
    found = sorted(max(detector.feed(frame)) for frame in frames(to_pcm(sound * FULL_SCALE)))[-_SUREST_FRAMES:]
    return sum(found) / len(found)


def _not_here(model: str) -> str:
    return (
        f"Whisper's model {model!r} is not on this machine; the next start with a connection fetches it. Or give the path of a "
        f"folder that holds it, or set `model` in [ears] to {SHIPPED}, which is installed with pai-voice"
    )


ENGINE: Final[Engine[Recognizer]] = Engine(
    "whisper",
    "recognizer",
    lambda settings: WhisperRecognizer(settings.model),
    lambda settings: None if whisper_models.find(settings.model) else _not_here(settings.model),
    fetch=lambda settings: whisper_models.download(settings.model),
)
