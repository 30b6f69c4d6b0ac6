"""The servers that share long work: who is alive, whose work is orphaned, who has whom on the phone, and letters to tasks.

Small tables of ours beside those of DBOS, in the same database. All is told by the database's clock, so servers need not agree on
the time. What is here blocks: call it in threads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Final, Literal, NamedTuple

import sqlalchemy as sa

Told = Literal["cancel", "call_back", "stop", "add", "heard"]
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
LOCKS: Final = 0x5041_4956  # our own among a database's advisory locks

_tables = sa.MetaData()
_servers = sa.Table(
    "pai_voice_servers",
    _tables,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False, comment="Somebody has taken its work over."),
)
_letters = sa.Table(
    "pai_voice_letters",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("task", sa.String(100), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
)
_room = sa.Table(
    "pai_voice_room",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("blank", sa.LargeBinary, nullable=False),
)
_turns = sa.Table(
    "pai_voice_turns",
    _tables,
    sa.Column("number", sa.String(100), primary_key=True),
    sa.Column("server", sa.String(64), nullable=False, comment="That has them on the phone."),
)


class Letter(NamedTuple):
    """What a task is told from elsewhere."""

    seq: int
    task: str
    what: str
    """A Told; a later version may know more."""
    words: str


@dataclass
class Judge:
    """Whether the silence of others says that they are dead. Pure."""

    silent_s: float
    from_s: float
    """Not before that."""
    seen_s: float = -inf
    """When we were last seen."""

    def seen(self, unseen_s: float | None, now_s: float) -> None:
        """What `Servers.beat` returned: where we were not seen for long, the database was away, or all of us slept."""
        self.seen_s = now_s
        if unseen_s is None or unseen_s > self.silent_s / 2:
            self.from_s = now_s + self.silent_s

    def may(self, now_s: float) -> bool:
        return now_s >= self.from_s and now_s - self.seen_s <= self.silent_s / 2


class Servers:
    def __init__(self, engine: sa.Engine, id: str) -> None:
        self._engine, self.id = engine, id

    def open(self) -> None:
        """Makes the tables if need be, and is seen. Raises sqlalchemy.exc.SQLAlchemyError."""
        with self._engine.begin() as to:
            if self.shared:
                to.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCKS, 0)))  # two servers that are new begin at once
            _tables.create_all(to)
            to.execute(sa.delete(_turns).where(_turns.c.server == self.id))  # of before a crash
        self.beat()

    def beat(self) -> float | None:
        """Be seen; returns how many seconds we were not. None: so many that our work was taken over, and is theirs now."""
        with self._engine.begin() as to:
            ours = _servers.c.id == self.id
            seen = sa.select(_servers.c.seen, _servers.c.taken, sa.func.now().label("now")).where(ours).with_for_update()
            row = to.execute(seen).one_or_none()
            if row is not None and not row.taken:
                to.execute(sa.update(_servers).where(ours).values(seen=sa.func.now()))
                return (row.now - row.seen).total_seconds()
            to.execute(sa.delete(_servers).where(ours))
            to.execute(sa.insert(_servers).values(id=self.id, seen=sa.func.now(), taken=False))
            return None

    def leave(self) -> None:
        """What is not done may be taken over at once, and whom we had on the phone may be called."""
        with self._engine.begin() as to:
            to.execute(sa.update(_servers).where(_servers.c.id == self.id).values(seen=LONG_AGO))
            to.execute(sa.delete(_turns).where(_turns.c.server == self.id))

    def close(self) -> None:
        self._engine.dispose()

    def make_room(self, size: int) -> None:
        """Takes so many bytes on the disk and gives them back to the file, for what is written next. Raises SQLAlchemyError."""
        with self._engine.begin() as to:
            to.execute(sa.insert(_room).values(blank=bytes(size)))
        with self._engine.begin() as to:
            to.execute(sa.delete(_room))

    def alive(self, within_s: float) -> list[str]:
        """Who was seen within that time."""
        return [id for id, silence_s in self._silences() if silence_s < within_s]

    def orphans(self, silent_s: float) -> list[str]:
        """Servers that were not seen for so long, and that nobody but us takes over now; call `buried` when that is done."""
        return [id for id, silence_s in self._silences() if id != self.id and silence_s >= silent_s and self._claim(id, silent_s)]

    def buried(self, id: str) -> None:
        """Its work has been taken over, and it has nobody on the phone."""
        with self._engine.begin() as to:
            to.execute(sa.delete(_servers).where(_servers.c.id == id, _servers.c.taken))
            to.execute(sa.delete(_turns).where(_turns.c.server.not_in(sa.select(_servers.c.id))))

    def tell(self, task: str, what: Told, words: str = "") -> None:
        """Whichever server has the task, or will have it, sees to it."""
        with self._engine.begin() as to:
            to.execute(sa.insert(_letters).values(task=task, what=what, words=words))

    def told(self, tasks: Collection[str]) -> list[Letter]:
        """What these tasks are told, in its order; each is given again and again until somebody has `seen_to` it."""
        if not tasks:
            return []
        with self._engine.connect() as to:
            theirs = sa.select(_letters).where(_letters.c.task.in_(tasks)).order_by(_letters.c.seq)
            return [Letter(row.seq, row.task, row.what, row.words) for row in to.execute(theirs)]

    def seen_to(self, letter: Letter) -> None:
        with self._engine.begin() as to:
            to.execute(sa.delete(_letters).where(_letters.c.seq == letter.seq))

    def addressed(self) -> set[str]:
        """The tasks that are told something, and perhaps some that were over before they could listen."""
        with self._engine.connect() as to:
            return set(to.scalars(sa.select(_letters.c.task)))

    def forget(self, tasks: Collection[str]) -> None:
        """They are over: nobody will ask any more what they were told."""
        with self._engine.begin() as to:
            to.execute(sa.delete(_letters).where(_letters.c.task.in_(tasks)))

    def take_turn(self, number: str, silent_s: float) -> bool:
        """Whether we are the server that has that person on the phone now, as it stays until `give_turn`, or our death."""
        with self._engine.begin() as to:
            if self.shared:
                to.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCKS, sa.func.hashtext(number))))
            holder = to.scalar(sa.select(_turns.c.server).where(_turns.c.number == number))
            if holder is not None and holder != self.id and holder in self.alive(silent_s):
                return False
            to.execute(sa.delete(_turns).where(_turns.c.number == number))
            to.execute(sa.insert(_turns).values(number=number, server=self.id))
            return True

    def give_turn(self, number: str) -> None:
        with self._engine.begin() as to:
            to.execute(sa.delete(_turns).where(_turns.c.number == number, _turns.c.server == self.id))

    @property
    def shared(self) -> bool:
        """There may be others."""
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
