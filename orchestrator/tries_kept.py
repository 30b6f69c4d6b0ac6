"""Where wrong PINs are kept: in a file of the data folder, or in the database that servers share. Both block, so in threads."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio.to_thread
import msgspec
import structlog

from orchestrator.config import Settings
from orchestrator.whole_file import replace_file
from telephony.pin_tries import Book, Kept, NotKept

if TYPE_CHECKING:
    import sqlalchemy as sa

FILE: Final = "pin_tries.json"
LOCK: Final = 0x5041_4957  # our own among a database's advisory locks
T = TypeVar("T")

log = structlog.get_logger()


def tries_kept(settings: Settings) -> Kept | None:
    """Where the house keeps them; None where no PIN is set."""
    if settings.admission.pin is None:
        return None
    if settings.tasks.database is None or find_spec("sqlalchemy") is None:
        return TriesFile(settings.home / FILE)
    import sqlalchemy as sa

    from orchestrator.durable import database_url

    return TriesTable(sa.create_engine(database_url(settings.home, settings.tasks.database), poolclass=sa.NullPool))


class TriesFile:
    """A file that is replaced as a whole, so that a crash leaves the old one or the new."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def change(self, act: Callable[[Book], T]) -> T:
        """As Kept promises."""
        return await anyio.to_thread.run_sync(self._change, act)

    def _change(self, act: Callable[[Book], T]) -> T:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                before = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
                return _changed(before, act, lambda after: replace_file(self._path, after.encode()))
        except OSError as error:
            raise NotKept(f"{self._path}: {error.strerror or error}") from error


class TriesTable:
    """Keeps the book in one row of a table of its own, in the database of DBOS."""

    def __init__(self, engine: sa.Engine) -> None:
        """`engine` has no connection pool: it is never closed."""
        self._engine, self._made = engine, False

    async def change(self, act: Callable[[Book], T]) -> T:
        """As Kept promises."""
        return await anyio.to_thread.run_sync(self._change, act)

    def _change(self, act: Callable[[Book], T]) -> T:
        import sqlalchemy as sa
        from sqlalchemy.exc import SQLAlchemyError

        table = _table(sa)
        try:
            with self._engine.begin() as to:
                if to.dialect.name == "postgresql":
                    to.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK, 0)))
                if not self._made:
                    table.metadata.create_all(to)
                before = to.scalar(sa.select(table.c.book)) or ""
                store = sa.update(table) if before else sa.insert(table).values(id=1)
                done = _changed(before, act, lambda after: to.execute(store.values(book=after)))
        except SQLAlchemyError as failure:
            raise NotKept(type(failure).__name__) from failure
        self._made = True
        return done


def _table(sa: Any) -> sa.Table:
    columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("book", sa.Text, nullable=False))
    return sa.Table("pai_voice_pin_tries", sa.MetaData(), *columns)


def _changed(before: str, act: Callable[[Book], T], keep: Callable[[str], object]) -> T:
    book = _read(before)
    done = act(book)
    if (after := msgspec.json.encode(book).decode()) != before:
        keep(after)
    return done


def _read(text: str) -> Book:
    try:
        return msgspec.json.decode(text, type=Book) if text else Book()
    except msgspec.MsgspecError:
        log.warning("pin_tries_unreadable", fix="they are counted anew")
        return Book()
