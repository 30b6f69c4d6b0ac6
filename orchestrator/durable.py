"""Long work that survives its server: each task's life is one DBOS workflow, in a file of ours or in PostgreSQL.

DBOS is one to a process and keeps threads of its own for its database; workflows run on the event loop that it is opened on.
"""

from __future__ import annotations

import asyncio
import fcntl
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, Final, TextIO

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from anyio.abc import TaskGroup
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus, error
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from orchestrator.durable_steps import WRITABLE, DurableSteps, StepsInFile, reason
from orchestrator.elsewhere import Elsewhere, Turns
from orchestrator.errors import TasksUnreachable
from orchestrator.letters import obeyed
from orchestrator.life import LEAVE_S, InMemory
from orchestrator.presence import ours_alone
from orchestrator.records import VERSION, Record, record_of
from orchestrator.servers import Judge, Servers
from orchestrator.tasks import FOLDER, Task, Tasks

log = structlog.get_logger()

APPLICATION: Final = "pai-voice"
WORKFLOW: Final = "task"
UNFINISHED: Final = ["PENDING", "ENQUEUED"]
FILE: Final = "tasks.sqlite"
SERVER: Final = "server"
PATIENCE: Final = {
    "connect_timeout": "10",  # s
    "tcp_user_timeout": "20000",  # ms
    "options": "-c idle_in_transaction_session_timeout=10000",  # ms; what a server that sleeps has locked must come free
}
"""With a PostgreSQL, and of it with us; what the user's URL says counts instead."""
NEW_BEATS: Final = 2  # before a server that was just started finds another dead: the database may have been away for them all
MOST_LOOKS: Final = 4  # at a time: those that DBOS keeps waiting because the database was away, and one that need not wait


@dataclass(frozen=True)
class Rhythm:
    beat_s: float = 5.0
    """How often a server is seen; a task's orders from a command line are looked for as often."""
    silent_s: float = 45.0
    """A server that was not seen for so long is dead, and its work is taken over: within a minute of its death."""


def database_url(home: Path, database: SecretStr | None) -> sa.URL:
    if database is None:
        return sa.URL.create("sqlite", database=str(home / FOLDER / FILE))
    url = sa.make_url(database.get_secret_value()).set(drivername="postgresql+psycopg")
    return url.update_query_dict({option: value for option, value in PATIENCE.items() if option not in url.query})


def _knows_the_time(connection: object, _: object) -> None:
    """From Python 3.12 on DBOS has SQLite write `unixepoch('subsec')`, which is NULL before SQLite 3.42; Debian 12 has 3.40."""
    if isinstance(connection, sqlite3.Connection) and sqlite3.sqlite_version_info < (3, 42):
        connection.create_function("unixepoch", 1, _now_s)


def _now_s(_: object) -> int:
    return int(datetime.now(UTC).timestamp())


event.listen(sa.Engine, "connect", _knows_the_time)


@asynccontextmanager
async def durable(
    tasks: Tasks, home: Path, database: SecretStr | None = None, rhythm: Rhythm | None = None
) -> AsyncGenerator[None]:
    """While this is entered, tasks are kept, those that another process left are gone on with, and those of dead servers too.

    Enter it when all that a task needs is there (`tasks.bearer`). Leaving it breaks tasks off where they are, to be gone on with.
    Raises TasksUnreachable; OSError if a file cannot be written.
    """
    url, rhythm = database_url(home, database), rhythm or Rhythm()
    with ExitStack() as stack:
        door = stack.enter_context(await anyio.to_thread.run_sync(_enter, home))
        servers = stack.enter_context(closing(await anyio.to_thread.run_sync(_join, url, door)))
        try:
            async with _launched(tasks, url, servers) as lives, anyio.create_task_group() as group:
                async with lives.shared(group, rhythm) if servers.shared else nullcontext():
                    group.start_soon(lives.be_seen, group, rhythm)
                    yield
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True), suppress(SQLAlchemyError):
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
        raise _unusable(url, failure) from failure
    return servers


