"""What the check finds, on voices made to have it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.voices.test_similarity import vowel
from voices import similarity
from voices.audio import samples, to_pcm
from voices.check import CONFUSABLE, NEAR_TWINS, Measures, Pair, Report, check, edges_s
from voices.similarity import Embedder
from voices.synthesis import Rendering, Sound, SynthesizerFailed

pytestmark = pytest.mark.skipif(bool(similarity.missing()), reason="needs the extra `check`")


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio"


class Throat:
    """Says the same vowels whatever the text; a voice's options are its pitch and its formants."""

    name = "throat"

    async def warm(self) -> None: ...

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        if not rendering.options:
            raise SynthesizerFailed("no throat")
        sound = samples(vowel(rendering.options["hz"], rendering.options["formants"], 2.0)) * 10 ** (rendering.gain_db / 20)
        yield Sound(to_pcm(np.append(sound, np.zeros(rendering.options.get("silence", 0)))))

    async def aclose(self) -> None: ...


def voice(name: str, hz: float, formants: tuple[float, ...], gain_db: float = 0.0, **options: Any) -> Rendering:
    return Rendering(name, "throat", gain_db, {"hz": hz, "formants": formants, **options}, digest=f"digest of {name}")


LOW, HIGH = (600, 1_400, 2_600), (800, 1_900, 3_400)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


async def test_the_gain_that_it_finds_brings_a_voice_to_the_house_level(embedder: Embedder) -> None:
    part = voice("quiet", 110, LOW, -20)
    report = await check(Throat(), [part], embedder)
    assert "quiet: speaks at" in report.errors[0]
    better = await check(Throat(), [replace(part, gain_db=report.voices[0].gain_db)], embedder)
    assert not any("speaks at" in error for error in better.errors)
    assert better.voices[0].gain_db == pytest.approx(report.voices[0].gain_db, abs=0.2)


async def test_peaks_and_silence_are_told(embedder: Embedder) -> None:
    report = await check(Throat(), [voice("hot", 110, LOW, 12), voice("slow", 110, LOW, silence=8_000)], embedder)
    assert any("hot: peaks at" in error and "lower gain_db" in error for error in report.errors)
    assert any("slow: 0.5" in error and "silence" in error for error in report.errors)


async def test_two_of_one_throat_are_confusable_and_two_throats_are_not(embedder: Embedder) -> None:
    one, twin, other = voice("one", 110, LOW), voice("twin", 112, LOW), voice("other", 230, HIGH)
    report = await check(Throat(), [one, twin, other], embedder)
    verdicts = {(pair.one.voice, pair.other.voice): pair.verdict for pair in report.pairs}
    assert verdicts == {("one", "twin"): "confusable", ("one", "other"): "apart", ("twin", "other"): "apart"}
    assert any(error.startswith("one and twin: ") and error.endswith("confusable") for error in report.errors)
    assert report.pairs[0].one.digest == "digest of one"


async def test_a_voice_that_cannot_be_spoken_is_told_and_the_others_are_measured(embedder: Embedder) -> None:
    report = await check(Throat(), [Rendering("mute", "throat"), voice("one", 110, LOW)], embedder)
    assert report.failed == (("mute", "no throat"),)
    assert [one.voice for one in report.voices] == ["one"]
    assert "error: mute: cannot be spoken: no throat" in report.as_text()


async def test_silence_is_no_voice(embedder: Embedder) -> None:
    report = await check(Throat(), [voice("still", 110, LOW, -200)], embedder)
    assert report.failed == (("still", "throat is silent"),)


def measured(name: str, pitch_hz: float) -> Measures:
    direction = np.zeros(256, np.float32)
    return Measures(name, "throat", name, -20, -21, -4, 0, pitch_hz, (500, 1_500, 2_500), 160, 0, direction)


@pytest.mark.parametrize(
    ("similarity", "hz", "verdict"),
    [(CONFUSABLE, 200, "confusable"), (NEAR_TWINS, 115, "near twins"), (NEAR_TWINS, 130, "apart"), (0.5, 100, "apart")],
)
def test_near_twins_are_near_in_pitch_too(similarity: float, hz: float, verdict: str) -> None:
    assert Pair(measured("one", 100), measured("other", hz), similarity).verdict == verdict


def test_a_report_without_problems_says_so() -> None:
    text = Report((measured("one", 100),)).as_text()
    assert text.splitlines()[-1] == "No two could be confused, and all are equally loud."
    assert "one" in text.splitlines()[1]


def test_voices_that_nobody_keeps_apart_are_not_compared() -> None:
    report = Report((measured("one", 100), measured("other", 100)), compared=False)
    assert (report.pairs, report.errors, report.warnings) == ((), (), ())
    assert report.as_text().splitlines()[-1] == "All are equally loud."


def test_edges_are_what_is_far_under_the_loudest() -> None:
    loud = to_pcm(np.full(1_600, 8_000.0))
    assert edges_s(bytes(3_200) + loud + bytes(640)) == (0.1, 0.02)
    assert edges_s(b"") == (0, 0)
