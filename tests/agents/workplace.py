"""Long work under test: an order of the Engineer's, and a run of it to its end with a caller who answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio

from agents.definition import Task
from agents.work import Asks, Order, TaskEvent, TaskRunner, Word
from tests.agents.stage import ROSTER

Caller = Callable[[TaskEvent], Word | None]
"""What the caller says to that; `HANGS_UP` ends the line."""
HANGS_UP: Any = object()


def order(folder: Path, prompt: str = "Do the work.", *, session: str = "", minutes: float | None = None, **task: Any) -> Order:
    """`minutes`: less of them than a file may say, so that nobody has to wait for their end."""
    rights = Task.model_validate(task).model_copy(update={} if minutes is None else {"max_minutes": minutes})
    agent = ROSTER["engineer"].model_copy(update={"task": rights})
    return Order(task="t1", prompt=prompt, agent=agent, folder=folder, session=session)


def unasked(event: TaskEvent) -> None:
    """The caller of work that should ask nothing: it would wait for the answer."""
    assert not isinstance(event, Asks)


async def ran(runner: TaskRunner, of: Order, caller: Caller = unasked) -> list[TaskEvent]:
    """All that it tells, to the end."""
    told: list[TaskEvent] = []
    send, words = anyio.create_memory_object_stream[Word](8)  # more than any caller here says at once
    with send, words:
        async with aclosing(runner.run(of, words)) as events:
            async for event in events:
                told.append(event)
                word = caller(event)
                if word is HANGS_UP:
                    send.close()
                elif word is not None:
                    send.send_nowait(word)
    return told
