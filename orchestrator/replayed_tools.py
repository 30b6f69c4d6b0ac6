"""The tools of others in a replay: nothing is done, and each returns what it returned in the call, after as long."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import anyio

from agents.errors import ToolError
from agents.tools import Tool, Toolbox
from orchestrator.events import Entry, ToolReturned, ToolUsed

NOTHING: Final = "This call is a replay, and nothing is done in it."


@dataclass
class Use:
    """One use of a tool."""

    agent: str
    name: str
    at_s: float
    took_s: float = 0.0
    returned: ToolReturned | None = None
    """None for a tool that was stopped before it was done."""


def uses(entries: Iterable[Entry]) -> list[Use]:
    """Of all tools, in order."""
    found: list[Use] = []
    for entry in entries:
        match entry.event:
            case ToolUsed(agent=agent, name=name):
                found.append(Use(agent, name, entry.at_s))
            case ToolReturned() as returned:
                use = next((use for use in reversed(found) if (use.agent, use.name) == (returned.agent, returned.name)), None)
                if use is not None and use.returned is None:
                    use.returned, use.took_s = returned, round(entry.at_s - use.at_s, 3)
            case _:
                pass
    return found


class ReplayedToolbox:
    def __init__(self, toolbox: Toolbox, entries: Iterable[Entry]) -> None:
        self._toolbox = toolbox
        self._uses: dict[str, deque[Use]] = defaultdict(deque[Use])
        for use in uses(entries):
            self._uses[use.name].append(use)

    def named(self, written: str) -> Sequence[Tool]:
        return [replace(tool, run=self._again(tool.name)) for tool in self._toolbox.named(written)]

    def _again(self, name: str) -> Callable[[Mapping[str, Any]], Awaitable[str]]:
        async def run(_given: Mapping[str, Any]) -> str:
            if not self._uses[name]:
                raise ToolError(NOTHING)
            use = self._uses[name].popleft()
            if use.returned is None:
                await anyio.sleep_forever()  # until it is stopped, as it was
                raise ToolError(NOTHING)
            await anyio.sleep(use.took_s)
            if use.returned.failed:
                raise ToolError(use.returned.result)
            return use.returned.result

        return run
