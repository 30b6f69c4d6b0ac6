"""What every recogniser promises, whatever it understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.kit.caller_lines import DEMO
from tests.kit.tiny_whisper import build
from voices.audio import Frame, frames, read_wav
from voices.engines.pocketsphinx import PocketsphinxRecognizer
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Heard, Recognizer

pytestmark = pytest.mark.timeout(60)  # engines are loaded


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module", params=["scripted", "pocketsphinx", "whisper"])
async def recognizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Recognizer]:
    recognizer: Recognizer
    match request.param:
        case "scripted":
            recognizer = ScriptedRecognizer(["words"] * 20, delay_s=0.01)
        case "pocketsphinx":
            recognizer = PocketsphinxRecognizer()
        case _:
            recognizer = WhisperRecognizer(str(build(tmp_path_factory.mktemp("tiny"))), cpu_threads=1)
    await recognizer.warm()
    yield recognizer
    await recognizer.aclose()


async def speech(pcm: bytes, *, then: anyio.Event | None = None) -> AsyncIterator[Frame]:
    for frame in frames(pcm):
        yield frame
    if then:
        await then.wait()


async def hear(recognizer: Recognizer, pcm: bytes, *hints: str) -> list[Heard]:
    return [heard async for heard in recognizer.transcribe(speech(pcm), hints=hints)]


SPOKEN = read_wav(DEMO / "goodbye.wav")


@pytest.mark.parametrize("pcm", [SPOKEN, bytes(16_000), SPOKEN[:1_000]], ids=["speech", "silence", "half a word"])
async def test_one_final_text_and_it_is_the_last(recognizer: Recognizer, pcm: bytes) -> None:
    heard = await hear(recognizer, pcm, "Kai", "Red Team", "日本", "")
    assert [each.final for each in heard] == [False] * (len(heard) - 1) + [True]
    assert {each.engine for each in heard} == {recognizer.name}
    assert all(0 <= each.doubt <= 1 for each in heard)


@pytest.mark.parametrize("recognizer", ["pocketsphinx", "whisper"], indirect=True)  # a script goes on whatever it hears
async def test_no_sound_is_no_words(recognizer: Recognizer) -> None:
    assert [heard.text for heard in await hear(recognizer, b"")] == [""]


async def test_many_at_the_same_time(recognizer: Recognizer) -> None:
    found: list[list[Heard]] = []

    async def one() -> None:
        found.append(await hear(recognizer, SPOKEN))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(one)
    assert len({(each[-1].text, each[-1].final) for each in found}) == 1
    assert len(found) == 4


async def test_giving_up_at_any_moment_leaves_it_ready(recognizer: Recognizer) -> None:
    before = await hear(recognizer, SPOKEN)
    for _ in range(3):
        async with aclosing(recognizer.transcribe(speech(SPOKEN, then=anyio.Event()))) as texts:
            with anyio.move_on_after(0.05) as scope:
                await anext(texts)
            assert scope.cancelled_caught
    assert await hear(recognizer, SPOKEN) == before


async def test_cancelling_while_it_decodes_returns_at_once(recognizer: Recognizer) -> None:
    with anyio.fail_after(2):
        for wait_s in (0.0, 0.005, 0.02):
            with anyio.move_on_after(wait_s):
                await hear(recognizer, SPOKEN)


async def test_warming_twice_is_no_harm(recognizer: Recognizer) -> None:
    await recognizer.warm()
    assert (await hear(recognizer, SPOKEN))[-1].final


def test_the_tiny_model_is_tiny(tmp_path: Path) -> None:
    assert sum(file.stat().st_size for file in build(tmp_path).iterdir()) < 300_000
