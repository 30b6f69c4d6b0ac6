"""One sentence by one engine after the other: whoever fails hands over at the first word that was not said in full."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import anyio
from anyio import to_thread

from voices.alignment import by_time, word_after
from voices.engine_set import EngineSet
from voices.engines.registry import BY_NAME
from voices.handover import Cut, Part
from voices.patience import Patience, Playback
from voices.synthesis import Rendering, Sound, SynthesisError, Synthesizer, SynthesizerFailed
from voices.wording import Wording, Words, as_written, moved

_REFERENCE_S: Final = 0.15  # that a sentence may take which is only made to be compared
_CLOSE_S: Final = 0.1  # that a failed engine has to end its work

Able = Sequence[tuple[Synthesizer, Rendering]]
"""Who can speak a voice, best first."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """`engine` failed, or still rests from a failure; the rendering `to` says the text from `char` on.

    Words before it were said in full.
    """

    engine: str
    error: SynthesisError
    char: int
    to: Rendering


@dataclass(frozen=True, slots=True)
class Charge:
    """What an engine takes for what it speaks. Sound that was kept costs nothing."""

    engine: str
    model: str
    """The engine's name, and behind a slash its model where the voice names one."""
    usd: Decimal


class Relay:
    """One sentence. Run it once."""

    def __init__(
        self, engines: EngineSet, patience: Patience, words: Words, text: str, voice: str, *, aligns: bool = False
    ) -> None:
        """`aligns`: sound without marks may be compared with another engine's, which takes a thread."""
        self._aligns = aligns
        self._engines, self._patience, self._words = engines, patience, words
        self._text, self._voice = text, voice
        self._playback = Playback()
        self._wording: Wording = as_written(text, "", frozenset())
        self._char, self._at_s, self._said = 0, 0.0, -1
        """Up to where it is said: in the wording, in the sentence's sound, and by marks in the text."""
        self.by_the_first = False
        """The preferred engine has said all of it."""

    async def run(self, able: Able) -> AsyncGenerator[Sound | Fallback | Charge, None]:
        """Raises the last engine's SynthesisError when no engine is left."""
        order, passed_over = self._order(able)
        for number, (engine, rendering) in enumerate(order, 1):
            part = self._part(rendering)
            for name, error in passed_over:
                yield Fallback(name, error, self._wording.origin(self._char), rendering)
            passed_over = []
            if not part.speakable:
                return
            try:
                async with aclosing(self._by(engine, rendering, part, last=number == len(order))) as sounds:
                    async for sound in sounds:
                        yield sound
            except SynthesisError as error:
                self._engines.failed(rendering, self._voice, error)
                cut = await self._cut(part, able, rendering)
                self._char, self._at_s, self._said = cut.char, cut.at_s, part.said
                if cut.last is not None:
                    yield cut.last
                if number == len(order):
                    raise
                passed_over.append((engine.name, error))
            else:
                self._engines.worked(rendering)
                self.by_the_first = engine is able[0][0]
                return
            finally:
                self._engines.breakers.abandoned(rendering)

    async def _cut(self, part: Part, able: Able, failed: Rendering) -> Cut:
        """Where the next engine goes on. Without marks that is found out by the last engine, which is at hand and quick."""
        if not part.unmarked:
            return part.cut()
        heard, released = part.sound
        engine, rendering = able[-1]
        if self._aligns and rendering is not failed:
            reference = Sound(b"")
            with anyio.move_on_after(_REFERENCE_S), suppress(SynthesisError):
                sounds = [sound async for sound in engine.speak(part.text, rendering)]
                marks = tuple(mark for sound in sounds for mark in sound.marks)
                reference = Sound(b"".join(sound.pcm for sound in sounds), marks)
            if reference.marks:
                return part.cut_at(*await to_thread.run_sync(word_after, heard, released, part.text, reference))
        return part.cut_at(*by_time(heard, released, part.text))

    def _order(self, able: Able) -> tuple[Able, list[tuple[str, SynthesisError]]]:
        """Those that rest come last: when all others have failed, they are still better than silence."""
        now_s = anyio.current_time()
        resting = {rendering.engine: self._engines.breakers.open(rendering, now_s) for _, rendering in able}
        order = sorted(able, key=lambda one: resting[one[1].engine] is not None)
        first = able.index(order[0])
        return order, [(name, error) for name, error in list(resting.items())[:first] if error is not None]

    def _part(self, rendering: Rendering) -> Part:
        """What is left of the sentence, for that engine."""
        words = self._words(self._text, rendering.language, tags_of(rendering.engine))
        self._wording, self._char = words, moved(self._char, self._wording, words)
        return Part(words, self._char, self._at_s, self._said)

    async def _by(
        self, engine: Synthesizer, rendering: Rendering, part: Part, *, last: bool
    ) -> AsyncGenerator[Sound | Charge, None]:
        """Raises SynthesisError, also for silence, noise and sound that ends too soon."""
        patience, playback = self._patience, self._playback
        limit_s = left_s = patience.first(part.text, trial=self._engines.breakers.begin(rendering), last=last)
        heard = 0
        async with _closing(engine.speak(part.text, rendering)) as sounds:
            while True:
                asked_s = anyio.current_time()
                try:
                    with anyio.fail_after(left_s):
                        sound = await anext(sounds)
                except StopAsyncIteration:
                    break
                except TimeoutError as error:
                    raise SynthesizerFailed(f"no {'more speech' if heard else 'speech'} within {limit_s:.1f} s") from error
                now_s = anyio.current_time()
                if sound.cost_usd:
                    yield Charge(engine.name, _model(rendering), sound.cost_usd)
                if ready := part.add(sound, playback.lead_s(now_s)):
                    playback.release(part.released_s, now_s)
                    yield ready
                left_s -= now_s - asked_s
                if part.clean > heard:  # silence is no progress
                    heard, limit_s = part.clean, patience.more(playback.lead_s(now_s), last=last)
                    left_s = limit_s
        if ready := part.rest():
            yield ready


@asynccontextmanager
async def _closing(sounds: AsyncGenerator[Sound, None]) -> AsyncGenerator[AsyncGenerator[Sound, None]]:
    try:
        yield sounds
    finally:
        with anyio.move_on_after(_CLOSE_S):
            await sounds.aclose()


def tags_of(engine: str) -> frozenset[str]:
    """The expressive tags that it understands."""
    return BY_NAME[engine].tags if engine in BY_NAME else frozenset[str]()


def _model(rendering: Rendering) -> str:
    model = rendering.options.get("model")
    return f"{rendering.engine}/{model}" if isinstance(model, str) else rendering.engine
