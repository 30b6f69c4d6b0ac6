"""The calls that lie in the data folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import structlog

from orchestrator.config import Settings
from orchestrator.errors import JournalUnreadable, NoSuchCall
from orchestrator.events import CallEnded, CallEvent, CallStarted, Entry, MoneySpent, TaskDone
from orchestrator.journal import JOURNAL, read, readable
from orchestrator.waterfall import percentiles, turns

CALLS = "calls"
ID: Final = 8  # letters of a call's id, at the end of its folder's name

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PastCall:
    name: str
    began: str
    line: str
    caller: str
    turns: int
    duration_s: float
    why: str
    """How it ended; `unfinished` when it goes on, or the journal breaks off."""
    p95_ms: float | None
    cost_usd: Decimal

    @classmethod
    def of(cls, name: str, entries: list[Entry]) -> PastCall:
        started = next((entry.event for entry in entries if isinstance(entry.event, CallStarted)), None)
        ended = next((entry.event for entry in entries if isinstance(entry.event, CallEnded)), None)
        answered = [turn.response_ms for turn in turns(entries) if turn.response_ms is not None]
        return cls(
            name=name,
            began=started.began if started else "",
            line=started.line if started else "",
            caller=started.caller if started else "",
            turns=len(turns(entries)),
            duration_s=ended.duration_s if ended else entries[-1].at_s if entries else 0.0,
            why=ended.why if ended else "unfinished",
            p95_ms=percentiles(answered).get("p95"),
            cost_usd=ended.cost_usd if ended else Decimal(0),
        )

    def as_row(self) -> tuple[str, ...]:
        p95 = "" if self.p95_ms is None else f"{self.p95_ms:.0f} ms"
        length = f"{self.duration_s:.1f} s"
        return self.name, self.began, self.line, self.caller, str(self.turns), length, self.why, p95, f"{self.cost_usd:.5f}"


def all_calls(settings: Settings) -> list[PastCall]:
    """Newest first; one whose journal cannot be read is listed as that."""
    return [_past(folder) for folder in _folders(settings)]


def folder_of(settings: Settings, name: str) -> Path:
    """Where the call lies whose name begins so, or which had that id; `last` is the newest. Raises NoSuchCall."""
    if "/" in name:
        raise NoSuchCall(f"there is no {JOURNAL} in {name}", "give a call's folder or journal; `pai-voice demo` makes some")
    folders = _folders(settings)
    if not folders:
        raise NoSuchCall(f"there are no calls yet in {settings.home / CALLS}", "make one: `pai-voice serve` and a telephone")
    fits = [folder for folder in folders if folder.name.startswith(name) or folder.name.endswith(f"-{name[:ID]}")]
    fitting = folders[:1] if name == "last" else fits
    match fitting:
        case [folder]:
            return folder
        case []:
            raise NoSuchCall(f"there is no call {name!r} in {settings.home / CALLS}")
        case _:
            raise NoSuchCall(f"{len(fitting)} calls begin with {name!r}", "give more of the name")


def spent_before(settings: Settings, day: date) -> Decimal:
    """What the calls of that day cost, and the work that ended in them, by their journals.

    What cannot be read of a journal does not count, and the log says so: a broken file does not keep the phone off.
    """
    facts = list[CallEvent]()
    for folder in _folders(settings):
        if folder.name.startswith(f"{day:%Y%m%d}"):
            try:
                kept, lost = readable((folder / JOURNAL).read_bytes())
            except OSError as error:
                kept, lost = [], error.strerror or str(error)
            facts += (entry.event for entry in kept)
            if lost:
                _log.warning(
                    "journal_unreadable", call=folder.name, why=lost, fix="what it cost does not count for today's limit"
                )
    work = {fact.task: fact.usd for fact in facts if isinstance(fact, TaskDone)}  # a call back tells its end again
    return sum((fact.usd for fact in facts if isinstance(fact, MoneySpent)), sum(work.values(), Decimal(0)))


def _past(folder: Path) -> PastCall:
    try:
        return PastCall.of(folder.name, entries_in(folder))
    except JournalUnreadable:
        return replace(PastCall.of(folder.name, []), why="unreadable")


def entries_in(folder: Path) -> list[Entry]:
    """Raises JournalUnreadable."""
    try:
        return list(read(folder / JOURNAL))
    except (OSError, ValueError) as error:
        raise JournalUnreadable(str(error)) from error


def _folders(settings: Settings) -> list[Path]:
    return sorted((path.parent for path in (settings.home / CALLS).glob(f"*/{JOURNAL}")), reverse=True)
