"""The line that listens along: what it takes for a person, for how long, and for our own voice coming back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio
import pytest

from orchestrator.machine import Finding
from orchestrator.pickup import PickedUp
from telephony.line import Digit, LineClosed
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import LOUD, PHRASES
from voices.audio import SILENCE
from voices.engines.scripted import FAILURE, ScriptedRecognizer
from voices.engines.tones import tone
from voices.vad import LevelVad

HUM = tone(200, 1.0, LOUD)
PAUSE = bytes(len(HUM))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@asynccontextmanager
async def picked_up(line: RehearsalLine, *texts: str, late_s: float = 0.15) -> AsyncGenerator[PickedUp]:
    ears = ScriptedRecognizer(texts, delay_s=late_s)
    async with aclosing(line.hear()) as sounds, anyio.create_task_group() as tasks:
        yield PickedUp(line, sounds, LevelVad(), ears, PHRASES, tasks)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("words", "found"),
    [("this is Kai your line", None), ("is Kai your lion", None), ("it's me, who is there", Finding.PERSON), (FAILURE, None)],
)
async def test_what_comes_back_of_our_own_words_is_nobodys(words: str, found: Finding | None) -> None:
    line = RehearsalLine()
    async with picked_up(line, words) as up:
        assert await up.next() is Finding.SILENT
        up.says("This is Kai, your line.")
        line.say(HUM * 2)
        assert await up.next(within_s=6) is found


async def test_words_that_come_too_late_are_not_understood() -> None:
    line = RehearsalLine()
    line.say(HUM * 3)
    async with picked_up(line, "Good morning, who is it?", late_s=5) as up:
        assert await up.next() is Finding.UNSURE


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("please leave a message after the tone", Finding.MACHINE),
        ("please record your name and reason for calling", Finding.SCREENER),
        ("to accept press one", Finding.MENU),
        ("", Finding.UNSURE),
    ],
)
async def test_the_call_is_over_for_what_proves_to_be_no_person_and_yet_the_line_is_up(words: str, found: Finding) -> None:
    line = RehearsalLine()
    line.say(HUM)
    async with picked_up(line, "Hi.") as up:
        assert await up.next() is Finding.PERSON
        await up.play(SILENCE)
        up.heard(words, 3.0)
        assert [sound async for sound in up.hear()] == []
        assert (up.found, up.person, up.gone) == (found, False, False)
        with pytest.raises(LineClosed):
            await up.play(SILENCE)
        await up.hang_up()
        assert not line.over.is_set()
        up.says("We say who we are.")
        await up.play(SILENCE)


async def test_a_person_is_one_again_after_that() -> None:
    line = RehearsalLine()
    line.say(HUM)
    async with picked_up(line, "Hi.", "Hello, it's me.") as up:
        assert await up.next() is Finding.PERSON
        up.heard("state your name", 2.0)
        line.say(PAUSE + HUM)
        assert await up.next() is Finding.PERSON
        await up.play(SILENCE)


@pytest.mark.parametrize("words", ["Who is it?", "", "one moment"])
async def test_short_words_and_understood_ones_are_a_persons_as_is_what_follows_them(words: str) -> None:
    line = RehearsalLine()
    line.say(HUM)
    async with picked_up(line, "Hello?") as up:
        assert await up.next() is Finding.PERSON
        up.heard(words, 1.0)
        up.heard("Tell me", 1.0)
        up.heard("", 4.0)
        assert up.person


async def test_who_presses_a_key_is_a_person_whatever_follows() -> None:
    line = RehearsalLine()
    line.press("5")
    line.say(HUM * 8)
    async with picked_up(line, "leave a message after the tone") as up:
        assert await up.next() is Finding.PERSON
        await up.certain()
        first = await anext(up.hear())
        assert first == Digit("5")
        async for _ in up.hear():
            if line.spoken:
                break
        up.heard("leave a message after the tone", 3.0)
        assert up.person


async def test_who_hangs_up_before_a_word_was_not_there() -> None:
    line = RehearsalLine()
    line.leave()
    async with picked_up(line) as up:
        assert await up.next() is None
        assert up.gone
