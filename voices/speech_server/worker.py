"""The one model of the server: loaded once, asked for one sentence at a time, in the order in which they came."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import anyio
import numpy as np
import structlog
from anyio import to_thread

from voices.audio import FULL_SCALE, speech_level_dbfs, to_pcm
from voices.beside import beside
from voices.speech_server.conditionals import ConditionalsCache
from voices.speech_server.model import NotReady, QueueFull, SentenceFailed, ServerError, Sound, SpeechModel, Style
from voices.speech_server.shelf import ServedVoice, Shelf

_log = structlog.get_logger(__name__)
T = TypeVar("T")

_WARM_UP: Final = "Hello, this is the speech server."
_HOUSE_DBFS: Final = -20.0  # every voice at the level of all others
_MOST_GAIN_DB: Final = 20.0
_HIGHEST_PEAK: Final = 0.89


class Worker:
    """Loads the model when `run` starts, and again when a sentence comes after it was freed.

    A sentence waits its turn behind those that came before; cancelling takes it out of the queue, or stops the model soon.
    """

    def __init__(
        self,
        load: Callable[[], SpeechModel],
        shelf: Shelf,
        cache: ConditionalsCache,
        *,
        idle_s: float | None = None,
        longest_queue: int = 32,
    ) -> None:
        self._load, self.shelf, self._cache = load, shelf, cache
        self._idle_s, self._longest_queue = idle_s, longest_queue
        self._turn = anyio.Lock()  # first come, first served
        self._model: SpeechModel | None = None
        self._used_at, self._spoke = 0.0, anyio.Event()
        self.waiting = 0
        """Sentences in the queue, the one in the making included."""
        self.ready = anyio.Event()

    @property
    def model(self) -> SpeechModel | None:
        """The model while it is loaded."""
        return self._model

    async def run(self) -> None:
        """Warm up, say that it is ready, then free the model whenever nobody has spoken for `idle_s`. Ends when cancelled.

        Raises NotReady when the model cannot be loaded.
        """
        async with self._turn:
            await self._in_thread(self._warm)
        self._used_at = anyio.current_time()
        self.ready.set()
        while self._idle_s is not None:
            await anyio.sleep_until(self._used_at + self._idle_s)
            async with self._turn:
                if anyio.current_time() >= self._used_at + self._idle_s:
                    self._spoke = anyio.Event()
                    await self._in_thread(self._free)
            await self._spoke.wait()
        await anyio.sleep_forever()

    async def speak(self, text: str, voice: ServedVoice, style: Style) -> tuple[bytes, int]:
        """One sentence as s16 mono PCM at the house level, and its rate.

        Raises NotReady, QueueFull, BadRequest, SentenceFailed.
        """
        if not self.ready.is_set():
            raise NotReady("the model is loading; /health says when it is ready")
        if self.waiting >= self._longest_queue:
            raise QueueFull(f"{self.waiting} sentences wait already; try again when some of them are done")
        self.waiting += 1
        try:
            async with self._turn:
                return await self._in_thread(partial(self._say, text, voice, style))
        finally:
            self.waiting -= 1
            self._used_at = anyio.current_time()
            self._spoke.set()

    async def _in_thread(self, work: Callable[[threading.Event], T]) -> T:
        """Cancelling sets the event, and waits until the thread has ended: the model is never used by two."""
        stopped = threading.Event()
        done: list[T] = []
        async with beside() as tasks:
            tasks.start_soon(_when_cancelled, stopped.set)
            done.append(await to_thread.run_sync(work, stopped))
        return done[0]

    # --- in the worker's thread ---------------------------------------------------------------------------------------

    def _warm(self, stopped: threading.Event) -> None:
        model = self._loaded()
        usable: list[ServedVoice] = []
        for voice in self.shelf.voices().values():
            if stopped.is_set():
                return
            try:
                self._cache.of(voice.clip, model)
                usable.append(voice)
            except (ServerError, OSError) as error:
                _log.warning("voice_cannot_be_used", voice=voice.id, error=str(error))
        # The first sentence takes many seconds (kernels, the watermark), so that a caller must not be the one to ask for it.
        if usable:
            model.speak(_WARM_UP, self._cache.of(usable[0].clip, model), usable[0].style, stopped)
        else:
            _log.warning("no_voices", fix="give a voice a clip: engines.chatterbox.clip in its file")

    def _say(self, text: str, voice: ServedVoice, style: Style, stopped: threading.Event) -> tuple[bytes, int]:
        model = self._loaded()
        try:
            conditionals = self._cache.of(voice.clip, model)
        except OSError as error:
            raise SentenceFailed(f"the clip of {voice.id!r} cannot be read: {error}") from error
        return at_house_level(model.speak(text, conditionals, style, stopped)), model.rate

    def _loaded(self) -> SpeechModel:
        if self._model is None:
            try:
                self._model = self._load()
            except Exception as error:  # torch, CUDA and the model's own code: nothing but Exception is common to them
                raise NotReady(f"the model cannot be loaded: {error}") from error
            _log.info("model_loaded", model=self._model.key, device=self._model.device)
        return self._model

    def _free(self, _stopped: threading.Event) -> None:
        if self._model:
            self._model.close()
            self._model = None
            self._cache.forget()
            gc.collect()
            _log.info("model_freed", idle_s=self._idle_s)


async def _when_cancelled(then: Callable[[], None]) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        then()


def at_house_level(sound: Sound) -> bytes:
    """As s16 PCM at -20 dBFS while speaking, peaks under full scale; silence stays silence."""
    pcm = to_pcm(sound * FULL_SCALE)
    level, peak = speech_level_dbfs(pcm), float(np.abs(sound).max(initial=0.0))
    if level < -60 or not peak:
        return pcm
    gain = 10 ** (min(_MOST_GAIN_DB, max(-_MOST_GAIN_DB, _HOUSE_DBFS - level)) / 20)
    return to_pcm(sound * (min(gain, _HIGHEST_PEAK / peak) * FULL_SCALE))
