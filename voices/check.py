"""What `pai-voice voices check` finds: how loud each voice is, what is wrong with its sound, and which two could be confused.

Nothing here is needed in a call. Voices are compared by the speaker embedding of `voices/similarity.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import numpy as np
from anyio import to_thread

from voices.audio import FULL_SCALE, RATE, duration_s, samples, speech_level_dbfs
from voices.loudness import loudness_lufs
from voices.similarity import Embedder, Vector, formants_hz, pitch_hz, similarity
from voices.synthesis import Rendering, SynthesisError, Synthesizer

HOUSE_DBFS, HOUSE_LUFS = -20.0, -21.0
"""RMS of every voice while it speaks, and its loudness to a listener. Dark voices have more of the one,
bright ones of the other; a gain is a compromise, nearer to what a listener hears."""
CONFUSABLE: Final = 0.90
"""Two voices this much alike are one to a listener: the same voice with other words is 0.96 to 0.98 like itself."""
NEAR_TWINS: Final = 0.80
"""Two voices this much alike and nearly of one pitch need a second to be told apart. No shipped pair comes near it."""
_APART: Final = 1.2  # times the pitch: what a listener hears without thinking
_OFF_DB, _PEAK_DBFS, _SILENCE_S = 1.0, -3.0, 0.1
_SILENT_DB: Final = 50.0  # quieter than the softest consonant
_BLOCK: Final = RATE // 200
_PAUSE_S: Final = 0.4  # between sentences of a call

SENTENCES: Final = (
    "Hello, this is your line. What can I do for you today?",
    "First we draw the rooms, then we decide where the doors go.",
    "That will take about four minutes. Shall I call you back?",
    "My advice is to start small and to measure before you change anything.",
)
"""Said by every voice, so that words make no difference; about 12 s."""


@dataclass(frozen=True, slots=True)
class Measures:
    """One voice on one engine, over all the sentences together."""

    voice: str
    engine: str
    digest: str
    """Of the voice's file."""
    level_dbfs: float
    loudness_lufs: float
    peak_dbfs: float
    silence_s: float
    """The longest before or after a sentence."""
    pitch_hz: float
    formants_hz: tuple[float, ...]
    words_per_minute: float
    gain_db: float
    """What its file should say, to bring it to the house level."""
    embedding: Vector

    def problems(self) -> Iterator[str]:
        """What is wrong with the sound, and how to fix it."""
        if max(abs(self.level_dbfs - HOUSE_DBFS), abs(self.loudness_lufs - HOUSE_LUFS)) > _OFF_DB:
            found = f"{self.level_dbfs:.1f} dBFS and {self.loudness_lufs:.1f} LUFS"
            yield f"{self.voice}: speaks at {found}, not {HOUSE_DBFS:g} and {HOUSE_LUFS:g}; set gain_db to {self.gain_db:.1f}"
        if self.peak_dbfs > _PEAK_DBFS:
            yield f"{self.voice}: peaks at {self.peak_dbfs:.1f} dBFS, over {_PEAK_DBFS:g}; lower gain_db, or use a cleaner clip"
        if self.silence_s > _SILENCE_S:
            yield f"{self.voice}: {self.silence_s:.2f} s of silence around a sentence; the engine should cut it"


