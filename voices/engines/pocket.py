"""pocket-tts: a voice cloned from ten seconds of sound, on a CPU, without torch and without an account."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import platformdirs
import structlog
from pydantic import Field

from voices.audio import FULL_SCALE, AudioError, read_channels, resample, samples, to_pcm
from voices.audio import RATE as OUT_RATE
from voices.downloads import Archive, Damaged, check, find
from voices.engine import Engine, EngineOptions, EngineSettings, options_of
from voices.engines.finishing import Finisher
from voices.engines.one_at_a_time import OneAtATime
from voices.engines.pocket_model import FILES, RATE, ModelError, PocketModel
from voices.engines.pocket_text import TextError
from voices.synthesis import (
    Rendering,
    Sound,
    SynthesisError,
    Synthesizer,
    SynthesizerFailed,
    SynthesizerUnavailable,
    UnknownVoice,
)

_log = structlog.get_logger(__name__)

WEIGHTS: Final = Archive(
    "sherpa-onnx-pocket-tts-int8-2026-01-26",
    "https://github.com/k2-fsa/sherpa-onnx/releases/download/tts-models/sherpa-onnx-pocket-tts-int8-2026-01-26.tar.bz2",
    # As ten public projects pin it; the release itself publishes no checksum.
    sha256="2f3b88823cbbb9bf0b2477ec8ae7b3fec417b3a87b6bb5f256dba66f2ad967cb",
    size=98_336_520,
    files=FILES,
    redirects=("githubusercontent.com",),
)
"""Kyutai's pocket-tts (January 2026, English), CC-BY-4.0."""

LONGEST_CLIP_S: Final = 15.0
_KEPT_VOICES: Final = 16  # in memory, 6 MB each
_LARGEST_CLIP: Final = 50 * 2**20
_INSIDE: Final = r"^[A-Za-z0-9_][\w .-]*(/[A-Za-z0-9_][\w .-]*)*\.wav$"  # no way up and out of the voices' folder
_Floats = npt.NDArray[np.float32]


class PocketSettings(EngineSettings):
    folder: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("pai-voice")) / "models", description="Where its weights lie."
    )
    mirror: str | None = Field(default=None, description="Where to fetch the weights, instead of GitHub.")
    threads: int = Field(default=1, ge=1, le=16, description="Cores that one sentence may use.")


class PocketOptions(EngineOptions):
    """pocket's part of a voice file. It has no pace of its own: `speed` changes nothing."""

    clip: str = Field(pattern=_INSIDE, description="5 to 15 s of the voice, a path relative to the voice's file.")
    temperature: float = Field(default=0.7, ge=0, le=1.5, description="0 is even, more is livelier and less sure.")
    steps: int = Field(default=1, ge=1, le=10, description="Passes for each 80 ms; each costs 1 to 2 ms.")


def missing(settings: PocketSettings) -> str | None:
    if find(WEIGHTS, settings.folder.expanduser()) is None:
        return "the weights of pocket-tts are not here (98 MB): `pai-voice voices clone` fetches them"
    return None


class PocketSynthesizer:
    """Streams: the first 80 ms come when they are made, and two sentences at once take turns piece by piece.

    The first sentence of a voice takes 2 to 5 s, for its clip is read; what comes of that is kept beside the clip.
    """

    name = "pocket"

    def __init__(self, settings: PocketSettings, archive: Archive | None = None) -> None:
        self._settings, self._archive = settings, archive or WEIGHTS
        self._turn, self._preparing, self._loading = OneAtATime(), OneAtATime(), threading.Lock()
        self._model: PocketModel | None = None
        self._voices: OrderedDict[str, list[Any]] = OrderedDict()

    async def warm(self) -> None:
        await self._turn.run(lambda _stopped: self._load())

    async def prepare(self, rendering: Rendering) -> None:
        """Reads a voice's clip, so that its first sentence comes as fast as the others. Raises as `speak` does."""
        await self._voice(options_of(rendering, PocketOptions), rendering)

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        options = options_of(rendering, PocketOptions)
        voice = await self._voice(options, rendering)
        finisher = Finisher(gain_db=rendering.gain_db)
        sentence, made_s = _Sentence(self._load, text, voice, options), 0.0
        try:
            while (made := await self._turn.run(sentence.next)) is not None:
                made_s += made.size / OUT_RATE
                if pcm := finisher.push(made):
                    yield Sound(pcm)
            if pcm := finisher.rest():
                yield Sound(pcm)
            if made_s and not finisher.begun:
                raise SynthesizerFailed("pocket-tts made only silence of this sentence")
        finally:
            sentence.stop()

    async def aclose(self) -> None:
        """The weights go when nobody speaks any more."""
        self._model = None
        self._voices.clear()

    def _load(self) -> PocketModel:
        with self._loading:
            if self._model is None:
                home = find(self._archive, self._settings.folder.expanduser())
                if home is None:
                    raise SynthesizerUnavailable(missing(self._settings) or "the weights of pocket-tts are gone")
                try:
                    check(self._archive, home)
                    self._model = PocketModel(home, self._settings.threads)
                except (Damaged, ModelError, TextError) as error:
                    raise SynthesizerUnavailable(str(error)) from error
            return self._model

    async def _voice(self, options: PocketOptions, rendering: Rendering) -> list[Any]:
        # Once begun, it is finished and kept even if nobody waits any more: the next sentence needs it.
        return await self._preparing.run(lambda _stopped: self._prepared(rendering.folder / options.clip, rendering.voice))

    def _prepared(self, clip: Path, voice: str) -> list[Any]:
        """From memory, else from the file beside the clip, else from the clip."""
        try:
            if clip.stat().st_size > _LARGEST_CLIP:
                raise UnknownVoice(f"the clip of the voice {voice!r} is larger than {_LARGEST_CLIP // 2**20} MB: {clip}")
            key = sha256(clip.read_bytes() + self._archive.sha256.encode()).hexdigest()
        except OSError as error:
            raise UnknownVoice(f"the clip of the voice {voice!r} cannot be read: {clip}: {error.strerror or error}") from error
        if key not in self._voices:
            model = self._load()
            embedding = _kept_embedding(clip, key)
            if embedding is None:
                embedding = _embedding(model, clip)
                _keep_embedding(clip, key, embedding)
            self._voices[key] = model.voice(embedding)
            while len(self._voices) > _KEPT_VOICES:
                self._voices.popitem(last=False)
        self._voices.move_to_end(key)
        return self._voices[key]


