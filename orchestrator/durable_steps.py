"""The steps of a task's life, each done once: kept by DBOS, in a database or in a file on a disk that may be full."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup
from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.life import AGAIN_S
from orchestrator.records import Record
from orchestrator.servers import Servers

log = structlog.get_logger()

SLACK: Final = 16_384  # bytes, beside a step's result: what DBOS writes with it
WRITABLE: Final = "`pai-voice doctor` says what is wrong with `home`"


class DurableSteps:
    """See orchestrator.life.Steps. Where the database is away, DBOS waits until it is back."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.ours = True
        """Nobody else has taken the task over."""
        self.lived = False
        """It is over, and only that is still to be kept."""

    @asynccontextmanager
    async def keeping(self) -> AsyncGenerator[None]:
        """For the length of a life; when it is left, all of it is kept."""
        yield

    def broken_off(self) -> None:
        """The life is, as the server stops."""

    async def once(self, name: str, act: Callable[[], Coroutine[Any, Any, Record]]) -> Record:
        return await DBOS.run_step_async({"name": name}, act)

    async def note(self, key: str, value: Record) -> bool:
        if self.ours:
            await DBOS.set_event_async(key, value)
        return True

    async def noted(self, key: str) -> Record | None:
        return (await DBOS.get_all_events_async(self.id)).get(key)


class StepsInFile(DurableSteps):
    """In a file, on a disk that may be full: the life goes on, and what its steps came to is kept as soon as there is room.

    DBOS would keep instead that the step failed. So it gets the result only when there is room for it.
    """

    def __init__(self, id: str, servers: Servers) -> None:
        super().__init__(id)
        self._servers = servers
        self._group: TaskGroup | None = None
        self._late = 0
        """Steps that are over, and could not be kept yet."""

    @asynccontextmanager
    async def keeping(self) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as self._group:
            yield
        await self._room_for(None, anyio.Event())  # that it is over: DBOS writes that next

    def broken_off(self) -> None:
        if self._late:
            log.error("task_record_lost", task=self.id, steps=self._late, reason="there was no room for it: that is done again")

    async def once(self, name: str, act: Callable[[], Coroutine[Any, Any, Record]]) -> Record:
        assert self._group is not None
        results, known = list[Record](), anyio.Event()

        async def kept() -> Record:
            results.append(await act())
            await self._room_for(results[0], known)
            return results[0]

        async def step() -> None:
            results[:] = [await DBOS.run_step_async({"name": name}, kept)]
            known.set()

        self._group.start_soon(step)
        await known.wait()
        return results[0]

    async def note(self, key: str, value: Record) -> bool:
        try:
            return await super().note(key, value)
        except SQLAlchemyError:
            return False

    async def _room_for(self, record: Record | None, known: anyio.Event) -> None:
        """Returns when there is room; sets `known` if that is not at once."""
        size = SLACK + len(json.dumps(record))
        while (failure := await anyio.to_thread.run_sync(self._lacks, size)) is not None:
            if not known.is_set():
                known.set()
                self._late += 1
                if self._late == 1:
                    log.warning("task_not_kept", task=self.id, reason=reason(failure), fix=WRITABLE)
            await anyio.sleep(AGAIN_S)
        if known.is_set():
            self._late -= 1
            if not self._late:
                log.info("task_kept_again", task=self.id)

    def _lacks(self, size: int) -> SQLAlchemyError | None:
        try:
            self._servers.make_room(size)
        except SQLAlchemyError as failure:
            return failure
        return None


def reason(failure: Exception) -> str:
    """In the database's own words, without what was to be written."""
    return str(getattr(failure, "orig", None) or type(failure).__name__)
