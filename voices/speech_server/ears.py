"""Transcription by faster-whisper, on the same GPU as the voice where there is one."""

from __future__ import annotations

import io
from functools import partial
from typing import Any, Final

import anyio
import structlog
from anyio import to_thread

from voices.speech_server.model import BadRequest, NotReady, QueueFull

_log = structlog.get_logger(__name__)
_LONGEST_S: Final = 600  # of sound in one upload: 40 MB when decoded
_LONGEST_QUEUE: Final = 16


class Ears:
    """One Whisper model, loaded with the first request or by `warm`; one upload at a time, in order."""

    def __init__(self, model: str, device: str = "auto") -> None:
        self._name, self._device = model, device
        self._model: Any = None
        self._turn = anyio.Lock()
        self._waiting = 0

    async def warm(self) -> None:
        """Raises NotReady when the model cannot be loaded."""
        async with self._turn:
            await to_thread.run_sync(self._load)

    async def transcribe(self, content: bytes, *, prompt: str = "", language: str = "") -> str:
        """The text of a sound file. Raises BadRequest, QueueFull, NotReady."""
        if self._waiting >= _LONGEST_QUEUE:
            raise QueueFull(f"{self._waiting} uploads wait already; try again when some of them are done")
        self._waiting += 1
        try:
            async with self._turn:
                return await to_thread.run_sync(partial(self._transcribe, content, prompt, language))
        finally:
            self._waiting -= 1

    def _load(self) -> Any:
        if self._model is None:
            try:
                from faster_whisper import WhisperModel

                self._model = WhisperModel(self._name, device=self._device)
            except Exception as error:  # CTranslate2 and the hub's client: nothing but Exception is common to them
                raise NotReady(f"Whisper's model {self._name!r} cannot be loaded: {error}") from error
            _log.info("ears_loaded", model=self._name)
        return self._model

    def _transcribe(self, content: bytes, prompt: str, language: str) -> str:
        model = self._load()
        _check(content)
        try:
            segments, _ = model.transcribe(
                io.BytesIO(content),
                language=language or None,
                beam_size=1,
                temperature=0.0,  # one number: no ladder of up to six more decodings
                condition_on_previous_text=False,
                without_timestamps=True,
                initial_prompt=prompt or None,
            )
            return " ".join(segment.text.strip() for segment in segments)
        except ValueError as error:  # a language that it does not know
            raise BadRequest(str(error), "language") from error


def _check(content: bytes) -> None:
    """Before it is decoded: a small file can hold days of sound. Raises BadRequest."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(content), "r") as file:
            length_s = (file.duration or 0) / 1_000_000
    except (FFmpegError, ValueError) as error:
        raise BadRequest(f"this is no sound file that can be read: {error}", "file") from error
    if not 0 < length_s <= _LONGEST_S:
        raise BadRequest(f"the sound has {length_s:g} s; it may have {_LONGEST_S}", "file")
