"""The tools of others in a replay: nothing is done, and each returns what it returned in the call."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from agents.errors import ToolError
from agents.tools import Tool, Toolbox
from orchestrator.events import Entry, ToolReturned

NOTHING: Final = "This call is a replay, and nothing is done in it."


class ReplayedToolbox:
    def __init__(self, toolbox: Toolbox, entries: Iterable[Entry]) -> None:
        self._toolbox = toolbox
        self._returned: dict[str, deque[ToolReturned]] = defaultdict(deque[ToolReturned])
        for entry in entries:
            if isinstance(entry.event, ToolReturned):
                self._returned[entry.event.name].append(entry.event)

    def named(self, written: str) -> Sequence[Tool]:
        return [replace(tool, run=self._run(tool.name)) for tool in self._toolbox.named(written)]

    def _run(self, name: str) -> Any:
        async def run(_given: Mapping[str, Any]) -> str:
            if not self._returned[name]:
                raise ToolError(NOTHING)
            returned = self._returned[name].popleft()
            if returned.failed:
                raise ToolError(returned.result)
            return returned.result

        return run
