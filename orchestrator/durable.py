"""Long work that survives its server: each task's life is one DBOS workflow, in a file of ours or in PostgreSQL.

DBOS is one to a process and keeps threads of its own for its database; workflows run on the event loop that it is opened on.
"""

from __future__ import annotations

import asyncio
import fcntl
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, error
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from agents.errors import ToolError
from agents.work import Stop
from orchestrator.errors import TasksUnreachable
from orchestrator.life import InMemory
from orchestrator.records import Record, record_of
from orchestrator.servers import Servers
from orchestrator.tasks import FOLDER, Task, Tasks

log = structlog.get_logger()

APPLICATION: Final = "pai-voice"
WORKFLOW: Final = "task"
# Of the steps in `life.py` and the records in `records.py`. Another version leaves what an older one began alone: raise it when
# the order or the names of the steps change, or when old records could not be read any more; and say so in the release.
VERSION: Final = "1"
UNFINISHED: Final = ["PENDING", "ENQUEUED"]
FILE: Final = "tasks.sqlite"
SERVER: Final = "server"


@dataclass(frozen=True)
class Rhythm:
    beat_s: float = 5.0
    """How often a server is seen; a task's orders from a command line are looked for as often."""
    silent_s: float = 45.0
    """A server that was not seen for so long is dead, and its work is taken over: within a minute of its death."""


def database_url(home: Path, database: SecretStr | None) -> sa.URL:
    if database is None:
        return sa.URL.create("sqlite", database=str(home / FOLDER / FILE))
    return sa.make_url(database.get_secret_value()).set(drivername="postgresql+psycopg")


@asynccontextmanager
async def durable(
    tasks: Tasks, home: Path, database: SecretStr | None = None, rhythm: Rhythm | None = None
) -> AsyncGenerator[None]:
    """While this is entered, tasks are kept, those that another process left are gone on with, and those of dead servers too.

    Enter it when all that a task needs is there (`tasks.bearer`). Leaving it breaks tasks off where they are, to be gone on with.
    Raises TasksUnreachable.
    """
    url = database_url(home, database)
    with ExitStack() as stack:
        door = stack.enter_context(await anyio.to_thread.run_sync(_enter, home))
        servers = stack.enter_context(closing(await anyio.to_thread.run_sync(_join, url, door)))
        async with _launched(tasks, url, servers.id) as lives, anyio.create_task_group() as group:
            tasks.presence.elsewhere = servers.turn
            group.start_soon(lives.mind, servers, rhythm or Rhythm())
            yield
            group.cancel_scope.cancel()
        await anyio.to_thread.run_sync(servers.leave)


