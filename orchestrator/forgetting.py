"""What is forgotten when it is old: calls, and long work that is over, with the files that it made in folders of ours."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.config import Settings
from orchestrator.history import CALLS
from orchestrator.keeping import is_installed
from orchestrator.tasks import FOLDER

_DATED: Final = re.compile(r"\d{8}-\d{6}-")
_OVER: Final = ("told", "lost")


@dataclass(frozen=True)
class Old:
    calls: tuple[Path, ...]
    """Their folders."""
    tasks: tuple[str, ...]
    """Their ids."""
    work: tuple[Path, ...]
    """Folders of tasks, whoever keeps the rest of them: several servers share that, each has its own files."""

    def __bool__(self) -> bool:
        return bool(self.calls or self.tasks or self.work)

    def __str__(self) -> str:
        megabytes = sum(map(_size, (*self.calls, *self.work))) / 1e6
        tasks = len({*self.tasks, *(folder.name for folder in self.work)})
        return f"calls: {len(self.calls)}, tasks: {tasks}, together {megabytes:,.1f} MB of files"


def old(settings: Settings, before: datetime) -> Old:
    """What began before that, by the house's clock. Work whose end is still to be told is none of it.

    Raises TasksUnreachable.
    """
    calls, tasks = settings.home / CALLS, settings.home / FOLDER
    kept: dict[str, str] = {}
    if is_installed():
        from orchestrator.task_list import all_tasks

        kept = {task.id: task.state for task in all_tasks(settings)}
    work = (folder for folder in _folders(tasks, before) if kept.get(folder.name, "told") in _OVER)
    over = (id for id, state in kept.items() if state in _OVER and _is_old(id, before))
    return Old(tuple(_folders(calls, before)), tuple(over), tuple(work))


def forget(settings: Settings, what: Old) -> None:
    """For good. Raises TasksUnreachable, OSError."""
    for folder in (*what.calls, *what.work):
        shutil.rmtree(folder)
    if what.tasks:
        from orchestrator.task_list import delete

        delete(settings, what.tasks)


def _folders(within: Path, before: datetime) -> Iterator[Path]:
    found: Iterable[Path] = sorted(within.iterdir()) if within.is_dir() else ()
    return (folder for folder in found if folder.is_dir() and _is_old(folder.name, before))


def _is_old(name: str, before: datetime) -> bool:
    """Calls and tasks are named by when they began."""
    return bool(_DATED.match(name)) and name < f"{before:%Y%m%d-%H%M%S}"


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))
