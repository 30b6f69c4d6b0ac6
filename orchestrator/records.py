"""What is kept of a task, as plain JSON: it may be read again by a later version, on another machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self

from agents.definition import Agent
from agents.errors import CODES, WorkError
from agents.work import Asks, Began, Done, Failed, Says, Spent, TaskEvent, Working
from orchestrator.task import Orders, Task, Wish

# Of the steps in `life.py` and of these records. Another version leaves what an older one began alone: raise it when
# the order or the names of the steps change, or when old records could not be read any more; and say so in the release.
VERSION: Final = "1"
Record = dict[str, Any]


def record_of(task: Task) -> Record:
    """All that it takes to begin it."""
    return {"wish": asdict(task.wish), "agent": task.agent.model_dump(mode="json"), "began": task.began.isoformat()}


def task_of(id: str, record: Record) -> Task:
    wish, agent = Wish(**record["wish"]), Agent.model_validate(record["agent"])
    return Task(id, wish, agent, datetime.fromisoformat(record["began"]))


def outcome_record(outcome: Done | Failed) -> Record:
    match outcome:
        case Done(result=result, spoken=spoken):
            return {"done": result, "spoken": spoken}
        case Failed(error=error, achieved=achieved):
            detail = str(error).removeprefix(error.says).strip()
            return {"failed": error.code, "detail": detail, "achieved": achieved}


def outcome_of(record: Record) -> Done | Failed:
    if "done" in record:
        return Done(record["done"], record["spoken"])
    error = CODES.get(record["failed"], WorkError)
    return Failed(error(record["detail"]), record["achieved"])


@dataclass(frozen=True, slots=True)
class SoFar:
    """Of a run under way: with this, another server can go on with it."""

    starts: int = 0
    """How often it has been begun, crashes included."""
    session: str = ""
    pid: int = 0
    started: int = 0
    said: str = ""
    """What it last told."""
    asks: str = ""
    """What it waits for leave to do, exactly, or to be answered."""
    usd: str = "0"
    """Of the sessions before this one, and of this one."""
    stopped: bool = False
    paused: bool = False
    added: tuple[str, ...] = ()
    """What its owner ordered; see orchestrator.task.Orders."""

    @classmethod
    def of(cls, record: Record | None) -> Self:
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in (record or {}).items() if key in known})

    @property
    def orders(self) -> Orders:
        return Orders(self.stopped, self.paused, tuple(self.added))

    def ordered(self, orders: Orders) -> Self:
        return replace(self, stopped=orders.stopped, paused=orders.paused, added=orders.added)

    @property
    def began(self) -> Began | None:
        return Began(self.session, self.pid, self.started) if self.session else None

    def after(self, event: TaskEvent) -> Self:
        match event:
            case Began(session=session, pid=pid, started=started):
                return replace(self, session=session, pid=pid, started=started, asks="")
            case Says(text=text):
                return replace(self, said=text, asks="")
            case Asks(question=question, exact=exact):
                return replace(self, asks=exact or question)
            case Working():
                return replace(self, asks="")
            case Spent(usd=usd):
                return replace(self, usd=str(usd))
            case _:
                return self

    def as_record(self) -> Record:
        return asdict(self)

    @property
    def spent(self) -> Decimal:
        return Decimal(self.usd)
