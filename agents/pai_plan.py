"""The run's own list of what it has to do, as its tools tell it: which step of how many it is at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.speakable import named, phrase
from agents.work import Working

TOOLS: Final = ("TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet")  # they tell for themselves
_AT_WORK: Final = "in_progress"
_OVER: Final = Working("plan", went="over")


class Plan:
    """One run's. A step is told while it is under way, and once more when its number has changed; then that none is."""

    def __init__(self) -> None:
        self._subjects: dict[str, str] = {}
        self._at_work: list[str] = []
        """The entries under way, by their numbers; the last one begun is told."""
        self._renamed: dict[str, str] = {}
        self._told = _OVER

    def written(self, given: Mapping[str, Any]) -> list[Working]:
        """Of `TodoWrite`, of older command lines: the whole list each time."""
        listed: list[Any] = given["todos"] if isinstance(given.get("todos"), list) else []
        todos: dict[str, dict[str, Any]] = {str(at): todo if isinstance(todo, dict) else {} for at, todo in enumerate(listed, 1)}
        self._subjects = {at: str(todo.get("content") or "") for at, todo in todos.items()}
        self._at_work = [at for at, todo in todos.items() if todo.get("status") == _AT_WORK][:1]
        return self._news()

    def used(self, tool: str, given: Mapping[str, Any]) -> None:
        """What an entry is called from now on stands only in what `TaskUpdate` is given."""
        if tool == "TaskUpdate" and isinstance(given.get("subject"), str):
            self._renamed[str(given.get("taskId"))] = given["subject"]

    def returned(self, result: Any) -> list[Working]:
        """Of `TaskCreate` and `TaskUpdate`: one entry each time, by its number. Nothing of other tools' results."""
        match result:
            case {"task": {"id": str(number), "subject": str(subject)}}:
                self._subjects[number] = subject
            case {"taskId": str(number)} if number in self._subjects:
                self._subjects[number] = self._renamed.pop(number, self._subjects[number])
                change = result.get("statusChange")
                if isinstance(change, dict):
                    self._changed(number, str(change.get("to")))
            case _:
                return []
        return self._news()

    def _changed(self, number: str, status: str) -> None:
        self._at_work = [other for other in self._at_work if other != number]
        if status == "deleted":
            del self._subjects[number]
        elif status == _AT_WORK:
            self._at_work.append(number)

    def _news(self) -> list[Working]:
        now = _OVER
        if self._at_work:
            number = self._at_work[-1]
            step = list(self._subjects).index(number) + 1
            now = Working("plan", phrase(named(self._subjects[number])), step, len(self._subjects))
        if now == self._told:
            return []
        self._told = now
        return [now]
