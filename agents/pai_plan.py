"""The run's own list of what it has to do, as its tools tell it: which step of how many it is at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.speakable import phrase
from agents.work import Working

TOOLS: Final = ("TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet")  # they tell for themselves
_AT_WORK: Final = "in_progress"


class Plan:
    """One run's."""

    def __init__(self) -> None:
        self._subjects: dict[str, str] = {}
        self._told: Working | None = None

    def written(self, given: Mapping[str, Any]) -> list[Working]:
        """Of `TodoWrite`, of older command lines: the whole list each time."""
        todos: list[Any] = given["todos"] if isinstance(given.get("todos"), list) else []
        for at, todo in enumerate(todos, 1):
            if isinstance(todo, dict) and todo.get("status") == _AT_WORK:
                return self._at(str(todo.get("content") or ""), at, len(todos))
        return []

    def returned(self, result: object) -> list[Working]:
        """Of `TaskCreate` and `TaskUpdate`: one entry each time, by its number. Nothing of other tools' results."""
        match result:
            case {"task": {"id": str(number), "subject": str(subject)}}:
                self._subjects[number] = subject
            case {"taskId": str(number), "statusChange": {"to": "deleted"}}:
                self._subjects.pop(number, None)
            case {"taskId": str(number), "statusChange": {"to": "in_progress"}} if number in self._subjects:
                return self._at(self._subjects[number], list(self._subjects).index(number) + 1, len(self._subjects))
            case _:
                pass
        return []

    def _at(self, subject: str, step: int, of: int) -> list[Working]:
        working = Working("plan", phrase(subject), step, of)
        if working == self._told:
            return []
        self._told = working
        return [working]
