"""The time of a run of the command line, in virtual time and without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from agents.pai import _STOP_S, _Run  # pyright: ignore[reportPrivateUsage]
from agents.pai_wire import Wants, pack
from agents.work import Answer, Asks, Failed, Stop, Word, Working
from tests.agents.command_line import PHONE_WORDS
from tests.agents.workplace import order

ANSWERED_S: Final = 200.0
PUSH: Final = pack(Wants("q1", "Bash", {"command": "git push"}))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def judged(wants: Wants) -> tuple[Asks, bool]:
    return Asks(wants.ask, "May I push?", wants.tool), False


class Asking:
    """A worker that asks at once, and then says nothing more."""

    def __init__(self) -> None:
        self.lines = [PUSH]
        self.told: list[tuple[float, Any]] = []

    async def line(self) -> bytes:
        if not self.lines:
            await anyio.sleep_forever()
        return self.lines.pop()

    async def send(self, message: Any) -> None:
        self.told.append((anyio.current_time(), message))


class Flooding(Asking):
    """A worker that never stops telling."""

    async def line(self) -> bytes:
        return pack(Working("Read"))


async def test_much_to_tell_does_not_hold_up_the_end_of_the_time(tmp_path: Path) -> None:
    worker = Flooding()
    send, words = anyio.create_memory_object_stream[Word](1)
    with send, words:
        run = _Run(order(tmp_path, minutes=0), PHONE_WORDS, worker, words, judged)  # pyright: ignore[reportArgumentType]
        assert await run.next() == [Working("Read")]
        assert [message for _, message in worker.told] == [Stop()]
        await anyio.sleep(_STOP_S)
        *_, failed = await run.next()
        assert isinstance(failed, Failed)
        assert failed.error.code == "work_out_of_time"


async def test_waiting_for_an_answer_is_not_of_its_time(tmp_path: Path) -> None:
    worker, began_s = Asking(), anyio.current_time()
    send, words = anyio.create_memory_object_stream[Word](1)
    with send, words:
        run = _Run(order(tmp_path, minutes=1), PHONE_WORDS, worker, words, judged)  # pyright: ignore[reportArgumentType]
        (asks,) = await run.next()
        assert isinstance(asks, Asks)
        async with anyio.create_task_group() as group:
            group.start_soon(run.next)
            await anyio.sleep(ANSWERED_S)
            send.send_nowait(Answer("q1", yes=True))
        await run.next()
        assert [at_s - began_s for at_s, _ in worker.told] == [ANSWERED_S, ANSWERED_S + 60]
        assert isinstance(worker.told[-1][1], Stop)
