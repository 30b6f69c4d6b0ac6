"""The tools that one message of Claude's wants used: all of them are, and those that end the turn come last."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any, Final

import anyio

from agents.brain import Act, AgentEvent, Repaired, ToolCalled
from agents.errors import ToolError
from agents.tools import Tool

_NOT_YET: Final = "This was not done, because something else that you wanted done at once was not. First tell the caller."
_EMPTY: Final = "(It ran, and returned nothing: no text, no result.)"


class ToolUses:
    """Of one message. `run` them; then `results` goes back to Claude, unless the turn is over."""

    def __init__(self, calls: Sequence[ToolCalled], tools: Sequence[Tool], act_s: float) -> None:
        """`act_s`: how long each may run."""
        self._act_s = act_s
        self._uses = sorted(((call, next((tool for tool in tools if tool.name == call.name), None)) for call in calls), key=_ends)
        self.results: list[dict[str, Any]] = []
        self._failed = False
        self.over = False
        """The turn is: what ends it was done, and all else too."""

    async def run(self, act: Act) -> AsyncGenerator[AgentEvent, None]:
        """Each use is told before it begins. After a failure nothing ends the turn: the caller has to hear of it."""
        for call, tool in self._uses:
            if tool is None:
                self._failure(call, f"there is no tool {call.name} on this call")
            elif tool.ends_turn and self._failed:
                self._failure(call, _NOT_YET)
            else:
                try:
                    given, mended = tool.understood(call.input)
                except ToolError as error:
                    self._failure(call, str(error))
                    continue
                if mended:
                    yield Repaired("input")
                valid = replace(call, input=given)
                yield valid
                await self._use(valid, act)
                self.over = tool.ends_turn and not self._failed

    async def _use(self, call: ToolCalled, act: Act) -> None:
        with anyio.CancelScope(deadline=anyio.current_time() + self._act_s):
            try:
                text = await act(call)
                self._add(call, text if text.strip() else _EMPTY)
            except ToolError as error:
                self._failure(call, str(error))
            return
        self._failure(call, f"{call.name} took longer than {self._act_s:g} s and was stopped.")

    def _failure(self, call: ToolCalled, why: str) -> None:
        self._failed, self.over = True, False
        self._add(call, why, is_error=True)

    def _add(self, call: ToolCalled, content: str, **more: bool) -> None:
        self.results.append({"type": "tool_result", "tool_use_id": call.id, "content": content, **more})


def _ends(use: tuple[ToolCalled, Tool | None]) -> bool:
    return use[1] is not None and use[1].ends_turn
