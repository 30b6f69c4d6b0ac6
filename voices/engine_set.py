"""The synthesisers of this machine: which are ready, which are resting after a failure, and whether any speaks just now."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import anyio
import structlog

from voices.breaker import Breakers
from voices.synthesis import Rendering, SynthesisError, Synthesizer, SynthesizerUnavailable, UnknownVoice

_log = structlog.get_logger(__name__)


class EngineSet:
    """Shared by every Catalogue that is made of one; the preferred engine first."""

    def __init__(self, synthesizers: Sequence[Synthesizer]) -> None:
        self._all = tuple(synthesizers)
        self._cold: set[str] = set()
        self.breakers = Breakers()
        self.speaking = 0
        """Sentences that are being made for calls."""
        self.last_spoke_s = float("-inf")
        self._background: anyio.CancelScope | None = None
        self._ended = anyio.Event()

    @property
    def ready(self) -> dict[str, Synthesizer]:
        return {synthesizer.name: synthesizer for synthesizer in self._all if synthesizer.name not in self._cold}

    async def warm(self) -> None:
        """Warms all engines; one that cannot work is left out until `revive`. Raises SynthesizerUnavailable if none can."""
        reason: SynthesizerUnavailable | None = None
        for synthesizer in self._all:
            try:
                await synthesizer.warm()
            except SynthesizerUnavailable as error:
                _log.warning("voice_engine_unavailable", engine=synthesizer.name, error=str(error))
                self._cold.add(synthesizer.name)
                reason = error
        if not self.ready:
            raise reason or SynthesizerUnavailable("no voice engine is set up")

    async def revive(self) -> None:
        """Tries again to warm the engines that were left out."""
        for synthesizer in self._all:
            if synthesizer.name in self._cold:
                try:
                    await synthesizer.warm()
                except SynthesizerUnavailable:
                    continue  # the log has it since the start
                self._cold.discard(synthesizer.name)
                _log.info("voice_engine_available", engine=synthesizer.name)

    def failed(self, rendering: Rendering, voice: str, error: SynthesisError) -> None:
        """Lets it rest; the log says so once, until it works again."""
        now_s = anyio.current_time()
        if opened := self.breakers.failed(rendering, error, now_s):
            where = f"part `{rendering.engine}` of voices/{rendering.voice}.yaml" if isinstance(error, UnknownVoice) else None
            _log.warning(
                "voice_engine_failed",
                engine=rendering.engine,
                voice=voice,
                code=error.code,
                error=str(error),
                rests_s=opened.rest_s,
                fix=f"correct the {where}" if where else "`pai-voice doctor` tries each engine; calls go on with the next one",
            )

    def worked(self, rendering: Rendering) -> None:
        if self.breakers.worked(rendering):
            _log.info("voice_engine_works_again", engine=rendering.engine, voice=rendering.voice)

    @contextmanager
    def sentence(self) -> Generator[None]:
        """A call's sentence is being made inside: work in the background makes room for it at once."""
        self.speaking += 1
        if self._background is not None:
            self._background.cancel()
        try:
            yield
        finally:
            self.speaking -= 1
            self.last_spoke_s = anyio.current_time()
            self._ended.set()
            self._ended = anyio.Event()

    async def quiet(self, for_s: float) -> None:
        """Until no call's sentence has been made for so long."""
        while self.speaking or anyio.current_time() < self.last_spoke_s + for_s:
            if self.speaking:
                await self._ended.wait()
            else:
                await anyio.sleep_until(self.last_spoke_s + for_s)

    @contextmanager
    def background(self) -> Generator[anyio.CancelScope]:
        """Work that is cancelled as soon as a call's sentence begins."""
        with anyio.CancelScope() as scope:
            self._background = scope
            if self.speaking:
                scope.cancel()
            try:
                yield scope
            finally:
                self._background = None

    async def aclose(self) -> None:
        for synthesizer in self._all:
            await synthesizer.aclose()