def _enter(home: Path) -> TextIO:
    """Locked until it is closed, or we die: only one server works with this folder."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what callers ask for is nobody else's business
    door = (folder / SERVER).open("a+", encoding="utf-8")
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        door.close()
        raise TasksUnreachable(f"another server works with {home}", "stop it, or give one of them another `home`") from None
    return door


def _join(url: sa.URL, door: TextIO) -> Servers:
    """By the id that is written on the door: the same after a crash, so that our own work waits for us."""
    door.seek(0)
    id = door.read().strip()
    if not id:
        id = secrets.token_hex(8)
        door.write(id)
        door.flush()
    servers = Servers(sa.create_engine(url, pool_pre_ping=True), id)
    try:
        servers.open()
    except SQLAlchemyError as failure:
        servers.close()
        raise TasksUnreachable.of(failure) from failure
    return servers


@asynccontextmanager
async def _launched(tasks: Tasks, url: sa.URL, id: str) -> AsyncGenerator[_Lives]:
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url.render_as_string(hide_password=False),
        "application_version": VERSION,
        "executor_id": id,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "ERROR",
    }
    lives = _Lives(tasks, id)
    try:
        _launch(config)
        await lives.find()
        tasks.keep = lives.begin
        yield lives
    finally:
        with anyio.CancelScope(shield=True):
            await lives.break_off()
            await anyio.to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))
        # DBOS has made its own threads the loop's, and they are gone.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def _launch(config: DBOSConfig) -> None:
    """On the event loop, or workflows would run elsewhere; it blocks it for 20 ms, and for 100 ms when the database is new."""
    DBOS(config=config)
    DBOS.launch()


class _Lives:
    """The workflows of this process."""

    def __init__(self, tasks: Tasks, server: str) -> None:
        self._tasks, self._server = tasks, server
        self._running: set[asyncio.Task[Any]] = set()
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._life())

    def _life(self) -> Callable[[Record], Coroutine[Any, Any, None]]:
        async def life(record: Record) -> None:
            id, ours = str(DBOS.workflow_id), asyncio.current_task()
            assert ours
            self._running.add(ours)
            try:
                await self._tasks.live(self._tasks.known(id, record), _Steps(id))
            finally:
                self._running.discard(ours)

        return life

    async def begin(self, task: Task) -> None:
        """Work that cannot be kept is done all the same."""
        try:
            with SetWorkflowID(task.id):
                await DBOS.start_workflow_async(self._workflow, record_of(task))
        except (SQLAlchemyError, error.DBOSException) as failure:
            log.warning("task_not_kept", task=task.id, error=type(failure).__name__)
            await self._tasks.live(task, InMemory())

    async def find(self) -> None:
        """What this server has left unfinished is known before anybody asks for it; DBOS goes on with it by itself."""
        left = await DBOS.list_workflows_async(name=WORKFLOW, status=UNFINISHED, load_output=False)
        for workflow in left:
            if workflow.app_version != VERSION:
                log.warning("task_of_another_version", task=workflow.workflow_id, version=workflow.app_version)
            elif workflow.executor_id == self._server and workflow.input is not None:
                self._tasks.known(workflow.workflow_id, workflow.input["args"][0])

    async def break_off(self) -> None:
        """They stay unfinished, and are gone on with by whoever has them next."""
        running = list(self._running)
        for life in running:
            life.cancel()
        if running:
            await asyncio.wait(running)

    async def mind(self, servers: Servers, rhythm: Rhythm) -> None:
        """Be seen, look after the work of those who are not, and pass on what tasks are told from elsewhere."""
        while True:
            try:
                if not await anyio.to_thread.run_sync(servers.beat):
                    log.warning("tasks_taken_over", server=self._server)
                    await self.break_off()
                for id in await anyio.to_thread.run_sync(servers.orphans, rhythm.silent_s):
                    await self._take_over(id)
                    await anyio.to_thread.run_sync(servers.buried, id)
                for id, what in await anyio.to_thread.run_sync(servers.told, self._tasks.ids()):
                    self._tell(id, what)
            except SQLAlchemyError as failure:
                log.warning("tasks_database_failed", error=type(failure).__name__)
            await anyio.sleep(rhythm.beat_s)

    async def _take_over(self, server: str) -> None:
        left = await DBOS.list_workflows_async(
            name=WORKFLOW, status="PENDING", executor_id=server, app_version=VERSION, load_input=False, load_output=False
        )
        log.warning("server_is_dead", server=server, tasks=len(left))
        for workflow in left:
            await DBOS.resume_workflow_async(workflow.workflow_id)

    def _tell(self, id: str, what: str) -> None:
        task = self._tasks.find(id)
        if task is None:
            return
        log.info("task_told", task=id, what=what)
        if what == "call_back":
            task.wanted.set()
            return
        try:
            task.tell(Stop())
        except ToolError:
            log.info("task_was_over", task=id)
        task.delivered = True  # who cancels it does not want to be called about it


class _Steps:
    """See orchestrator.life.Steps."""

    def __init__(self, id: str) -> None:
        self._id = id

    async def once(self, name: str, act: Callable[[], Coroutine[Any, Any, Record]]) -> Record:
        return await DBOS.run_step_async({"name": name}, act)

    async def note(self, key: str, value: Record) -> None:
        await DBOS.set_event_async(key, value)

    async def noted(self, key: str) -> Record | None:
        return (await DBOS.get_all_events_async(self._id)).get(key)
