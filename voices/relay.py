"""One sentence by one engine after the other: whoever fails hands over at the first word that was not said in full."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import anyio
from anyio.abc import TaskGroup

from voices.alignment import by_time
from voices.beside import Arrivals, beside
from voices.engine_set import EngineSet
from voices.engines.registry import BY_NAME
from voices.handover import Cut, Part
from voices.patience import Patience, Playback
from voices.standby import Boundary, Standby
from voices.synthesis import Rendering, Sound, SynthesisError, Synthesizer, SynthesizerFailed
from voices.wording import Wording, Words, as_written, moved

_COMPARE_S: Final = 0.5  # that it may take to find out what was said; then it is estimated

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
        self._standby: Standby | None = None
        self._wording: Wording = as_written(text, "", frozenset())
        self._char, self._at_s, self._said = 0, 0.0, -1
        """Up to where it is said: in the wording, in the sentence's sound, and by marks in the text."""
        self.by_the_first = False
        """The preferred engine has said all of it."""

    async def run(self, able: Able) -> AsyncGenerator[Sound | Fallback | Charge, None]:
        """Raises the last engine's SynthesisError when no engine is left."""
        order, passed_over = self._order(able)
        async with beside() as tasks:
            for number, (engine, rendering) in enumerate(order, 1):
                part = self._part(rendering)
                for name, error in passed_over:
                    yield Fallback(name, error, self._wording.origin(self._char), rendering)
                passed_over = []
                if not part.speakable:
                    return
                arrivals = self._standby.take(part.text, rendering) if self._standby else None
                self._standby = None
                if arrivals is None:
                    arrivals = Arrivals[Boundary](engine.speak(part.text, rendering))
                    tasks.start_soon(arrivals.run)
                try:
                    async with aclosing(self._by(arrivals, rendering, part, order[number:], tasks)) as heard:
                        async for sound in heard:
                            yield sound
                except SynthesisError as error:
                    self._engines.failed(rendering, self._voice, error)
                    cut = await self._cut(part)
                    self._char, self._at_s, self._said = cut.char, cut.at_s, part.said
                    if cut.last is not None:
                        self._playback.release(cut.at_s, anyio.current_time())
                        yield cut.last
                    if number == len(order):
                        raise
                    passed_over.append((engine.name, error))
                else:
                    self._engines.worked(rendering)
                    self.by_the_first = engine is able[0][0]
                    return
                finally:
                    arrivals.stop()
                    self._engines.breakers.abandoned(rendering)

    async def _cut(self, part: Part) -> Cut:
        """Where the next engine goes on. Without marks that is found out by an engine that has them."""
        if not part.unmarked:
            return part.cut()
        if self._standby:
            with anyio.move_on_after(_COMPARE_S):
                found = await self._standby.boundary(*part.sound)
                return part.cut_at(found.sample, found.char)
        return part.cut_at(*by_time(*part.sound, part.text))

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
        self, arrivals: Arrivals[Boundary], rendering: Rendering, part: Part, others: Able, tasks: TaskGroup
    ) -> AsyncGenerator[Sound | Charge, None]:
        """Raises SynthesisError, also for silence, noise and sound that ends too soon."""
        patience, playback = self._patience, self._playback
        limit_s = left_s = patience.first(part.text, trial=self._engines.breakers.begin(rendering), last=not others)
        heard, late = 0, False
        while True:
            asked_s = anyio.current_time()
            try:
                with anyio.fail_after(left_s if late or not self._standby else max(0.0, left_s - patience.late(limit_s))):
                    news = await arrivals.next()
            except TimeoutError as error:
                if late or not self._standby:
                    raise SynthesizerFailed(f"no {'more speech' if heard else 'speech'} within {limit_s:.1f} s") from error
                late = True
                tasks.start_soon(_get_ready, self._standby, part, arrivals, others, tasks)
                continue
            finally:
                now_s = anyio.current_time()
                left_s -= now_s - asked_s
            if news is None:
                break
            if isinstance(news, Boundary):
                ready = part.release(news.sample)
            else:
                if news.cost_usd:
                    yield Charge(rendering.engine, _model(rendering), news.cost_usd)
                ready, late = part.add(news, playback.lead_s(now_s)), False
                if self._standby:
                    self._standby.drop()
            if ready:
                playback.release(part.released_s, now_s)
                yield ready
            if part.clean > heard:  # silence is no progress
                heard, limit_s = part.clean, patience.more(playback.lead_s(now_s), last=not others)
                left_s = limit_s
            if part.unmarked and not self._standby:
                self._stand_by(part, others, tasks)
        if ready := part.rest():
            yield ready

    def _stand_by(self, part: Part, others: Able, tasks: TaskGroup) -> None:
        """As soon as an engine speaks that does not tell its words."""
        if self._aligns and (found := next((one for one in others if _marks(one[1].engine)), None)):
            self._standby = Standby(*found, part.text)
            tasks.start_soon(self._standby.run)


async def _get_ready(standby: Standby, part: Part, arrivals: Arrivals[Boundary], others: Able, tasks: TaskGroup) -> None:
    """Before an engine is given up. What is found out may be heard whether it is or not: a word ends there."""
    found = await standby.boundary(*part.sound)
    arrivals.tell(found)
    if others[0][1] is standby.rendering:
        standby.get_ready(found, tasks)


def _marks(engine: str) -> bool:
    return engine in BY_NAME and BY_NAME[engine].marks


def tags_of(engine: str) -> frozenset[str]:
    """The expressive tags that it understands."""
    return BY_NAME[engine].tags if engine in BY_NAME else frozenset[str]()


def _model(rendering: Rendering) -> str:
    model = rendering.options.get("model")
    return f"{rendering.engine}/{model}" if isinstance(model, str) else rendering.engine
