"""What a task is told from elsewhere, by its owner on another server or from a command line, and what it makes of it."""

from __future__ import annotations

import structlog

from agents.errors import ToolError
from agents.work import Add, Stop
from orchestrator.servers import Letter
from orchestrator.task import Task

log = structlog.get_logger()


def obeyed(task: Task, letter: Letter) -> bool:
    """Do it, as far as it can be done now. True: for good; else ask again, while the task lives: a crash must not lose it."""
    log.debug("task_told", task=task.id, what=letter.what)
    match letter.what:
        case "cancel":
            _stop(task)
            task.delivered = True  # who cancels it does not want to be called about it
            return False
        case "stop":
            _stop(task)
            return False
        case "heard":
            task.delivered = True
            return False
        case "call_back":
            if task.over.is_set():
                task.wanted.set()
            return task.over.is_set()
        case "add":
            return _added(task, letter.words)
        case _:
            log.warning("letter_not_understood", task=task.id, what=letter.what)
            return True


def _stop(task: Task) -> None:
    if task.running:
        task.tell(Stop())


def _added(task: Task, words: str) -> bool:
    try:
        task.tell(Add(words))
    except ToolError:  # it does not listen yet, or any more
        return not task.running
    return True
