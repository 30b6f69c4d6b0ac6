"""Circuit breakers: an engine that failed is left alone for a while, so that it costs one gap and not one a sentence."""

from __future__ import annotations

from typing import Final

from voices.synthesis import Rendering, SynthesisError, UnknownVoice

FIRST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 60.0


class Breaker:
    """Closed while all is well. Opens on a failure, for 5 s and then twice as long each time, up to a minute; after that one
    sentence tries again. It has no clock: times come in."""

    def __init__(self) -> None:
        self.error: SynthesisError | None = None
        """Why it is open; None while it is closed."""
        self.rest_s = 0.0
        self._until_s = 0.0
        self._trying = False

    def allows(self, now_s: float) -> bool:
        """Whether a sentence may use it now."""
        return self.error is None or (now_s >= self._until_s and not self._trying)

    def begin(self) -> bool:
        """A sentence uses it. Returns whether that is the trial after a rest; one trial runs at a time."""
        self._trying = self.error is not None
        return self._trying

    def failed(self, error: SynthesisError, now_s: float) -> bool:
        """Returns whether this is news: it was closed until now."""
        news = self.error is None
        if news or self._trying:  # sentences that were under way when it opened change nothing
            self.rest_s = FIRST_REST_S if news else min(2 * self.rest_s, LONGEST_REST_S)
            self._until_s, self._trying = now_s + self.rest_s, False
            self.error = error
        return news

    def worked(self) -> bool:
        """A sentence was said to its end. Returns whether this is news: it was open until now."""
        news = self.error is not None and self._trying
        if news:
            self.error, self._trying = None, False
        return news

    def abandoned(self) -> None:
        """The trial was cancelled, which says nothing; the next sentence is the trial."""
        self._trying = False


class Breakers:
    """One for each engine, and one for each voice on an engine: a voice that was deleted at a provider takes no other with it."""

    def __init__(self) -> None:
        self._engines: dict[str, Breaker] = {}
        self._voices: dict[tuple[str, str], Breaker] = {}

    def of(self, rendering: Rendering) -> tuple[Breaker, Breaker]:
        """The engine's and the voice's."""
        engine = self._engines.setdefault(rendering.engine, Breaker())
        return engine, self._voices.setdefault((rendering.engine, rendering.voice), Breaker())

    def open(self, rendering: Rendering, now_s: float) -> SynthesisError | None:
        """Why this must not be used now; None if it may be."""
        return next((breaker.error for breaker in self.of(rendering) if not breaker.allows(now_s)), None)

    def begin(self, rendering: Rendering) -> bool:
        """Returns whether this is a trial."""
        engine, voice = self.of(rendering)
        trials = engine.begin(), voice.begin()
        return any(trials)

    def failed(self, rendering: Rendering, error: SynthesisError, now_s: float) -> Breaker | None:
        """Returns the breaker that has opened, if that is news."""
        engine, voice = self.of(rendering)
        broken, other = (voice, engine) if isinstance(error, UnknownVoice) else (engine, voice)
        other.abandoned()
        return broken if broken.failed(error, now_s) else None

    def worked(self, rendering: Rendering) -> bool:
        """Returns whether it works again, after it did not."""
        engine, voice = self.of(rendering)
        news = engine.worked(), voice.worked()
        return any(news)

    def abandoned(self, rendering: Rendering) -> None:
        for breaker in self.of(rendering):
            breaker.abandoned()

    def forget_voices(self) -> None:
        """The voices' files have changed: whatever was wrong with one may be right now."""
        self._voices.clear()
