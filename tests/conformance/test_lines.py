"""What every line promises, asked of each: the one in memory, and Azure's (the real SDK against the emulator)."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

import anyio
import pytest

from telephony.acs_emulator.call import Call
from telephony.line import Digit, DigitsNotSent, Line, LineClosed, NotAnswered, Refusal
from telephony.rehearsal import RehearsalLine
from tests.kit.emulated import CALLED, CALLER, telephone, tone
from voices.audio import FRAME_S, SILENCE, Frame, frames, level_dbfs


class FarEnd(Protocol):
    """The caller of a conformance test."""

    line: Line

    async def say(self, pcm: bytes) -> None: ...
    async def press(self, keys: str) -> None: ...
    def leave(self) -> None: ...
    async def over(self) -> None: ...
    @property
    def refused(self) -> str: ...
    @property
    def shown(self) -> str:
        """The keys that reached the caller's phone."""
        ...

    def heard_s(self) -> float:
        """Seconds of sound that the caller has heard, or will."""
        ...


@dataclass
class InMemory:
    line: RehearsalLine

    async def say(self, pcm: bytes) -> None:
        self.line.say(pcm)

    async def press(self, keys: str) -> None:
        self.line.press(keys)

    def leave(self) -> None:
        self.line.leave()

    async def over(self) -> None:
        await self.line.over.wait()

    @property
    def refused(self) -> str:
        return str(self.line.rejected or "")

    @property
    def shown(self) -> str:
        return self.line.shown

    def heard_s(self) -> float:
        return sum(FRAME_S for _, frame in self.line.heard if level_dbfs(frame) > -50)


@dataclass
class OverAzure:
    line: Line
    call: Call

    async def say(self, pcm: bytes) -> None:
        for frame in frames(pcm):
            self.call.say(frame)

    async def press(self, keys: str) -> None:
        await self.call.press(keys)

    def leave(self) -> None:
        self.call.end("the caller hangs up")

    async def over(self) -> None:
        await self.call.settled()
        await self.call.gone()

    @property
    def refused(self) -> str:
        return self.call.why

    @property
    def shown(self) -> str:
        return self.call.shown

    def heard_s(self) -> float:
        right = self.call.tape.wav()[44:]
        pcm = b"".join(right[at : at + 2] for at in range(2, len(right), 4))
        return sum(FRAME_S for frame in frames(pcm) if level_dbfs(frame) > -50)


@asynccontextmanager
async def in_memory() -> AsyncGenerator[InMemory]:
    yield InMemory(RehearsalLine())


@asynccontextmanager
async def over_azure() -> AsyncGenerator[OverAzure]:
    rung, ringing = anyio.create_memory_object_stream[Line](1)
    done = anyio.Event()

    async def handler(line: Line) -> None:
        await rung.send(line)
        await done.wait()

    async with telephone(handler) as (emulator, _):
        call = emulator.place(CALLER, CALLED)
        yield OverAzure(await ringing.receive(), call)
        done.set()
    rung.close()
    ringing.close()


@pytest.fixture(params=[in_memory, over_azure])
def ringing(request: pytest.FixtureRequest) -> Generator[Any]:
    """A line that rings, with whoever called."""
    return request.param


async def test_it_says_who_calls(ringing: Any) -> None:
    async with ringing() as far:
        assert far.line.caller.startswith("+")
        assert far.line.called.startswith("+")
        assert far.line.call_id
        assert far.line.kind in ("rehearsal", "acs")


async def test_a_refused_call_is_never_answered(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.reject(Refusal.FORBIDDEN)
        await far.over()
        assert "forbidden" in far.refused.lower()
        assert far.heard_s() == 0


async def test_a_frame_comes_every_20_ms_silence_included_and_keys_between_them(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.answer()
        await far.say(tone(0.2))
        await far.press("4#")
        loud, keys, count = 0, "", 0
        async with aclosing(far.line.hear()) as sounds:
            began_s = anyio.current_time()
            async for sound in sounds:
                if isinstance(sound, Digit):
                    keys += sound.key
                else:
                    assert isinstance(sound, Frame)
                    count += 1
                    loud += level_dbfs(sound) > -40
                if count == 50:
                    break
        assert anyio.current_time() - began_s == pytest.approx(1.0, abs=0.3)
        assert loud == pytest.approx(10, abs=1)
        assert keys == "4#"


async def test_what_is_played_is_paced_and_heard_when_it_says(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.answer()
        heard = [await far.line.play(frame, 0.1) for frame in frames(tone(0.6))]
        ahead_s = heard[-1] + FRAME_S - anyio.current_time()
        assert 0.02 < ahead_s <= 0.12  # never more ahead than asked for
        gaps = [later - earlier for earlier, later in itertools.pairwise(heard)]
        # The machine may stall between two frames; but none comes too early, and most come when they should.
        assert min(gaps) > FRAME_S - 0.012
        assert median(gaps) == pytest.approx(FRAME_S, abs=0.004)
        await far.line.hang_up()
        await far.over()
        assert far.heard_s() == pytest.approx(0.6, abs=0.05)  # the end was heard before it hung up


async def test_what_is_cleared_is_not_heard(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.answer()
        for frame in frames(tone(0.5)):
            await far.line.play(frame, 0.5)  # all of it at once, far ahead
        cleared_s = await far.line.clear()
        assert cleared_s == pytest.approx(anyio.current_time(), abs=0.05)
        assert await far.line.play(SILENCE) == pytest.approx(anyio.current_time(), abs=0.05)
        await far.line.hang_up()
        await far.over()
        assert far.heard_s() < 0.2


async def test_keys_arrive_in_order_however_many_and_who_presses_them(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.answer()
        await far.line.send_digits("")
        await far.line.send_digits("12*#")
        assert far.shown == "12*#"  # it returns when they are there
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(far.line.send_digits, "0123456789ABCD0123456789ABCD")
            tasks.start_soon(far.line.send_digits, "99")
        assert far.shown == "12*#" + "0123456789ABCD0123456789ABCD" + "99"
        with pytest.raises(DigitsNotSent, match="no 'wx'"):
            await far.line.send_digits("1wx")
        assert far.shown.endswith("D99")


async def test_no_key_is_pressed_before_the_call_is_up_or_when_it_is_over(ringing: Any) -> None:
    async with ringing() as far:
        with pytest.raises(LineClosed):
            await far.line.send_digits("1")
        await far.line.answer()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave_later, far)
            with pytest.raises(LineClosed):
                await far.line.send_digits("1" * 30)
        with pytest.raises(LineClosed):
            await far.line.send_digits("1")


async def leave_later(far: FarEnd) -> None:
    await anyio.sleep(0.5)
    far.leave()


async def test_when_the_caller_leaves_hearing_ends_and_playing_says_so(ringing: Any) -> None:
    async with ringing() as far:
        await far.line.answer()
        far.leave()
        async with aclosing(far.line.hear()) as sounds:
            async for _ in sounds:
                pass
        with pytest.raises(LineClosed):
            await play_for_ever(far.line)
        await far.line.hang_up()
        await far.line.hang_up()


async def play_for_ever(line: Line) -> None:
    while True:
        await line.play(SILENCE)


async def test_who_left_while_it_rang_cannot_be_answered(ringing: Any) -> None:
    async with ringing() as far:
        far.leave()
        with pytest.raises((LineClosed, NotAnswered)):
            await far.line.answer()
        await far.line.hang_up()
