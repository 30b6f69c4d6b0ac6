"""The line that listens along: what it takes for a machine, and for our own voice coming back."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio
import pytest

from orchestrator.pickup import PickedUp
from telephony.line import Digit, LineClosed
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import LOUD
from voices.audio import SILENCE, frames
from voices.engines.tones import tone
from voices.vad import LevelVad

HUM = tone(200, 1.0, LOUD)


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def heard_to_the_end(up: PickedUp) -> int:
    count = 0
    async for _ in up.hear():
        count += 1
    return count


@pytest.mark.parametrize("we_speak", [True, False])
async def test_what_comes_while_we_speak_may_be_our_echo(we_speak: bool) -> None:
    line = RehearsalLine()
    async with aclosing(line.hear()) as sounds, anyio.create_task_group() as tasks:
        up = PickedUp(line, sounds, LevelVad())
        assert await up.greeted()
        assert not up.machine
        line.say(HUM * 9)

        async def speak() -> None:
            for frame in frames(HUM * 9):
                await up.play(frame)
            await anyio.sleep(1)
            await up.hang_up()

        if we_speak:
            tasks.start_soon(speak)
        await heard_to_the_end(up)
        tasks.cancel_scope.cancel()
        assert up.machine is not we_speak


async def test_a_machine_hung_up_for_the_call_and_yet_the_line_is_up() -> None:
    line = RehearsalLine()
    line.say(HUM * 6)
    async with aclosing(line.hear()) as sounds:
        up = PickedUp(line, sounds, LevelVad())
        assert await up.greeted()
        assert up.machine
        with pytest.raises(LineClosed):
            await up.play(SILENCE)
        await up.hang_up()
        assert not line.over.is_set()
        assert await up.recording()
        await line.play(SILENCE)


async def test_who_presses_a_key_is_a_person_whatever_follows() -> None:
    line = RehearsalLine()
    line.press("5")
    line.say(HUM * 8)
    async with aclosing(line.hear()) as sounds:
        up = PickedUp(line, sounds, LevelVad())
        assert await up.greeted()
        await up.certain()
        first = await anext(up.hear())
        assert first == Digit("5")
        async for _ in up.hear():
            if line.spoken:
                break
        assert not up.machine


async def test_who_hangs_up_before_a_word_was_not_there() -> None:
    line = RehearsalLine()
    line.leave()
    async with aclosing(line.hear()) as sounds:
        assert not await PickedUp(line, sounds, LevelVad()).greeted()
