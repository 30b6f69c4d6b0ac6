"""The embedded voices: hibari-tts on one CPU core, one network for many voices. Nothing is fetched, no key, no GPU."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from importlib.util import find_spec
from typing import Any, Final, TypeVar

import numpy as np
from anyio import CapacityLimiter, to_thread
from pydantic import Field, ValidationError

from voices.audio import RATE
from voices.engine import Engine, EngineOptions
from voices.engines import vocoder
from voices.engines.finishing import Finisher, moved
from voices.engines.hibari_network import Network, Values, pieces
from voices.synthesis import Mark, Rendering, Sound, Synthesizer, SynthesizerUnavailable, UnknownVoice

T = TypeVar("T")

_SHIPPED: Final = "heart"  # the only base within hibari's package
_LONGEST_PIECE: Final = 160  # characters: longer ones would keep the first sound waiting
_PAUSE_FRAMES: Final = 2  # kept of the silence before a piece that goes on with a sentence


class EmbeddedOptions(EngineOptions):
    """The embedded engine's part of a voice file. All 1 and 0 is the base as it is: `heart`, a woman of 197 Hz."""

    base: str = Field(
        _SHIPPED,
        pattern=r"^[a-z]{2,20}$",
        description="heart; or fenrir, emma, fable, kore where hibari's file is in its cache.",
    )
    pitch: float = Field(1.0, ge=0.35, le=1.6, description="Times the base's pitch.")
    formants: float = Field(1.0, ge=0.72, le=1.3, description="Times the base's formants: under 1 a longer throat.")
    upper_formants: float = Field(1.0, ge=0.85, le=1.15, description="Moves those above the first one once more.")
    melody: float = Field(1.0, ge=0.3, le=1.6, description="Times the base's rise and fall; under 1 is flatter.")
    tone_db: tuple[float, float, float, float, float] = Field(
        (0, 0, 0, 0, 0), description="dB at 250, 500, 1,000, 2,000 and 4,000 Hz, each between -12 and 12."
    )
    breath_db: float | None = Field(None, ge=-30, le=0, description="Breath in the voice, in dB against its tone.")
    speed: float = Field(1.0, ge=0.6, le=1.6, description="Times the base's pace.")


def missing(_settings: object) -> str | None:
    return None if find_spec("hibari") else "hibari-tts is not installed: pip install hibari-tts"


class EmbeddedSynthesizer:
    """About 15 ms of CPU per second of speech. Sentences said at once take turns by half seconds of sound."""

    name = "embedded"

    def __init__(self) -> None:
        self._networks: dict[str, Network] = {}
        self._loading = threading.Lock()
        self._threads: CapacityLimiter | None = None

    async def warm(self) -> None:
        await self._run(self._warm)

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        try:
            options = EmbeddedOptions.model_validate(dict(rendering.options))
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise UnknownVoice(f"voices/{rendering.voice}.yaml, engines.embedded.{where}: {problem['msg']}") from error
        sounds = self._sounds(text, options, rendering)
        while (sound := await self._run(lambda: next(sounds, None))) is not None:
            yield sound

    async def aclose(self) -> None:
        self._networks.clear()

    async def _run(self, work: Callable[[], T]) -> T:
        """In a thread. A cancelled wait returns at once; the work it leaves behind ends with its half second of sound."""
        self._threads = self._threads or CapacityLimiter(2)  # more only take the cores from the calls
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)

    def _warm(self) -> None:
        for _ in self._sounds("Ready, and warm.", EmbeddedOptions.model_validate({}), Rendering("", self.name)):
            pass

    def _network(self, base: str) -> Network:
        with self._loading:
            if base not in self._networks:
                self._networks[base] = Network(base)
            return self._networks[base]

    def _sounds(self, text: str, options: EmbeddedOptions, rendering: Rendering) -> Iterator[Sound]:
        try:
            network = self._network(options.base)
        except SynthesizerUnavailable as error:
            if options.base == _SHIPPED:
                raise
            raise UnknownVoice(f"voices/{rendering.voice}.yaml, engines.embedded.base: {error}") from error
        finisher, resampler = Finisher(gain_db=rendering.gain_db), _resampler(options)
        marks: list[Mark] = []
        started_s, continues = 0.0, False
        for char, piece in pieces(text, _LONGEST_PIECE):
            spectra = network.run(piece, rendering.speed * options.speed / options.formants)
            if spectra is None:
                continue
            first = max(0, spectra.speech[0] - _PAUSE_FRAMES) if continues else 0
            frame_s = vocoder.HOP / vocoder.RATE / options.formants
            marks += (Mark(char + at, started_s + (frame - first) * frame_s) for at, frame in spectra.words)
            started_s += (len(spectra.f0_hz) - first) * frame_s
            continues = not piece.rstrip().endswith((".", "!", "?", "…"))
            for values in vocoder.sound(spectra, first_frame=first, **_shape(options)):
                if pcm := finisher.push(resampler(values, False)):
                    yield Sound(pcm, moved(marks, finisher.cut_s))
                    marks.clear()
        if pcm := finisher.push(resampler(np.zeros(0, np.float32), True)) + finisher.rest():
            yield Sound(pcm, moved(marks, finisher.cut_s))


def _shape(options: EmbeddedOptions) -> dict[str, Any]:
    return options.model_dump(exclude={"base", "speed"})


def _resampler(options: EmbeddedOptions) -> Callable[[Values, bool], Values]:
    import soxr

    stream: Any = soxr.ResampleStream(vocoder.RATE * options.formants, RATE, 1, dtype="float32", quality="HQ")
    return lambda values, last: stream.resample_chunk(values, last=last)


def _make(_settings: object) -> Synthesizer:
    return EmbeddedSynthesizer()


ENGINE: Final = Engine("embedded", "synthesizer", _make, missing, options=EmbeddedOptions, package="hibari-tts")
