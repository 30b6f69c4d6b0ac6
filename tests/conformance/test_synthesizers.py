"""What every synthesiser promises, however it sounds.

A new engine is one function that opens it, and one line in ENGINES and in RENDERINGS.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import anyio
import numpy as np
import pytest

from telephony.serving import served
from voices.audio import RATE, duration_s, samples
from voices.engines import embedded, espeak
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.engines.elevenlabs import ElevenLabsSettings, ElevenLabsSynthesizer
from voices.engines.embedded import EmbeddedSynthesizer
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.tones import TonesSynthesizer
from voices.imitations.elevenlabs import KEY, ElevenLabsImitation
from voices.imitations.elevenlabs_sound import VOICES
from voices.imitations.openai_audio import AudioServer
from voices.sound_guard import SoundGuard
from voices.synthesis import Rendering, Sound, Synthesizer, UnknownVoice

pytestmark = pytest.mark.timeout(120)  # engines are loaded

SENTENCES: Final = int(os.environ.get("SENTENCES", "300"))
SENTENCE = "Well, the build fails because one file is missing from the package."
Opened = AbstractAsyncContextManager[Synthesizer]


@asynccontextmanager
async def closed_after(engine: Synthesizer) -> AsyncGenerator[Synthesizer]:
    await engine.warm()
    try:
        yield engine
    finally:
        await engine.aclose()


@asynccontextmanager
async def elevenlabs(**settings: Any) -> AsyncGenerator[Synthesizer]:
    service = ElevenLabsImitation(faster=200)
    async with served(lambda _url: service) as service.url:
        section = ElevenLabsSettings.model_validate({"key": KEY, "base_url": service.url, "sessions": 10, **settings})
        async with closed_after(ElevenLabsSynthesizer(section)) as engine:
            yield engine


@asynccontextmanager
async def chatterbox() -> AsyncGenerator[Synthesizer]:
    async with (
        served(lambda _url: AudioServer(voices=("test",))) as url,
        closed_after(ChatterboxSynthesizer(ChatterboxSettings(url=url))) as engine,
    ):
        yield engine


OPENED: dict[str, Callable[[], Opened]] = {
    "embedded": lambda: closed_after(EmbeddedSynthesizer()),
    "espeak": lambda: closed_after(EspeakSynthesizer()),
    "tones": lambda: closed_after(TonesSynthesizer(delay_s=0.005)),
    "elevenlabs by socket": lambda: elevenlabs(transport="websocket"),
    "elevenlabs dialogue": lambda: elevenlabs(transport="websocket", model="eleven_v4"),
    "elevenlabs by http": lambda: elevenlabs(transport="http"),
    "chatterbox": chatterbox,
}
"""How each one is made, with the server that it needs, if any."""
ENGINES = [
    pytest.param("embedded", marks=pytest.mark.skipif(bool(embedded.missing(None)), reason="needs hibari-tts")),
    pytest.param("espeak", marks=pytest.mark.skipif(bool(espeak.missing(None)), reason="needs espeakng-loader")),
    "tones",
    "elevenlabs by socket",
    "elevenlabs dialogue",
    "elevenlabs by http",
    "chatterbox",
]
RENDERINGS = {
    "embedded": Rendering("test", "embedded", 5.5, {"pitch": 0.6, "formants": 0.86}),
    "espeak": Rendering("test", "espeak", -1.0, {"variant": "en-us+f3"}),
    "tones": Rendering("test", "tones", 0.0, {"hz": 220}),
    "elevenlabs": Rendering("test", "elevenlabs", 0.0, {"voice_id": VOICES[0]}),
    "chatterbox": Rendering("test", "chatterbox"),
}
WITHOUT_MARKS: Final = frozenset({"chatterbox"})
"""Engines that tell nothing of words."""
WITHOUT_SPEED: Final = frozenset({"tones", "elevenlabs dialogue", "chatterbox"})
"""Engines that speak at one pace."""
SLOW: Final = frozenset({"embedded", "elevenlabs", "chatterbox"})
"""Engines that take too long for 1,000 sentences; they say 50."""


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module", params=ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Synthesizer]:
    async with OPENED[request.param]() as engine:
        yield engine


@pytest.fixture
def marked(engine: Synthesizer) -> Synthesizer:
    if engine.name in WITHOUT_MARKS:
        pytest.skip("it has no marks")
    return engine


async def say(engine: Synthesizer, text: str) -> Sound:
    return await said(engine, text, RENDERINGS[engine.name])


async def said(engine: Synthesizer, text: str, rendering: Rendering) -> Sound:
    parts = [part async for part in engine.speak(text, rendering)]
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
async def test_marks_point_at_words_in_order_and_in_time(marked: Synthesizer, text: str) -> None:
    sound = await say(marked, text)
    assert len(sound.marks) >= 0.6 * len([word for word in text.split() if any(map(str.isalnum, word))])
    for one, next_one in pairwise(sound.marks):
        assert one.char < next_one.char
        assert one.at_s <= next_one.at_s
    for mark in sound.marks:
        assert not text[mark.char].isspace()
        assert 0 <= mark.at_s <= duration_s(sound.pcm)


async def test_the_first_mark_is_the_beginning_and_the_last_one_is_near_the_end(marked: Synthesizer) -> None:
    sound = await say(marked, SENTENCE)
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
    usual = RENDERINGS[engine.name]
    pcm = (await said(engine, SENTENCE, replace(usual, gain_db=usual.gain_db - 20))).pcm
    loud, soft = samples((await say(engine, SENTENCE)).pcm).astype(float), samples(pcm).astype(float)
    assert 20 * np.log10(loud.std() / soft.std()) == pytest.approx(20, abs=0.7)


async def test_speed_is_pace(engine: Synthesizer, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["engine"] in WITHOUT_SPEED:
        pytest.skip("it speaks at one pace")
    usual = RENDERINGS[engine.name]
    slow, fast = [duration_s((await said(engine, SENTENCE, replace(usual, speed=speed))).pcm) for speed in (0.8, 1.25)]
    assert slow / fast == pytest.approx(1.25 / 0.8, rel=0.15)


async def test_it_is_16_bit_and_no_noise(engine: Synthesizer) -> None:
    guard = SoundGuard()
    async for part in engine.speak(SENTENCE, RENDERINGS[engine.name]):
        guard.hear(part.pcm)
    guard.end()
    assert guard.clean > 2 * RATE


async def test_every_mark_comes_no_later_than_the_sound_of_the_next_word(marked: Synthesizer) -> None:
    """The catalogue hands a sentence over by them."""
    whole = await say(marked, SENTENCE)
    received_s, marks = 0.0, 0
    async for part in marked.speak(SENTENCE, RENDERINGS[marked.name]):
        received_s += duration_s(part.pcm)
        marks += len(part.marks)
        begun = sum(mark.at_s < received_s - 0.01 for mark in whole.marks)
        assert marks >= begun - 1


async def test_a_sentence_takes_as_long_after_a_cancelled_one_as_alone(engine: Synthesizer) -> None:
    """Whatever was cancelled is over within 100 ms, and holds up nobody."""
    await say(engine, SENTENCE)
    began_s = anyio.current_time()
    await say(engine, SENTENCE)
    alone_s = anyio.current_time() - began_s
    async with aclosing(engine.speak(SENTENCE * 40, RENDERINGS[engine.name])) as sounds:
        await anext(sounds)
        closing_s = anyio.current_time()
    closed_s = anyio.current_time() - closing_s
    began_s = anyio.current_time()
    await say(engine, SENTENCE)
    after_s = anyio.current_time() - began_s
    # Forty sentences take far longer than this on any machine, if they are made to their end.
    assert closed_s < 0.1 + 5 * alone_s
    assert after_s < 0.1 + 10 * alone_s


@pytest.mark.parametrize("name", ENGINES)
async def test_nothing_is_left_when_it_is_closed(name: str) -> None:
    gc.collect()
    before, tasks, threads = _open_files(), asyncio.all_tasks(), set(threading.enumerate())
    async with OPENED[name]() as engine:
        await say(engine, SENTENCE)
        async with aclosing(engine.speak(SENTENCE * 5, RENDERINGS[engine.name])) as sounds:
            await anext(sounds)
    await until(lambda: not asyncio.all_tasks() - tasks)
    await until(lambda: all(thread.daemon or _idle(thread) for thread in set(threading.enumerate()) - threads))
    gc.collect()
    await until(lambda: not _open_files() - before)


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not true():  # noqa: ASYNC110  neither the system nor asyncio has an event for it
            await anyio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_many_sentences_more_leave_nothing_more(engine: Synthesizer) -> None:
    """Three hundred, of which each may leave 500 bytes; `SENTENCES=1000 pytest …` takes a thousand."""

    async def speak(count: int) -> int:
        for number in range(count):
            await say(engine, f"Number {number}.")
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        count, most = (50, 500_000) if engine.name in SLOW else (SENTENCES, 500 * SENTENCES)
        before = await speak(count)  # whatever is kept of a sentence is kept by now
        after = await speak(count)
    finally:
        tracemalloc.stop()
    assert after - before < most


def _open_files() -> set[str]:
    """Sockets, pipes and files of this process."""
    found: set[str] = set()
    for file in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").exists() else ():
        with suppress(OSError):
            found.add(f"{file.name} {file.readlink()}")
    return {one for one in found if "/proc/" not in one and "fd" not in one.split()[-1]}


def _idle(thread: threading.Thread) -> bool:
    """A worker of anyio's that waits for work."""
    return "AnyIO worker thread" in thread.name


@pytest.mark.parametrize("options", [{"voic": "slt"}, {"voice": "../../etc/passwd", "variant": "../x"}, {"pitch": 1000}])
@pytest.mark.parametrize("engine", ENGINES[:2], indirect=True)  # tones have no options that could be wrong
async def test_what_an_engine_cannot_render_is_an_unknown_voice(engine: Synthesizer, options: dict[str, Any]) -> None:
    with pytest.raises(UnknownVoice):
        [part async for part in engine.speak(SENTENCE, Rendering("test", engine.name, 0.0, options))]


async def test_espeak_has_no_voice_of_that_name() -> None:
    with pytest.raises(UnknownVoice, match="no voice 'xx-yy'"):
        [part async for part in EspeakSynthesizer().speak("Hello.", Rendering("test", "espeak", 0.0, {"variant": "xx-yy"}))]
