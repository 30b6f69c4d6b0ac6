"""Nobody is called who is on the phone, and nobody twice at once."""

from __future__ import annotations

import anyio

from orchestrator.presence import Presence, Turn
from tests.orchestrator.workroom import OWNER


class Lost(Turn):
    """It was ours before we slept."""

    def __init__(self) -> None:
        super().__init__()
        self.held.set()
        self.looks = 0

    async def sure(self) -> bool:
        self.looks += 1
        if self.looks == 1:
            self.held = anyio.Event()
        return self.held.is_set()


async def test_a_turn_that_was_lost_in_our_sleep_is_waited_for_anew() -> None:
    turn = Lost()
    presence, called = Presence(lambda _: turn), anyio.Event()

    async def call() -> None:
        async with presence.calling(OWNER):
            called.set()

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await anyio.wait_all_tasks_blocked()
        assert (turn.looks, called.is_set()) == (1, False)
        turn.held.set()
        await called.wait()


async def test_who_calls_us_while_we_still_prepare_is_not_called() -> None:
    presence, called = Presence(), anyio.Event()

    async def call() -> None:
        async with presence.calling(OWNER) as until_free:
            await up.wait()
            await until_free()
            called.set()

    up = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(call)
        with presence.on_the_line(OWNER):
            up.set()
            await anyio.wait_all_tasks_blocked()
            assert not called.is_set()
        await called.wait()
