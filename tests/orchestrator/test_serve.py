"""What `pai-voice serve` does before it answers."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus

from orchestrator.backlog import Unstored
from orchestrator.config import Settings
from orchestrator.errors import ConfigError
from orchestrator.serve import answering, serve


@pytest.mark.skipif(sys.platform != "linux", reason="of /proc")
async def test_no_other_program_reads_its_environment() -> None:
    kernel = ctypes.CDLL(None)
    try:
        with pytest.raises(ConfigError):
            await serve(Settings(), print)
        assert kernel.prctl(3) == 0  # PR_GET_DUMPABLE: only root opens what /proc has of us
    finally:
        kernel.prctl(4, 1)


async def test_a_call_that_comes_early_rings_until_its_work_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it asks for would be in memory only, and lost with us."""
    order: list[str] = []
    rung, taken = anyio.Event(), anyio.Event()

    class Listener:
        number, routes = "", ()

        def __init__(self, *_: Any) -> None:
            pass

        async def serve(self, handler: Callable[[Any], Coroutine[Any, Any, None]], *, task_status: TaskStatus[None]) -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(handler, None)
                rung.set()
                task_status.started()
                await anyio.sleep_forever()

    class Early:
        tasks, settings, care, unstored = object(), None, None, Unstored()

        async def take(self, _: Any) -> None:
            order.append("answered")
            taken.set()

    @asynccontextmanager
    async def kept(*_: Any) -> AsyncGenerator[None]:
        await rung.wait()
        await anyio.wait_all_tasks_blocked()  # whoever could answer by now has
        order.append("open")
        yield

    monkeypatch.setattr("orchestrator.serve.AcsListener", Listener)
    monkeypatch.setattr("orchestrator.serve.kept", kept)
    house: Any = Early()
    async with answering(house, lambda _: None):  # type: ignore[arg-type,return-value]  nobody looks at them here
        await taken.wait()
    assert order == ["open", "answered"]
