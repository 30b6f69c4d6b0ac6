"""faster-whisper: the good ear, for machines that have its model."""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import structlog

from voices.audio import FULL_SCALE, RATE, Frame, samples, speech_level_dbfs
from voices.engines.one_at_a_time import OneAtATime
from voices.engines.whisper_models import find
from voices.recognition import Heard, RecognizerFailed, RecognizerUnavailable

_log = structlog.get_logger(__name__)

LONGEST_S: Final = 60.0  # what one utterance may hold in memory (2 MB); sound after it is not heard
SHORTEST_S: Final = 0.1  # under this there is no word, and Whisper invents one

# Whisper was trained on subtitles, and writes their boilerplate when it hears noise.
_BOILERPLATE: Final = frozenset(
    ("thank you", "thanks for watching", "thank you for watching", "thank you very much", "please subscribe", "bye", "you", "so",
     "subtitles by the amaraorg community", "like and subscribe", "see you next time", "the end")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, with what the model thinks of it."""

    text: str
    no_speech: float
    """Probability that nobody speaks."""
    mean_log: float
    """Mean log probability of a token."""
    compression: float
    """How well it compresses: above 2.4 it repeats itself."""


def believable(segment: Segment, level_dbfs: float, prompt: str = "") -> bool:
    """Is it something that was said, rather than what Whisper makes of noise? `level_dbfs` is the utterance's."""
    words = "".join(char for char in segment.text.lower() if char.isalnum() or char.isspace()).strip()
    if not words or (segment.no_speech > 0.6 and segment.mean_log < -1) or segment.compression > 2.4:
        return False
    # Silence makes it repeat what it was told to expect.
    if prompt and segment.text.strip(" .") == prompt.strip(" ."):
        return False
    return words not in _BOILERPLATE or (segment.no_speech <= 0.06 and level_dbfs > -50)


def doubt(segments: list[Segment]) -> float:
    """0 when every token was certain, towards 1 when they were guesses; the worst stretch counts."""
    return max((1 - math.exp(min(0.0, segment.mean_log)) for segment in segments), default=0.0)


class WhisperRecognizer:
    """Greedy, without timestamps or fallbacks, so an utterance costs one encoding and one decoding; no partials.

    `model` is a short name (`base.en`), a repository (`owner/name`) or a folder; nothing is fetched here (see whisper_models).
    CUDA is used where it works. Utterances are decoded in a thread, one after the other; one that is given up while it waits
    costs nothing.
    """

    name = "whisper"

    def __init__(
        self,
        model: str = "base.en",
        *,
        cache: Path | None = None,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        cpu_threads: int = 0,
        language: str = "en",
    ) -> None:
        self._wanted = model
        self._cache = cache
        self._device = device
        self._cpu_threads = cpu_threads
        self._language = language
        self._turn = OneAtATime()
        self._model: Any = None

    async def warm(self) -> None:
        await self._turn.run(lambda _stopped: self._load())

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        said = bytearray()
        async for frame in speech:
            if len(said) < LONGEST_S * RATE * 2:
                said += frame
        if len(said) / 2 / RATE < SHORTEST_S:
            yield Heard("", final=True, engine=self.name)
            return
        prompt = f"Names: {', '.join(hints)}." if hints else ""
        segments = await self._turn.run(partial(self._decode, bytes(said), prompt))
        text = " ".join(segment.text.strip() for segment in segments)
        yield Heard(text, final=True, engine=self.name, doubt=doubt(segments))

    async def aclose(self) -> None:
        self._model = None

    def _load(self) -> Any:
        """In the engine's thread. Raises RecognizerUnavailable."""
        if self._model is None:
            folder = find(self._wanted, self._cache)
            if folder is None:
                raise RecognizerUnavailable(
                    f"Whisper's model {self._wanted!r} is not on this machine; it is fetched at the first start with "
                    "a connection, or give the path of a folder that holds it"
                )
            self._model = self._open(folder)
        return self._model

    def _open(self, folder: Path) -> Any:
        import ctranslate2
        from faster_whisper import WhisperModel

        devices = [self._device]
        if self._device == "auto":
            devices = ["cuda", "cpu"] if ctranslate2.get_cuda_device_count() else ["cpu"]
        reason: Exception | None = None
        for device in devices:
            try:
                model = WhisperModel(
                    str(folder),
                    device=device,
                    compute_type="int8" if device == "cpu" else "float16",
                    cpu_threads=self._cpu_threads,
                    local_files_only=True,
                )
                # The CUDA libraries are opened by the first encoding, and may be missing.
                self._transcribe(model, np.random.default_rng(0).normal(0, 0.01, RATE).astype(np.float32), None)
            except (RuntimeError, ValueError, OSError) as error:
                _log.warning("whisper_cannot_use", device=device, folder=str(folder), error=str(error))
                reason = error
            else:
                return model
        raise RecognizerUnavailable(f"faster-whisper cannot use the model in {folder}: {reason}") from reason

    def _decode(self, pcm: bytes, prompt: str, stopped: threading.Event) -> list[Segment]:
        """In the engine's thread."""
        model = self._load()
        try:
            segments = self._transcribe(model, samples(pcm).astype(np.float32) * np.float32(1 / FULL_SCALE), prompt or None)
        except RuntimeError as error:
            raise RecognizerFailed(f"Whisper failed on this utterance: {error}") from error
        level = speech_level_dbfs(pcm)
        return [segment for segment in segments if believable(segment, level, prompt)]

    def _transcribe(self, model: Any, sound: npt.NDArray[np.float32], prompt: str | None) -> list[Segment]:
        segments, _ = model.transcribe(
            sound,
            language=self._language,
            task="transcribe",
            beam_size=1,
            temperature=0.0,  # one number: no ladder of up to six more decodings
            condition_on_previous_text=False,
            without_timestamps=True,
            vad_filter=False,  # the call has its own
            initial_prompt=prompt,
            max_new_tokens=128,
            no_speech_threshold=None,  # `believable` decides
        )
        return [Segment(s.text, s.no_speech_prob, s.avg_logprob, s.compression_ratio) for s in segments]
