"""The embedded ear: what it understands, and what happens when its workers die."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from tests.kit.caller_lines import DEMO, DEMO_LINES, NAMES, TEST_LINES, TESTS, by_telephone, heard, words
from voices.audio import Frame, frames, read_wav
from voices.engines import pocketsphinx
from voices.engines.pocketsphinx import PocketsphinxRecognizer
from voices.engines.pocketsphinx_worker import AUDIO, BEGIN, END, pack, serve
from voices.engines.pronunciation import guess, known
from voices.recognition import RecognizerFailed, RecognizerUnavailable

SOUNDS = {name: read_wav(folder / f"{name}.wav") for folder, names in ((DEMO, DEMO_LINES), (TESTS, TEST_LINES)) for name in names}
TEXTS = {name: words(text) for name, text in (DEMO_LINES | TEST_LINES).items()}
SPOKEN, TEXT = SOUNDS["follow_up"], TEXTS["follow_up"]


def workers() -> list[int]:
    """Child processes that run."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in found if " Z " not in Path(f"/proc/{pid}/stat").read_text()]


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are looked for in /proc")


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module")
async def recognizer() -> AsyncIterator[PocketsphinxRecognizer]:
    recognizer = PocketsphinxRecognizer(hints=NAMES)
    await recognizer.warm()
    yield recognizer
    await recognizer.aclose()


@pytest.fixture
async def fresh() -> AsyncIterator[PocketsphinxRecognizer]:
    recognizer = PocketsphinxRecognizer(workers=1)
    yield recognizer
    await recognizer.aclose()


@pytest.mark.parametrize("name", SOUNDS)
async def test_the_recorded_caller_is_understood(recognizer: PocketsphinxRecognizer, name: str) -> None:
    assert words(await heard(recognizer, SOUNDS[name])) == TEXTS[name]


@pytest.mark.parametrize("name", ["engineer", "follow_up", "research", "panel", "goodbye"])
async def test_so_it_is_by_telephone(recognizer: PocketsphinxRecognizer, name: str) -> None:
    assert words(await heard(recognizer, by_telephone(SOUNDS[name]))) == TEXTS[name]


async def test_a_worker_that_dies_is_replaced_and_hears_it_all_again(fresh: PocketsphinxRecognizer) -> None:
    async def killed_in_the_middle() -> AsyncIterator[Frame]:
        for number, frame in enumerate(frames(bytes(9_600) + SPOKEN + bytes(3_200))):
            if number == 80:
                os.kill((await to_thread.run_sync(workers))[-1], signal.SIGKILL)
                await anyio.sleep(0.05)
            yield frame

    texts = [text.text async for text in fresh.transcribe(killed_in_the_middle())]
    assert texts == [TEXT]


async def test_a_worker_killed_between_utterances_costs_nothing(fresh: PocketsphinxRecognizer) -> None:
    await fresh.warm()
    os.kill(workers()[-1], signal.SIGKILL)
    assert await heard(fresh, SPOKEN) == TEXT


async def test_a_worker_may_take_its_time_to_start() -> None:
    recognizer = PocketsphinxRecognizer(workers=1, patience_s=0.02)
    await recognizer.warm()
    await recognizer.aclose()


async def test_a_worker_that_hangs_is_replaced_too() -> None:
    recognizer = PocketsphinxRecognizer(workers=1, patience_s=2.0)
    before = set(workers())
    await recognizer.warm()
    (hanging,) = set(workers()) - before
    os.kill(hanging, signal.SIGSTOP)
    assert await heard(recognizer, SPOKEN) == TEXT
    assert hanging not in workers()
    await recognizer.aclose()


async def test_an_utterance_that_kills_two_workers_fails_and_the_next_one_works(fresh: PocketsphinxRecognizer) -> None:
    async def deadly() -> AsyncIterator[Frame]:
        for frame in frames(SPOKEN):
            yield frame
            for pid in set(await to_thread.run_sync(workers)) - before:
                os.kill(pid, signal.SIGKILL)
            await anyio.sleep(0.02)

    before = set(workers())
    with pytest.raises(RecognizerFailed, match="died twice") as raised:
        [text async for text in fresh.transcribe(deadly())]
    assert raised.value.retryable
    assert await heard(fresh, SPOKEN) == TEXT


async def test_a_second_utterance_waits_for_the_only_worker_and_loses_nothing(fresh: PocketsphinxRecognizer) -> None:
    before = set(workers())
    found: list[str] = []

    async def one() -> None:
        found.append(await heard(fresh, SPOKEN))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        tasks.start_soon(one)
    assert found == [TEXT] * 2
    assert len(set(workers()) - before) == 1


async def test_closing_ends_the_workers_and_what_they_were_at() -> None:
    before = set(workers())
    recognizer = PocketsphinxRecognizer(workers=2)
    listening = anyio.Event()

    async def endless() -> AsyncIterator[Frame]:
        for frame in frames(SPOKEN):
            yield frame
        listening.set()
        while True:
            await anyio.sleep(0.02)
            yield Frame(bytes(640))

    async def one() -> None:
        with pytest.raises(RecognizerFailed, match="closed"):
            [text async for text in recognizer.transcribe(endless())]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        await listening.wait()
        await recognizer.aclose()
    assert set(workers()) == before


async def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(pocketsphinx, "find_spec", nothing)
    with pytest.raises(RecognizerUnavailable, match="pip install 'pocketsphinx"):
        await PocketsphinxRecognizer().warm()


def test_the_worker_ends_with_its_input_and_answers_only_the_latest_utterance() -> None:
    spoken = SOUNDS["goodbye"]
    asked = [pack(BEGIN, b'{"id": 1, "hints": []}'), pack(AUDIO, SPOKEN[:64_000])]
    asked += [pack(BEGIN, b'{"id": 2, "hints": ["Zaphod"]}'), pack(AUDIO, spoken), pack(END), pack(AUDIO, spoken)[:99]]
    out = io.BytesIO()
    serve(io.BytesIO(b"".join(asked)), out)
    (answer,) = out.getvalue().splitlines()
    assert json.loads(answer) == {"id": 2, "text": "that is all good bye"}


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("Kai", "K AY"),
        ("juno", "JH AH N OW"),
        ("Phil", "F IH L"),
        ("mika", "M IH K AH"),
        ("Dave", "D EY V"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_names_are_spelled_in_sounds(word: str, phones: str) -> None:
    assert (known(word) or guess(word)) == phones
