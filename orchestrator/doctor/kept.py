"""Is long work kept when the server stops, and where?"""

from __future__ import annotations

from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.keeping import INSTALL, is_installed

NAME = "kept work"


def kept(settings: Settings) -> Finding:
    if not is_installed():
        return Finding(NAME, "warn", "it is lost when the server stops: dbos is not installed", INSTALL)
    from orchestrator.errors import TasksUnreachable
    from orchestrator.task_list import database_is_there, place

    try:
        database_is_there(settings)
    except TasksUnreachable as error:
        return Finding.of(NAME, error)
    return Finding(NAME, "ok", f"kept in {place(settings)}")
