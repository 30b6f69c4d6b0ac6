"""What was asked of work is on disk before it is confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agents.work import Add, Stop
from orchestrator.task import Task
from tests.orchestrator.workroom import workroom


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def test_work_is_not_confirmed_before_it_is_kept(tmp_path: Path) -> None:
    open_ = anyio.Event()
    async with workroom(tmp_path, {"waits_for": "go"}, {"done": {"result": "# The post", "spoken": "Done."}}) as room:
        lives = room.tasks.keep

        async def slow(task: Task) -> None:
            await open_.wait()
            await lives(task)

        room.tasks.keep = slow
        task = room.start()
        assert not await task.until_kept(5)
        open_.set()
        assert await task.until_kept(5)
        await anyio.sleep(1)  # the run listens
        task.tell(Add("with pictures"))
        assert await task.until_kept(5)
        task.tell(Stop())
        assert await task.until_kept(5)