@asynccontextmanager
async def _launched(tasks: Tasks, url: sa.URL, servers: Servers) -> AsyncGenerator[_Lives]:
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url.render_as_string(hide_password=False),
        "application_version": VERSION,
        "executor_id": servers.id,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "ERROR",
    }
    lives = _Lives(tasks, servers)
    try:
        try:
            _launch(config)
            await lives.find()
        except SQLAlchemyError as failure:
            raise _unusable(url, failure) from failure
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

    def __init__(self, tasks: Tasks, servers: Servers) -> None:
        self._tasks, self._servers = tasks, servers
        self._running: dict[asyncio.Task[Any], DurableSteps] = {}
        self._over: set[str] = set()
        """Whose letters are to be thrown away: later, for nothing may stand between an end that was heard and its being kept."""
        self._elsewhere: Elsewhere | None = None
        self._judge: Judge | None = None
        """Once we are seen."""
        self._looks = 0
        self._away = False
        """The database is, and that has been logged."""
        self._listening = anyio.Lock()
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._life())

    def _life(self) -> Callable[[Record], Coroutine[Any, Any, None]]:
        async def life(record: Record) -> None:
            id, ours = str(DBOS.workflow_id), asyncio.current_task()
            assert ours
            # It may be ours once more: taken over while nobody saw us, and of all servers we were the one that was free.
            await self._break_off([life for life, steps in self._running.items() if steps.id == id], taken_over=True)
            steps = self._running[ours] = DurableSteps(id) if self._servers.shared else StepsInFile(id, self._servers)
            task = self._tasks.known(id, record)
            try:
                with self._let_be():  # it may have been cancelled while nobody had it
                    await self._listen([id])
                async with steps.keeping():
                    await self._tasks.live(task, steps)
                    steps.lived = True
                self._over.add(id)
            except* error.DBOSWorkflowConflictIDError:
                steps.ours = False  # another server has it, and DBOS has known that before us
                raise asyncio.CancelledError from None
            finally:
                del self._running[ours]
                if not steps.ours and self._elsewhere is not None:
                    self._elsewhere.goes_on(task)

        return life

    @asynccontextmanager
    async def shared(self, group: TaskGroup, rhythm: Rhythm) -> AsyncGenerator[None]:
        """While this is entered, we know of other servers' tasks and calls, and they of ours."""
        self._elsewhere = Elsewhere(self._tasks, self._servers, group)
        turns = Turns(self._servers, group, partial(self._patience_s, rhythm), self._look, self._elsewhere.settle)
        self._tasks.presence.turn_of = turns.of
        try:
            yield
        finally:
            self._tasks.presence.turn_of = ours_alone
            with anyio.move_on_after(LEAVE_S, shield=True):
                await self._elsewhere.leave()
            self._elsewhere = None

    async def begin(self, task: Task) -> None:
        """Work that cannot be kept is done all the same."""
        try:
            with SetWorkflowID(task.id):
                await DBOS.start_workflow_async(self._workflow, record_of(task))
        except (SQLAlchemyError, error.DBOSException) as failure:
            log.warning("task_not_kept", task=task.id, reason=reason(failure), fix=WRITABLE)
            await self._tasks.live(task, InMemory(suffices=False))

    async def find(self) -> None:
        """What this server has left unfinished is known before anybody asks for it; DBOS goes on with it by itself."""
        addressed = await anyio.to_thread.run_sync(self._servers.addressed)
        unfinished = await _unfinished()
        await anyio.to_thread.run_sync(self._servers.forget, addressed - {workflow.workflow_id for workflow in unfinished})
        for workflow in unfinished:
            if workflow.app_version != VERSION:
                log.warning("task_of_another_version", task=workflow.workflow_id, version=workflow.app_version)
            elif workflow.executor_id == self._servers.id and workflow.input is not None:
                self._tasks.known(workflow.workflow_id, workflow.input["args"][0])

    @contextmanager
    def _let_be(self) -> Generator[None]:
        """A database that is away for a while, or full: what matters is tried again."""
        try:
            yield
        except SQLAlchemyError as failure:
            if not self._away:
                log.warning("tasks_database_failed", error=type(failure).__name__, reason=reason(failure))
            self._away = True

    async def break_off(self) -> None:
        """They stay unfinished, and are gone on with by whoever has them next."""
        tasks = [task for steps in self._running.values() if (task := self._tasks.find(steps.id)) is not None]
        if ending := [life for life, steps in self._running.items() if steps.lived]:
            await asyncio.wait(ending, timeout=LEAVE_S)
        await self._break_off(list(self._running))
        await self._keep_what_was_heard(tasks)

    async def _break_off(self, lives: Collection[asyncio.Task[Any]], *, taken_over: bool = False) -> None:
        """Taken over, they are gone on with already."""
        lives = [life for life in lives if life in self._running]
        for life in lives:
            self._running[life].ours &= not taken_over
            self._running[life].broken_off()
            life.cancel()
        if lives:
            await asyncio.wait(lives)

    async def _keep_what_was_heard(self, tasks: Sequence[Task]) -> None:
        """A call goes on while the life that made it is broken off; if that takes long, it is heard to its end meanwhile."""
        with self._let_be():
            for task in tasks:
                if task.delivered:
                    await anyio.to_thread.run_sync(self._servers.tell, task.id, "heard")

    async def be_seen(self, group: TaskGroup, rhythm: Rhythm) -> None:
        """And look after the work of those who are not, and after what is told from elsewhere.

        Nothing of DBOS's stands in its way: a call of that waits, for up to a minute and a half, where the database was away. One
        that begins now need not.
        """
        self._judge = Judge(rhythm.silent_s, from_s=anyio.current_time() + NEW_BEATS * rhythm.beat_s)
        while True:
            with self._let_be():
                self._judge.seen(await anyio.to_thread.run_sync(self._servers.beat), anyio.current_time())
                if self._away:
                    self._away = False
                    log.info("tasks_database_back")
                if self._looks < MOST_LOOKS:
                    group.start_soon(self._look_around)
                if self._judge.may(anyio.current_time()):
                    for server in await anyio.to_thread.run_sync(self._servers.orphans, rhythm.silent_s):
                        group.start_soon(self._take_over, server)
            await anyio.sleep(rhythm.beat_s)

    def _patience_s(self, rhythm: Rhythm) -> float:
        """How long a server may be silent, and still has those who are on the phone with it."""
        return rhythm.silent_s if self._judge is not None and self._judge.may(anyio.current_time()) else inf

    async def _take_over(self, server: str) -> None:
        with self._let_be():
            left = await DBOS.list_workflows_async(
                name=WORKFLOW, status="PENDING", executor_id=server, app_version=VERSION, load_input=False, load_output=False
            )
            log.warning("server_is_dead", server=server, tasks=len(left))
            for workflow in left:
                await DBOS.resume_workflow_async(workflow.workflow_id)
            await anyio.to_thread.run_sync(self._servers.buried, server)

    async def _look_around(self) -> None:
        self._looks += 1
        try:
            with self._let_be():
                await self._look()
        finally:
            self._looks -= 1

    async def _look(self, number: str = "") -> None:
        """At what is told our tasks, and how those of others are; that person's turn has just become ours."""
        for id in list(self._over):
            await anyio.to_thread.run_sync(self._servers.forget, [id])
            self._over.discard(id)
        await self._listen(self._tasks.ids())
        if self._elsewhere is not None:
            await self._give_up()
            await self._elsewhere.look(_unfinished, number)

    async def _give_up(self) -> None:
        """What another server has taken over, or ended since, because nobody saw us for too long; until it has, it is ours."""
        had = {life: steps.id for life, steps in self._running.items()}
        if not had:
            return
        found = await DBOS.list_workflows_async(workflow_ids=[*had.values()], load_input=False, load_output=False)
        theirs = {one.workflow_id for one in found if one.executor_id != self._servers.id and one.status != "ENQUEUED"}
        lost = [life for life, id in had.items() if id in theirs]  # what has begun since then may have come back to us
        if lost:
            log.warning("tasks_taken_over", server=self._servers.id, tasks=len(lost))
            await self._break_off(lost, taken_over=True)

    async def _listen(self, ids: Collection[str]) -> None:
        async with self._listening:  # what is added is added once
            for letter in await anyio.to_thread.run_sync(self._servers.told, ids):
                task = self._tasks.find(letter.task)
                if task is not None and obeyed(task, letter):
                    await anyio.to_thread.run_sync(self._servers.seen_to, letter)


def _unusable(url: sa.URL, failure: SQLAlchemyError) -> Exception:
    """Of a file the disk's trouble, which ends with it; of anything else a database's."""
    if url.drivername == "sqlite" and isinstance(failure, OperationalError):
        return OSError(reason(failure))
    return TasksUnreachable.of(failure)


async def _unfinished() -> list[WorkflowStatus]:
    return await DBOS.list_workflows_async(name=WORKFLOW, status=UNFINISHED, load_output=False)
