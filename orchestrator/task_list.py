"""Long work as it is kept, read from any process; and what a task is told from there. Imported where DBOS is installed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from agents.work import Done
from orchestrator.config import Settings
from orchestrator.delivery import Verdict, next_call
from orchestrator.durable import APPLICATION, UNFINISHED, WORKFLOW, database_url
from orchestrator.errors import CannotTell, NoSuchTask, TasksUnreachable
from orchestrator.life import CALL, RUN, SO_FAR
from orchestrator.records import SoFar, outcome_of
from orchestrator.servers import Servers, Told
from orchestrator.tasks import result_file
from orchestrator.zones import zone

SEEN_S: Final = 30.0  # a server is seen every five seconds; one that was not for so long does not run


@dataclass(frozen=True)
class KeptTask:
    id: str
    began: str
    owner: str
    agent: str
    title: str
    wish: str
    state: str
    """`running`; `to be told` (by a call at `next_call`) or `waits for a call` (of its owner's); `told`; `lost`, by a defect."""
    said: str
    """What it last told while it ran."""
    asks: str
    """What it asked last and has not gone on from: exactly what it wants to do, or its question."""
    usd: str
    outcome: str
    """`done`, or an error's code; empty while it runs."""
    result: str
    """In full; of what failed, what was achieved, and why it failed."""
    file: str
    """Where that is too, if its owner has asked for a file."""
    calls: tuple[tuple[str, str], ...]
    """When each call to its owner ended, and what it came to."""
    next_call: str

    def as_row(self) -> tuple[str, ...]:
        return self.id, self.began, self.agent, self.title, self.outcome, self.state, f"{float(self.usd):.2f}"


def place(settings: Settings) -> str:
    """Where tasks are kept, without its password."""
    url = database_url(settings.home, settings.tasks.database)
    return str(url.database) if url.drivername == "sqlite" else url.set(drivername="postgresql", query={}).render_as_string()


def database_is_there(settings: Settings) -> None:
    """Raises TasksUnreachable. A file that is not there yet is made by the first server."""
    url = database_url(settings.home, settings.tasks.database)
    if not _not_yet(url):
        with _unreachable():
            engine = sa.create_engine(url)
            try:
                sa.inspect(engine).get_table_names()  # a file is not read before
            finally:
                engine.dispose()


def all_tasks(settings: Settings) -> list[KeptTask]:
    """The newest first. Raises TasksUnreachable."""
    with _client(settings) as client:
        return [] if client is None else [_kept(client, settings, one) for one in _workflows(client)]


def find(settings: Settings, name: str) -> KeptTask:
    """The one whose id begins so; `last` is the newest. Raises NoSuchTask, TasksUnreachable."""
    with _client(settings) as client:
        found = [] if client is None else _workflows(client)
        fitting = found[:1] if name == "last" else [one for one in found if one.workflow_id.startswith(name)]
        match fitting:
            case [one] if client is not None:
                return _kept(client, settings, one)
            case [] if not found:
                raise NoSuchTask(
                    f"there are no tasks yet in {place(settings)}", "on a call, ask an agent for something that takes long"
                )
            case []:
                raise NoSuchTask(f"there is no task {name!r} in {place(settings)}")
            case _:
                raise NoSuchTask(f"{len(fitting)} tasks begin with {name!r}", "give more of the id")


def tell(settings: Settings, name: str, what: Told) -> tuple[KeptTask, bool]:
    """The server that has the task sees to it within seconds; False: there is none just now, and the next one does.

    Raises CannotTell, NoSuchTask, TasksUnreachable.
    """
    task = find(settings, name)
    if task.state in ("told", "lost"):
        raise CannotTell(f"task {task.id} is over ({task.state})")
    url = database_url(settings.home, settings.tasks.database)
    with _unreachable(), closing(Servers(sa.create_engine(url), "")) as servers:
        servers.tell(task.id, what)
        return task, bool(servers.alive(SEEN_S))


def delete(settings: Settings, tasks: Sequence[str]) -> None:
    """All that is kept of them. Raises TasksUnreachable."""
    with _client(settings) as client:
        if client is not None:
            client.delete_workflows(list(tasks))


@contextmanager
def _client(settings: Settings) -> Generator[DBOSClient | None]:
    """None where no server has ever kept anything."""
    url = database_url(settings.home, settings.tasks.database)
    if _not_yet(url):
        yield None
        return
    database_is_there(settings)  # DBOS waits for a file that is locked for as long as it is
    with _unreachable():
        client = DBOSClient(
            system_database_url=url.render_as_string(hide_password=False),
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        try:
            yield client
        finally:
            client.destroy()


def _not_yet(url: sa.URL) -> bool:
    return url.drivername == "sqlite" and not Path(str(url.database)).exists()


@contextmanager
def _unreachable() -> Generator[None]:
    try:
        yield
    except SQLAlchemyError as failure:
        raise TasksUnreachable.of(failure) from failure


def _workflows(client: DBOSClient) -> list[WorkflowStatus]:
    return client.list_workflows(name=WORKFLOW, sort_desc=True, load_output=False)


def _kept(client: DBOSClient, settings: Settings, workflow: WorkflowStatus) -> KeptTask:
    assert workflow.input is not None
    record = workflow.input["args"][0]
    wish, so_far = record["wish"], SoFar.of(client.get_event(workflow.workflow_id, SO_FAR, 0))
    steps = [(step["function_name"], step["output"]) for step in client.list_workflow_steps(workflow.workflow_id)]
    ran = next((output for name, output in steps if name == RUN and output), None)
    calls = [(output["at"], output["verdict"]) for name, output in steps if name == CALL and output]
    outcome, result = _outcome(ran)
    due = _due(settings, ran, calls) if workflow.status in UNFINISHED else None
    return KeptTask(
        id=workflow.workflow_id,
        began=datetime.fromisoformat(record["began"]).astimezone(zone(settings.house.zone)).isoformat(timespec="seconds"),
        owner=wish["owner"],
        agent=record["agent"]["id"],
        title=wish["title"],
        wish=wish["what"],
        state=_state(workflow.status, over=ran is not None, due=due is not None),
        said=so_far.said,
        asks="" if ran else so_far.asks,
        usd=so_far.usd,
        outcome=outcome,
        result=result,
        file=str(file) if (file := result_file(settings.home, workflow.workflow_id)).exists() else "",
        calls=tuple(calls),
        next_call=due.isoformat(timespec="seconds") if due else "",
    )


def _outcome(ran: dict[str, Any] | None) -> tuple[str, str]:
    if ran is None:
        return "", ""
    ended = outcome_of(ran["outcome"])
    if isinstance(ended, Done):
        return "done", ended.result
    return ended.error.code, f"{ended.achieved}\n{ended.error}".strip()


def _due(settings: Settings, ran: dict[str, Any] | None, calls: list[tuple[str, str]]) -> datetime | None:
    if ran is None:
        return None
    last = datetime.fromisoformat(calls[-1][0] if calls else ran["at"])
    there = zone(settings.house.zone)
    due = next_call(settings.callback, [Verdict(verdict) for _, verdict in calls], last, there)
    return due and due.astimezone(there)


def _state(status: str, *, over: bool, due: bool) -> str:
    if status in UNFINISHED:
        return "running" if not over else "to be told" if due else "waits for a call"
    return "told" if status == "SUCCESS" else "lost"
