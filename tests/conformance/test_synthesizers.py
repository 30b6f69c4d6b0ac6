"""What every synthesiser promises, however it sounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import anyio
import numpy as np
import pytest

from telephony.serving import served
from voices.audio import duration_s, samples
from voices.engines import espeak
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.tones import TonesSynthesizer
from voices.imitations.openai_audio import AudioServer
from voices.synthesis import Rendering, Sound, Synthesizer, UnknownVoice

pytestmark = pytest.mark.timeout(60)  # engines are loaded

SENTENCE = "Well, the build fails because one file is missing from the package."
ENGINES = [
    pytest.param("espeak", marks=pytest.mark.skipif(bool(espeak.missing(None)), reason="needs espeakng-loader")),
    "tones",
    "chatterbox",
]
RENDERINGS = {
    "espeak": Rendering("test", "espeak", -1.0, {"variant": "en-us+f3"}),
    "tones": Rendering("test", "tones", 0.0, {"hz": 220}),
    "chatterbox": Rendering("test", "chatterbox"),
}


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module", params=ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Synthesizer]:
    made: dict[str, Callable[[str], Synthesizer]] = {
        "espeak": lambda _url: EspeakSynthesizer(),
        "tones": lambda _url: TonesSynthesizer(),
        "chatterbox": lambda url: ChatterboxSynthesizer(ChatterboxSettings(url=url)),
    }
    async with served(lambda _url: AudioServer(voices=("test",))) as url:
        engine = made[request.param](url)
        await engine.warm()
        yield engine
        await engine.aclose()


async def say(engine: Synthesizer, text: str) -> Sound:
    parts = [part async for part in engine.speak(text, RENDERINGS[engine.name])]
    return Sound(b"".join(part.pcm for part in parts), tuple(mark for part in parts for mark in part.marks))


def loud_s(pcm: bytes) -> tuple[float, float]:
    """Silence before and after, to the nearest 5 ms: what is 40 dB under the loudest 5 ms."""
    blocks = samples(pcm)[: len(pcm) // 160 * 80].astype(np.float64).reshape(-1, 80)
    levels = (blocks**2).mean(axis=1)
    loud = np.flatnonzero(levels > levels.max() / 10_000)
    return float(loud[0]) * 0.005, (levels.size - 1 - float(loud[-1])) * 0.005


async def test_a_sentence_sounds_and_is_not_wrapped_in_silence(engine: Synthesizer) -> None:
    sound = await say(engine, SENTENCE)
    assert 2.5 < duration_s(sound.pcm) < 6
    before_s, after_s = loud_s(sound.pcm)
    assert before_s <= 0.03
    assert after_s <= 0.1
    assert np.abs(samples(sound.pcm).astype(int)).max() < 32_768 * 10 ** (-3 / 20)


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "Naïve café — “ünïcode”, and 1,234.50 dollars at 5pm. It's Dr. Smith's!",
        "Two sentences. Are they both here? (Yes.)",
        "\n  Spaces   and\ttabs \n and a last line",
    ],
)
async def test_marks_point_at_words_in_order_and_in_time(engine: Synthesizer, text: str) -> None:
    sound = await say(engine, text)
    assert len(sound.marks) >= 0.6 * len([word for word in text.split() if any(map(str.isalnum, word))])
    for one, next_one in pairwise(sound.marks):
        assert one.char < next_one.char
        assert one.at_s <= next_one.at_s
    for mark in sound.marks:
        assert not text[mark.char].isspace()
        assert 0 <= mark.at_s <= duration_s(sound.pcm)


async def test_the_first_mark_is_the_beginning_and_the_last_one_is_near_the_end(engine: Synthesizer) -> None:
    sound = await say(engine, SENTENCE)
    assert sound.marks[0].char == 0
    assert sound.marks[0].at_s < 0.1
    assert SENTENCE[sound.marks[-1].char :] == "package."
    assert 0.2 < duration_s(sound.pcm) - sound.marks[-1].at_s < 1.0


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "\x00\x01"])
async def test_nothing_to_say_is_no_error(engine: Synthesizer, text: str) -> None:
    assert duration_s((await say(engine, text)).pcm) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        'one <break time="9s"/> two', "one [[h@l'oU]] two", "one \x0130S two", "one \x00 two", "one \ud800 two", "one 🎉 two",
        "one " + "\u0301" * 50 + " two",
    ],
)  # fmt: skip
async def test_what_is_spoken_is_never_markup(engine: Synthesizer, text: str) -> None:
    sound = await say(engine, text)
    assert 0.5 < duration_s(sound.pcm) < 6


async def test_closing_early_leaves_it_ready(engine: Synthesizer) -> None:
    async with aclosing(engine.speak(SENTENCE * 20, RENDERINGS[engine.name])) as sounds:
        assert (await anext(sounds)).pcm
    for wait_s in (0.0, 0.002, 0.02):
        with anyio.move_on_after(wait_s):
            await say(engine, SENTENCE * 20)
    with anyio.fail_after(20):
        assert duration_s((await say(engine, SENTENCE)).pcm) > 2.5


async def test_many_at_the_same_time_do_not_mix(engine: Synthesizer) -> None:
    texts = ["Short.", SENTENCE, "A middle one, not very long."]
    alone = [duration_s((await say(engine, text)).pcm) for text in texts]
    together: dict[int, float] = {}

    async def one(number: int) -> None:
        together[number] = duration_s((await say(engine, texts[number % 3])).pcm)

    async with anyio.create_task_group() as tasks:
        for number in range(9):
            tasks.start_soon(one, number)
    for number, length_s in together.items():
        assert length_s == pytest.approx(alone[number % 3], abs=0.05)


async def test_gain_is_gain(engine: Synthesizer) -> None:
    quiet = Rendering("test", engine.name, RENDERINGS[engine.name].gain_db - 20, RENDERINGS[engine.name].options)
    pcm = b"".join([part.pcm async for part in engine.speak(SENTENCE, quiet)])
    loud, soft = samples((await say(engine, SENTENCE)).pcm).astype(float), samples(pcm).astype(float)
    assert 20 * np.log10(loud.std() / soft.std()) == pytest.approx(20, abs=0.7)


@pytest.mark.parametrize("options", [{"voic": "slt"}, {"voice": "../../etc/passwd", "variant": "../x"}, {"pitch": 1000}])
@pytest.mark.parametrize("engine", ENGINES[:1], indirect=True)  # tones have no options that could be wrong
async def test_what_an_engine_cannot_render_is_an_unknown_voice(engine: Synthesizer, options: dict[str, Any]) -> None:
    with pytest.raises(UnknownVoice):
        [part async for part in engine.speak(SENTENCE, Rendering("test", engine.name, 0.0, options))]


async def test_espeak_has_no_voice_of_that_name() -> None:
    with pytest.raises(UnknownVoice, match="no voice 'xx-yy'"):
        [part async for part in EspeakSynthesizer().speak("Hello.", Rendering("test", "espeak", 0.0, {"variant": "xx-yy"}))]
