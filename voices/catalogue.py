"""Voices by name: which engine says a sentence, who steps in when it fails, and what need not be said twice."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zlib import crc32

import anyio
import structlog
from anyio import to_thread

from voices.audio import RATE, duration_s
from voices.inventory import choose_synthesizers
from voices.settings import VoiceSettings
from voices.synthesis import (
    Mark,
    Rendering,
    Sound,
    SynthesisError,
    Synthesizer,
    SynthesizerFailed,
    SynthesizerUnavailable,
    UnknownVoice,
)
from voices.voice import Voice, load_voices

_log = structlog.get_logger(__name__)

CALLER: Final = "caller"
"""The voice of callers that are made; no agent has it."""
_CHARS_A_SECOND: Final = 14.0  # where an engine without marks is in its text
_LONGEST_CACHED_S: Final = 10.0  # lines that come again (greetings, fillers) are short


@dataclass(frozen=True, slots=True)
class Fallback:
    """`engine` gave up; another one says the text from `char` on. Words before it were said in full."""

    engine: str
    error: SynthesisError
    char: int


class Catalogue:
    """All voices on all engines of this machine, the preferred engine first."""

    def __init__(
        self,
        voices: Mapping[str, Voice],
        synthesizers: Sequence[Synthesizer],
        *,
        patience_s: float = 3.0,
        cache_bytes: int = 8_000_000,
    ) -> None:
        self._voices = voices
        self._synthesizers = list(synthesizers)
        self._patience_s, self._cache_bytes = patience_s, cache_bytes
        self._said = _Said(cache_bytes)

    def with_voices(self, voices: Mapping[str, Voice]) -> Catalogue:
        """Other voices on the same engines, which stay as warm as they are; to close one of the two is to close both.

        This one, with all that it has said already, if they are the same voices.
        """
        if voices == self._voices:
            return self
        other = Catalogue(voices, (), patience_s=self._patience_s, cache_bytes=self._cache_bytes)
        other._synthesizers = self._synthesizers
        return other

    @property
    def engines(self) -> tuple[str, ...]:
        return tuple(synthesizer.name for synthesizer in self._synthesizers)

    async def warm(self) -> None:
        """Warms every engine and leaves out those that cannot speak. Raises SynthesizerUnavailable if none can."""
        reason: SynthesizerUnavailable | None = None
        for synthesizer in tuple(self._synthesizers):
            try:
                await synthesizer.warm()
            except SynthesizerUnavailable as error:
                _log.warning("synthesizer_unavailable", engine=synthesizer.name, error=str(error))
                self._synthesizers.remove(synthesizer)
                reason = error
        if not self._synthesizers:
            raise reason or SynthesizerUnavailable("no voice engine is set up")

    def renderings(self, voice: str) -> tuple[tuple[Synthesizer, Rendering], ...]:
        """How a voice can be spoken here, best first. Raises UnknownVoice with a suggestion."""
        if voice not in self._voices:
            near = get_close_matches(voice, self._voices, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(self._voices))}"
            raise UnknownVoice(f"there is no voice {voice!r}; {hint}")
        able = tuple((engine, found) for engine in self._synthesizers if (found := self._rendering(voice, engine.name)))
        if not able:
            raise UnknownVoice(f"no voice has a part for any of these engines: {', '.join(self.engines)}")
        return able

    def _rendering(self, voice: str, engine: str) -> Rendering | None:
        """The voice's own part for this engine, else that of the voice it is like, else always the same other voice's."""
        seen: set[str] = set()
        near: str | None = voice
        while near is not None and near in self._voices and near not in seen:
            if found := self._voices[near].renderings.get(engine):
                return found
            seen.add(near)
            near = self._voices[near].like
        others = [name for name, other in self._voices.items() if engine in other.renderings and name != CALLER]
        nearest = max(others, key=lambda name: crc32(f"{voice} {name}".encode()), default=None)
        return None if nearest is None else self._voices[nearest].renderings[engine]

    async def speak(self, text: str, voice: str) -> AsyncGenerator[Sound | Fallback, None]:
        """One sentence, in pieces as they become ready; marks count from the whole sentence's start.

        An engine that fails, or is silent for `patience_s`, hands over to the next one at the first word that was not said in
        full: nothing is lost, nothing said twice. Raises UnknownVoice, and SynthesizerFailed when no engine is left.
        """
        renderings = self.renderings(voice)
        if cached := self._said.get(voice, text):
            yield cached
            return
        parts: list[Sound] = []
        char, at_s = 0, 0.0
        for number, (engine, rendering) in enumerate(renderings, 1):
            told = _Told(text, char, at_s)
            try:
                async with aclosing(engine.speak(text[char:], rendering)) as sounds:
                    async for sound in self._patiently(sounds):
                        if ready := told.add(sound):
                            parts.append(ready)
                            yield ready
                if ready := told.rest():
                    parts.append(ready)
                    yield ready
            except SynthesisError as error:
                if number == len(renderings):
                    raise
                char, at_s = told.cut()
                _log.warning("synthesizer_failed", engine=engine.name, voice=voice, code=error.code, error=str(error))
                yield Fallback(engine.name, error, char)
            else:
                if number == 1:
                    self._said.put(voice, text, parts)
                return

    async def _patiently(self, sounds: AsyncGenerator[Sound, None]) -> AsyncGenerator[Sound, None]:
        while True:
            try:
                with anyio.fail_after(self._patience_s):
                    sound = await anext(sounds)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise SynthesizerFailed(f"no sound for {self._patience_s:g} s") from error
            yield sound

    async def aclose(self) -> None:
        for synthesizer in self._synthesizers:
            await synthesizer.aclose()


def voice_ids(*folders: Path) -> frozenset[str]:
    """The voices there are, shipped and in these folders. Raises VoiceFileError."""
    return frozenset(load_voices(*folders))


async def spoken(text: str, voice: str = CALLER) -> bytes:
    """A text as 16 kHz PCM, with the best engine of this machine: for callers that are made. Raises SynthesisError."""
    catalogue = Catalogue(await to_thread.run_sync(load_voices), choose_synthesizers(VoiceSettings())[0])
    await catalogue.warm()
    try:
        return b"".join([part.pcm async for part in catalogue.speak(text, voice) if isinstance(part, Sound)])
    finally:
        await catalogue.aclose()


class _Told:
    """What one engine has said of the text from `char` on, which starts `at_s` into the sentence.

    The last word that began is held back until the next one begins, for until then nobody knows whether it is whole.
    """

    def __init__(self, text: str, char: int, at_s: float) -> None:
        self._text, self._char, self._at_s = text, char, at_s
        self._held = b""
        self._out = 0  # samples
        self._waiting: deque[Mark] = deque()

    def add(self, sound: Sound) -> Sound | None:
        self._held += sound.pcm
        self._waiting.extend(sound.marks)
        received = self._out + len(self._held) // 2
        begun = [_sample(mark) for mark in self._waiting if _sample(mark) < received]
        return self._release(begun[-1] if begun else received)

    def rest(self) -> Sound | None:
        received = self._out + len(self._held) // 2
        # An engine may mark its last word a little late.
        self._waiting = deque(Mark(mark.char, min(mark.at_s, (received - 1) / RATE)) for mark in self._waiting)
        return self._release(received)

    def _release(self, until: int) -> Sound | None:
        size = (until - self._out) * 2
        if size <= 0:
            return None
        pcm, self._held = self._held[:size], self._held[size:]
        self._out = until
        marks: list[Mark] = []
        while self._waiting and _sample(self._waiting[0]) < until:
            mark = self._waiting.popleft()
            marks.append(Mark(mark.char + self._char, mark.at_s + self._at_s))
        return Sound(pcm, tuple(marks))

    def cut(self) -> tuple[int, float]:
        """Where the next engine starts: at which character, and when."""
        char = self._char
        if self._waiting:
            char += self._waiting[0].char
        elif self._out:  # an engine without marks: the word that it must have been in
            reached = min(self._char + int(self._out / RATE * _CHARS_A_SECOND), len(self._text))
            char = max(self._char, self._text.rfind(" ", 0, reached) + 1)
        return char, self._at_s + self._out / RATE


def _sample(mark: Mark) -> int:
    return round(mark.at_s * RATE)


class _Said:
    """The latest short lines, whole."""

    def __init__(self, limit_bytes: int) -> None:
        self._room = limit_bytes
        self._lines: OrderedDict[tuple[str, str], Sound] = OrderedDict()

    def get(self, voice: str, text: str) -> Sound | None:
        if (voice, text) in self._lines:
            self._lines.move_to_end((voice, text))
        return self._lines.get((voice, text))

    def put(self, voice: str, text: str, parts: Sequence[Sound]) -> None:
        whole = Sound(b"".join(part.pcm for part in parts), tuple(mark for part in parts for mark in part.marks))
        if duration_s(whole.pcm) > _LONGEST_CACHED_S or (voice, text) in self._lines:
            return
        self._lines[voice, text] = whole
        self._room -= len(whole.pcm)
        while self._room < 0:
            self._room += len(self._lines.popitem(last=False)[1].pcm)
