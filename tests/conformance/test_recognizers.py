"""What every recogniser promises, whatever it understands."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio
import pytest

from tests.kit.caller_lines import DEMO
from tests.kit.ears import hear, speech, whisper
from voices.audio import read_wav
from voices.engines.registry import RECOGNIZERS
from voices.engines.scripted import ScriptedRecognizer
from voices.recognition import Heard, Recognizer
from voices.settings import EarSettings

pytestmark = pytest.mark.timeout(120)  # engines are loaded

REAL = {"whisper": whisper}


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


def test_every_engine_is_here() -> None:
    """With a model that is loaded for all tests, and the name by which the settings know it."""
    assert list(REAL) == [engine.name for engine in RECOGNIZERS]
    for engine in RECOGNIZERS:
        assert engine.kind == "recognizer"
        assert engine.missing(EarSettings()) is None
        assert engine.make(EarSettings()).name == engine.name == REAL[engine.name]().name


@pytest.fixture(scope="module", params=["scripted", *REAL])
async def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    chosen = REAL[request.param]() if request.param in REAL else ScriptedRecognizer(["words"] * 20, delay_s=0.01)
    await chosen.warm()
    return chosen


SPOKEN = read_wav(DEMO / "goodbye.wav")


@pytest.mark.parametrize("pcm", [SPOKEN, bytes(16_000), SPOKEN[:1_000]], ids=["speech", "silence", "half a word"])
async def test_one_final_text_and_it_is_the_last(recognizer: Recognizer, pcm: bytes) -> None:
    heard = await hear(recognizer, pcm, "Kai", "Red Team", "日本", "", *(f"Agent {number}" for number in range(200)))
    assert [each.final for each in heard] == [False] * (len(heard) - 1) + [True]
    assert {each.engine for each in heard} == {recognizer.name}
    assert all(0 <= each.doubt <= 1 for each in heard)


@pytest.mark.parametrize("recognizer", REAL, indirect=True)  # a script goes on whatever it hears
@pytest.mark.parametrize("pcm", [b"", bytes(64_000)], ids=["no sound", "silence"])
async def test_no_sound_is_no_words(recognizer: Recognizer, pcm: bytes) -> None:
    assert [heard.text for heard in await hear(recognizer, pcm)] == [""]


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
