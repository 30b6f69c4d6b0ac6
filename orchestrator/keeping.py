"""Long work opened for a house, and kept where it survives the house: DBOS is an extra, and without it work lives in memory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import anyio
import anyio.to_thread
import structlog

from agents.work import TaskRunner
from orchestrator.config import Settings
from orchestrator.life import InMemory
from orchestrator.tasks import Tasks
from orchestrator.zones import zone

log = structlog.get_logger()

WRITABLE: Final = "`pai-voice doctor` says what is wrong with `home`; start the server again when it is mended"
INSTALL: Final = "pip install 'pai-voice[pai]'"


@asynccontextmanager
async def doing(runner: TaskRunner, settings: Settings, now: Callable[[], datetime]) -> AsyncGenerator[Tasks]:
    """Long work is done while this is entered, and broken off when it is left."""
    async with anyio.create_task_group() as group:
        yield Tasks(
            runner,
            settings.home,
            now,
            group,
            callback=settings.callback,
            zone=zone(settings.house.zone),
            series=f"{secrets.token_hex(2)}-",
        )
        group.cancel_scope.cancel()


def is_installed() -> bool:
    return find_spec("dbos") is not None


@asynccontextmanager
async def kept(tasks: Tasks, settings: Settings) -> AsyncGenerator[None]:
    """While this is entered, tasks are kept as well as they can be. Raises TasksUnreachable."""
    if not await anyio.to_thread.run_sync(is_installed):
        log.warning("tasks_in_memory", fix=INSTALL)
        yield
        return
    await anyio.to_thread.run_sync(import_module, "orchestrator.durable")  # a second of reading, off the event loop
    from orchestrator.durable import durable

    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(durable(tasks, settings.home, settings.tasks.database))
        except OSError as error:  # a folder that cannot be written is no reason not to answer the phone
            log.warning("tasks_in_memory", reason=str(error), fix=WRITABLE)
            tasks.keep = lambda task: tasks.live(task, InMemory(suffices=False))
        yield
