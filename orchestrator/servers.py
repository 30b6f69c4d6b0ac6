"""The servers that share long work: who is alive, whose work is orphaned, and what people tell a task from a command line.

Small tables of ours beside those of DBOS, in the same database. All is told by the database's clock, so servers need not agree on
the time. What is here blocks: call it in threads.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Final, Literal

import anyio
import anyio.to_thread
import sqlalchemy as sa

Told = Literal["cancel", "call_back"]
TURN_S: Final = 2.0  # until we look again whether a person whom another server calls has hung up
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
TURNS: Final = 0x5041_4956  # our own among a database's advisory locks

_tables = sa.MetaData()
_servers = sa.Table(
    "pai_voice_servers",
    _tables,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False, comment="Somebody has taken its work over."),
)
_told = sa.Table(
    "pai_voice_told",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("task", sa.String(100), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
)


class Servers:
    def __init__(self, engine: sa.Engine, id: str) -> None:
        self._engine, self.id = engine, id

    def open(self) -> None:
        """Makes the tables if need be, and is seen. Raises sqlalchemy.exc.SQLAlchemyError."""
        with self._engine.begin() as to:
            if self._shared:
                to.execute(sa.select(sa.func.pg_advisory_xact_lock(TURNS, 0)))  # two servers that are new begin at once
            _tables.create_all(to)
        self.beat()

    def beat(self) -> bool:
        """Be seen. False if we were not for so long that somebody has taken our work over: it is theirs then."""
        with self._engine.begin() as to:
            ours = _servers.c.id == self.id
            if to.execute(sa.update(_servers).where(ours, sa.not_(_servers.c.taken)).values(seen=sa.func.now())).rowcount:
                return True
            to.execute(sa.delete(_servers).where(ours))
            to.execute(sa.insert(_servers).values(id=self.id, seen=sa.func.now(), taken=False))
            return False

    def leave(self) -> None:
        """What is not done may be taken over at once."""
        with self._engine.begin() as to:
            to.execute(sa.update(_servers).where(_servers.c.id == self.id).values(seen=LONG_AGO))

    def close(self) -> None:
        self._engine.dispose()

    def alive(self, within_s: float) -> list[str]:
        """Who was seen within that time."""
        return [id for id, silence_s in self._silences() if silence_s < within_s]

    def orphans(self, silent_s: float) -> list[str]:
        """Servers that were not seen for so long, and that nobody but us takes over now; call `buried` when that is done."""
        return [id for id, silence_s in self._silences() if id != self.id and silence_s >= silent_s and self._claim(id, silent_s)]

    def buried(self, id: str) -> None:
        """Its work has been taken over."""
        with self._engine.begin() as to:
            to.execute(sa.delete(_servers).where(_servers.c.id == id, _servers.c.taken))

    def tell(self, task: str, what: Told) -> None:
        """Whichever server has the task will see to it."""
        with self._engine.begin() as to:
            to.execute(sa.insert(_told).values(task=task, what=what))

    def told(self, tasks: Collection[str]) -> list[tuple[str, str]]:
        """What these tasks have been told since; each is given once."""
        if not tasks:
            return []
        with self._engine.begin() as to:
            theirs = sa.select(_told).where(_told.c.task.in_(tasks)).order_by(_told.c.seq)
            rows = [(row.seq, row.task, row.what) for row in to.execute(theirs)]
            if rows:
                to.execute(sa.delete(_told).where(_told.c.seq.in_([seq for seq, _, _ in rows])))
        return [(task, what) for _, task, what in rows]

    def turn(self, number: str) -> AbstractAsyncContextManager[None]:
        """Whoever enters it is the only server to call that number. On SQLite there is no other."""
        return self._lock(number) if self._shared else nullcontext()

    @property
    def _shared(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    def _silences(self) -> list[tuple[str, float]]:
        with self._engine.connect() as to:
            rows = to.execute(sa.select(_servers.c.id, _servers.c.seen, sa.func.now().label("now")))
            return [(row.id, (row.now - row.seen).total_seconds()) for row in rows]

    def _claim(self, id: str, silent_s: float) -> bool:
        """One of several that want it gets it; if that one dies too, it can be had again when as much time has passed."""
        with self._engine.begin() as to:
            theirs = sa.select(_servers.c.seen, sa.func.now().label("now")).where(_servers.c.id == id).with_for_update()
            row = to.execute(theirs).one_or_none()
            if row is None or (row.now - row.seen).total_seconds() < silent_s:
                return False
            to.execute(sa.update(_servers).where(_servers.c.id == id).values(seen=sa.func.now(), taken=True))
            return True

    @asynccontextmanager
    async def _lock(self, number: str) -> AsyncGenerator[None]:
        """By an advisory lock, which PostgreSQL gives back by itself when the connection of a dead server breaks."""
        connection = await anyio.to_thread.run_sync(self._engine.connect)
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        wanted = sa.select(sa.func.pg_try_advisory_lock(TURNS, sa.func.hashtext(number)))
        try:
            while True:
                if await anyio.to_thread.run_sync(connection.scalar, wanted):
                    break
                await anyio.sleep(TURN_S)
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(connection.invalidate)
                await anyio.to_thread.run_sync(connection.close)