class _Sentence:
    """One sentence on its way; `next` is for one thread at a time, `stop` for any.

    Nothing in it refers back to it: its 100 MB of state go when it goes, not when garbage is collected.
    """

    def __init__(self, load: Callable[[], PocketModel], text: str, voice: list[Any], options: PocketOptions) -> None:
        import onnxruntime

        self._run: Any = onnxruntime.RunOptions()
        self._pieces = _pieces(load, text, voice, options, self._run)

    def next(self, _stopped: threading.Event) -> _Floats | None:
        """The next piece, at 16 kHz, or None behind the last. Raises SynthesizerFailed."""
        try:
            return next(self._pieces, None)
        except SynthesisError:
            raise
        except Exception as error:  # onnxruntime's errors share nothing but Exception
            raise SynthesizerFailed(f"pocket-tts cannot say this sentence: {error}") from error

    def stop(self) -> None:
        """Ends what is being computed within a few ms."""
        self._run.terminate = True


def _pieces(load: Callable[[], PocketModel], text: str, voice: list[Any], options: PocketOptions, run: Any) -> Iterator[_Floats]:
    import soxr

    model = load()
    resampler: Any = soxr.ResampleStream(RATE, OUT_RATE, 1, dtype="float32", quality="HQ")
    for part in model.text.parts(text):
        for sound in model.speak(part, voice, temperature=options.temperature, steps=options.steps, options=run):
            if not np.isfinite(sound).all():
                raise SynthesizerFailed("pocket-tts made no sound of this sentence, but numbers without meaning")
            yield resampler.resample_chunk(sound)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _embedding(model: PocketModel, clip: Path) -> _Floats:
    try:
        values, rate = read_channels(clip)
    except AudioError as error:
        raise UnknownVoice(str(error)) from error
    pcm = resample(to_pcm(values.mean(axis=1)[: int(LONGEST_CLIP_S * rate)]), rate, RATE)
    if len(pcm) < RATE:
        raise UnknownVoice(f"{clip} is shorter than half a second: clone the voice again, from 5 to 15 s of speech")
    try:
        return model.embed(samples(pcm).astype(np.float32) / np.float32(FULL_SCALE))
    except Exception as error:  # onnxruntime's errors share nothing but Exception
        raise SynthesizerFailed(f"pocket-tts cannot hear the voice in {clip}: {error}") from error


def _beside(clip: Path) -> Path:
    return clip.with_suffix(".pocket.npz")


def _kept_embedding(clip: Path, key: str) -> _Floats | None:
    try:
        with _beside(clip).open("rb") as file, np.load(file, allow_pickle=False) as kept:
            embedding = np.asarray(kept["embedding"], np.float32)
            return embedding if str(kept["key"]) == key and embedding.ndim == 2 and np.isfinite(embedding).all() else None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _keep_embedding(clip: Path, key: str, embedding: _Floats) -> None:
    fresh = _beside(clip).with_suffix(".part")
    try:
        with fresh.open("wb") as file:
            np.savez(file, key=np.array(key), embedding=embedding)
        fresh.replace(_beside(clip))
    except OSError as error:  # a folder that may only be read: it is read again at the next start
        _log.info("voice_not_kept", clip=clip.name, error=str(error))


ENGINE: Final[Engine[Synthesizer]] = Engine(
    "pocket", "synthesizer", PocketSynthesizer, missing, settings=PocketSettings, options=PocketOptions
)
