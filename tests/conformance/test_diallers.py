"""What every dialler promises, asked of each: the one in memory, and Azure's (the real SDK against the emulator)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import anyio
import pytest

from telephony.acs_emulator import CallOptions, EmulatorSettings
from telephony.acs_emulator.call import State
from telephony.caller import Manners, Utterance
from telephony.dial import pick_up
from telephony.line import Dialler, Line, LineBusy, LineClosed, LineError, LineRejected, NotAnswered
from telephony.rehearsal import BUSY, Pickup, RehearsalDialler
from tests.kit.emulated import CALLER, telephone, tone
from voices.audio import FRAME_S, SILENCE, Frame, frames, level_dbfs

Does = Literal["answer", "busy", "decline", "ignore"]
RINGS_S: Final = 1.0
HELLO: Final = tone(0.4)
RESPONSES: Final[dict[Does, Pickup]] = {
    "answer": Pickup(0.1, says=HELLO),
    "busy": BUSY,
    "decline": Pickup(0.1, LineRejected),
    "ignore": Pickup(60),
}


@dataclass
class Office:
    dialler: Dialler
    rings_no_more: Callable[[], Awaitable[bool]]
    """Of the last phone that was rung."""


@asynccontextmanager
async def in_memory(does: Does, rings_s: float) -> AsyncGenerator[Office]:
    async def quiet() -> bool:
        return True

    yield Office(RehearsalDialler(RESPONSES[does], ring_s=rings_s), quiet)


@asynccontextmanager
async def over_azure(does: Does, rings_s: float) -> AsyncGenerator[Office]:
    async def nobody(line: Line) -> None:
        raise AssertionError("nothing rang")

    async with telephone(nobody, ring_s=rings_s) as (emulator, listener), anyio.create_task_group() as tasks:

        async def quiet() -> bool:
            await emulator.calls[-1].gone()
            return emulator.calls[-1].state is State.ENDED

        phone = partial(pick_up, emulator.url, CALLER, [Utterance(HELLO, unasked=True)], response=does, manners=Manners(max_s=60))
        await tasks.start(phone)
        yield Office(listener, quiet)
        tasks.cancel_scope.cancel()


@pytest.fixture(params=[in_memory, over_azure])
def office(request: pytest.FixtureRequest) -> Generator[Any]:
    """A dialler, and one phone that does as it is told."""
    return request.param


async def test_a_call_that_is_taken_is_up_and_begins_with_the_pick_up(office: Any) -> None:
    async with office("answer", 30) as here:
        assert here.dialler.number.startswith("+")
        line = await here.dialler.dial(CALLER)
        assert (line.caller, line.called, line.kind) == (CALLER, here.dialler.number, here.dialler.kind)
        await line.answer()
        loud = 0
        async with aclosing(line.hear()) as sounds:
            async for sound in sounds:
                loud += isinstance(sound, Frame) and level_dbfs(sound) > -40
                if loud >= len(HELLO) / 640:
                    break
        for frame in frames(tone(0.2)):
            await line.play(frame)
        await line.hang_up()
        with pytest.raises(LineClosed):
            await line.play(SILENCE)
        assert await here.rings_no_more()


@pytest.mark.parametrize(("does", "error"), [("busy", LineBusy), ("decline", LineRejected), ("ignore", NotAnswered)])
async def test_a_call_that_is_not_taken_says_why(office: Any, does: Does, error: type[LineError]) -> None:
    async with office(does, RINGS_S) as here:
        began_s = anyio.current_time()
        with pytest.raises(LineError) as failed:
            await here.dialler.dial(CALLER)
        assert failed.type is error
        assert (anyio.current_time() - began_s >= RINGS_S - FRAME_S) is (does == "ignore")
        assert await here.rings_no_more()


async def test_who_gives_up_rings_no_more(office: Any) -> None:
    async with office("ignore", 30) as here:
        with anyio.move_on_after(0.5) as patience:
            await here.dialler.dial(CALLER)
        assert patience.cancelled_caught
        assert await here.rings_no_more()


async def test_the_carrier_gives_up_a_phone_that_nobody_takes() -> None:
    async def nobody(line: Line) -> None:
        raise AssertionError("nothing rang")

    settings = EmulatorSettings(outbound=CallOptions(ring_s=0.3))
    async with telephone(nobody, settings) as (emulator, listener), anyio.create_task_group() as tasks:
        await tasks.start(partial(pick_up, emulator.url, CALLER, response="ignore"))
        with pytest.raises(NotAnswered, match="480 560480"):
            await listener.dial(CALLER)
        tasks.cancel_scope.cancel()