@dataclass(frozen=True, slots=True)
class Pair:
    """How much alike two voices are."""

    one: Measures
    other: Measures
    similarity: float

    @property
    def verdict(self) -> Literal["apart", "near twins", "confusable"]:
        low, high = sorted((self.one.pitch_hz, self.other.pitch_hz))
        if self.similarity >= CONFUSABLE:
            return "confusable"
        return "near twins" if self.similarity >= NEAR_TWINS and high < low * _APART else "apart"

    def as_text(self) -> str:
        hz = f"{self.one.pitch_hz:.0f} and {self.other.pitch_hz:.0f} Hz"
        return f"{self.one.voice} and {self.other.voice}: {self.similarity:.2f} alike, {hz}: {self.verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on one engine."""

    voices: tuple[Measures, ...]
    failed: tuple[tuple[str, str], ...] = ()
    """Voices that the engine could not speak, and why."""
    compared: bool = True
    """Whether two voices that are alike matter there."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        both = combinations(self.voices if self.compared else (), 2)
        return tuple(Pair(one, other, similarity(one.embedding, other.embedding)) for one, other in both)

    @property
    def errors(self) -> tuple[str, ...]:
        return (
            *(f"{voice}: cannot be spoken: {why}" for voice, why in self.failed),
            *(problem for voice in self.voices for problem in voice.problems()),
            *(pair.as_text() for pair in self.pairs if pair.verdict == "confusable"),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(pair.as_text() for pair in self.pairs if pair.verdict == "near twins")

    def as_text(self) -> str:
        """A line for each voice, how much each is like the ones above it, then errors and warnings."""
        lines = ["voice          level   LUFS   peak  gain  pitch  formants        words/min  like those above"]
        for at, one in enumerate(self.voices):
            alike = " ".join(f"{similarity(one.embedding, other.embedding):.2f}" for other in self.voices[: at * self.compared])
            formants = " ".join(f"{hz:4.0f}" for hz in one.formants_hz)
            lines.append(
                f"{one.voice:13} {one.level_dbfs:6.1f} {one.loudness_lufs:6.1f} {one.peak_dbfs:6.1f} {one.gain_db:5.1f}"
                f" {one.pitch_hz:6.0f}  {formants:14}  {one.words_per_minute:9.0f}  {alike}"
            )
        problems = [*(f"error: {text}" for text in self.errors), *(f"warning: {text}" for text in self.warnings)]
        return "\n".join(
            [
                *lines,
                *(
                    problems
                    or ["No two could be confused, and all are equally loud." if self.compared else "All are equally loud."]
                ),
            ]
        )


async def check(
    synthesizer: Synthesizer, renderings: Iterable[Rendering], embedder: Embedder, *, compared: bool = True
) -> Report:
    """Say the sentences in every voice and measure them, and compare the voices unless told not to.

    About 3 s of CPU a voice, most of it for the embedding.
    """
    voices: list[Measures] = []
    failed: list[tuple[str, str]] = []
    for rendering in renderings:
        try:
            voices.append(await measure(synthesizer, rendering, embedder))
        except SynthesisError as error:
            failed.append((rendering.voice, str(error)))
    return Report(tuple(voices), tuple(failed), compared)


async def measure(
    synthesizer: Synthesizer, rendering: Rendering, embedder: Embedder, sentences: Sequence[str] = SENTENCES
) -> Measures:
    """Raises SynthesisError, also when nothing is to be heard."""
    said: list[bytes] = []
    for sentence in sentences:
        async with aclosing(synthesizer.speak(sentence, rendering)) as sounds:
            said.append(b"".join([sound.pcm async for sound in sounds]))
    if not all(samples(pcm).any() for pcm in said):
        raise SynthesisError(f"{synthesizer.name} is silent")
    words = sum(len(sentence.split()) for sentence in sentences)
    return await to_thread.run_sync(_measures, said, words, rendering, embedder)


def _measures(said: Sequence[bytes], words: int, rendering: Rendering, embedder: Embedder) -> Measures:
    pcm = b"".join(said)
    level_dbfs, loudness = speech_level_dbfs(pcm), loudness_lufs(pcm)
    return Measures(
        voice=rendering.voice,
        engine=rendering.engine,
        digest=rendering.digest,
        level_dbfs=level_dbfs,
        loudness_lufs=loudness,
        peak_dbfs=20 * float(np.log10(np.abs(samples(pcm).astype(int)).max() / FULL_SCALE)),
        silence_s=max(silence for sentence in said for silence in edges_s(sentence)),
        pitch_hz=pitch_hz(pcm),
        formants_hz=formants_hz(pcm),
        words_per_minute=words / (duration_s(pcm) + _PAUSE_S * len(said)) * 60,
        gain_db=rendering.gain_db + (HOUSE_DBFS - level_dbfs + 2 * (HOUSE_LUFS - loudness)) / 3,
        embedding=embedder.embed(pcm),
    )


def edges_s(pcm: bytes) -> tuple[float, float]:
    """Silence before and after, to the nearest 5 ms: what is 50 dB under the loudest 5 ms."""
    blocks = samples(pcm)[: len(pcm) // 2 // _BLOCK * _BLOCK].astype(np.float64).reshape(-1, _BLOCK)
    levels = (blocks**2).mean(axis=1)
    if not levels.size:
        return 0.0, 0.0
    loud = np.flatnonzero(levels >= levels.max() * 10 ** (-_SILENT_DB / 10))
    return float(loud[0]) * _BLOCK / RATE, (levels.size - 1 - float(loud[-1])) * _BLOCK / RATE
