"""Voices by name: which engines can say a sentence, and what need not be said twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

import anyio
from anyio import to_thread

from voices.engine_set import EngineSet
from voices.inventory import choose_synthesizers
from voices.line_cache import LineCache, LineKey
from voices.patience import Patience
from voices.relay import Able, Charge, Fallback, Relay, tags_of
from voices.rendering_order import CALLER, Nearest, by_language, renderings_of
from voices.said_before import SaidBefore
from voices.settings import VoiceSettings
from voices.spoken_form import SpokenWords, load_pronunciation
from voices.synthesis import NOTHING, Rendering, Sound, SynthesisError, Synthesizer, UnknownVoice
from voices.voice import Voice, load_voices
from voices.wording import Words, as_written

NOTHING_KNOWN: Final[Mapping[str, str]] = MappingProxyType({})
_QUIET_S: Final = 1.0  # after a call's sentence, before a fixed line is made

__all__ = ["CALLER", "Catalogue", "Charge", "Fallback", "Sound", "spoken"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a fixed line."""

    size: int
    """Bytes on disk."""
    usd: Decimal = NOTHING
    done: bool = False
    """It is kept, or is not to be; False if it is worth another try."""
    new: bool = False


class Catalogue:
    """All voices on all engines of this machine, the preferred engine first."""

    def __init__(
        self,
        voices: Mapping[str, Voice],
        synthesizers: Sequence[Synthesizer],
        *,
        patience: Patience | None = None,
        cache_bytes: int = 8_000_000,
        words: Words = as_written,
        nearest: Nearest = by_language,
        aligns: bool = False,
        lines: LineCache | None = None,
        stamps: Mapping[str, str] = NOTHING_KNOWN,
    ) -> None:
        """`words` makes the text that engines get; `nearest` ranks the voices that stand in for one.

        With `aligns`, what an engine without marks has said when it fails is found out by comparing it with the last engine's
        sound, in a thread; else it is estimated. `lines` keeps what `prepare` makes; `stamps` has each engine's version and
        settings, on which that sound depends.
        """
        self._aligns, self._lines, self._stamps = aligns, lines, stamps
        self._voices = voices
        self._engines = EngineSet(synthesizers)
        self._patience = patience or Patience()
        self._cache_bytes, self._words, self._nearest = cache_bytes, words, nearest
        self._said = SaidBefore(cache_bytes)

    def with_voices(self, voices: Mapping[str, Voice], words: Words | None = None) -> Catalogue:
        """Other voices, and other words if given, on the same engines, which stay as warm as they are.

        To close one of the two is to close both. This one, with all that it has said already, if nothing differs.
        """
        words = words or self._words
        if voices == self._voices and words == self._words:
            return self
        self._engines.breakers.forget_voices()
        other = copy(self)
        other._voices, other._words, other._said = voices, words, SaidBefore(self._cache_bytes)
        return other

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of those that can speak, the preferred one first."""
        return tuple(self._engines.ready)

    async def warm(self) -> None:
        """Warms every engine and leaves out those that cannot speak. Raises SynthesizerUnavailable if none can."""
        await self._engines.warm()

    async def revive(self) -> None:
        """Tries the engines again that `warm` left out: their server may be up by now."""
        await self._engines.revive()

    def renderings(self, voice: str) -> tuple[tuple[Synthesizer, Rendering], ...]:
        """How a voice can be spoken here, best first. Raises UnknownVoice with a suggestion."""
        if voice not in self._voices:
            near = get_close_matches(voice, self._voices, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(self._voices))}"
            raise UnknownVoice(f"there is no voice {voice!r}; {hint}")
        ready = self._engines.ready
        able = renderings_of(self._voices[voice], self._voices, tuple(ready), self._nearest)
        if not able:
            raise UnknownVoice(f"no voice has a part for any of these engines: {', '.join(ready)}")
        return tuple((ready[rendering.engine], rendering) for rendering in able)

    async def speak(self, text: str, voice: str) -> AsyncGenerator[Sound | Fallback | Charge, None]:
        """One sentence, in pieces as they become ready; marks count from the whole sentence's start.

        An engine that fails, is silent for too long or gives no speech hands over to the next one at the first word that was not
        said in full: nothing is lost, nothing said twice. It rests then, and sentences go to the next one at once.
        Raises UnknownVoice, and the last engine's SynthesisError when none is left.
        """
        able = self.renderings(voice)
        if kept := self._said.get(voice, text) or await self._kept(text, able):
            self._said.put(voice, text, kept)
            yield kept
            return
        relay = Relay(self._engines, self._patience, self._words, text, voice, aligns=self._aligns)
        parts: list[Sound] = []
        with self._engines.sentence():
            async with aclosing(relay.run(able)) as sounds:
                async for part in sounds:
                    if isinstance(part, Sound):
                        parts.append(part)
                    yield part
        if relay.by_the_first:
            self._said.put(voice, text, _joined(parts))

    @property
    def lines_bytes(self) -> int:
        """Room on disk for all fixed lines together."""
        return self._lines.limit_bytes if self._lines else 0

    async def prepare(self, text: str, voice: str) -> Prepared:
        """Makes a fixed line and keeps it on disk, unless it is there, while no call's sentence is being made.

        One that begins meanwhile stops it. Without `lines` nothing is done. Raises UnknownVoice.
        """
        able = self.renderings(voice)[:1]
        key = self._key(text, able)
        if self._lines is None or self._lines.size(key):
            return Prepared(self._lines.size(key) if self._lines else 0, done=True)
        await self._engines.quiet(_QUIET_S)
        if self._engines.breakers.open(able[0][1], anyio.current_time()):
            return Prepared(0)
        relay = Relay(self._engines, self._patience, self._words, text, voice)
        parts: list[Sound] = []
        usd = NOTHING
        with self._engines.background(), suppress(SynthesisError):
            async with aclosing(relay.run(able)) as sounds:
                async for part in sounds:
                    if isinstance(part, Sound):
                        parts.append(part)
                    elif isinstance(part, Charge):
                        usd += part.usd
        if relay.by_the_first:
            await self._lines.put(key, _joined(parts))
        return Prepared(self._lines.size(key), usd, done=relay.by_the_first, new=relay.by_the_first)

    async def _kept(self, text: str, able: Able) -> Sound | None:
        return await self._lines.get(self._key(text, able)) if self._lines else None

    def _key(self, text: str, able: Able) -> LineKey:
        rendering = able[0][1]
        spoken = self._words(text, rendering.language, tags_of(rendering.engine)).text
        return LineKey(text, spoken, rendering, self._stamps.get(rendering.engine, ""))

    async def aclose(self) -> None:
        await self._engines.aclose()


def _joined(parts: Sequence[Sound]) -> Sound:
    return Sound(b"".join(part.pcm for part in parts), tuple(mark for part in parts for mark in part.marks))


async def spoken(text: str, voice: str = CALLER) -> bytes:
    """A text as 16 kHz PCM, with the best engine of this machine: for callers that are made. Raises SynthesisError."""
    words = SpokenWords(await to_thread.run_sync(load_pronunciation))
    catalogue = Catalogue(await to_thread.run_sync(load_voices), choose_synthesizers(VoiceSettings())[0], words=words)
    await catalogue.warm()
    try:
        return b"".join([part.pcm async for part in catalogue.speak(text, voice) if isinstance(part, Sound)])
    finally:
        await catalogue.aclose()
