"""Stand-ins for tools that others bring: in a rehearsal no server runs, and nothing is there but what the test puts there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, Field

from agents.errors import ToolError
from agents.functions import Function, tool_of
from agents.outside import ALL, MCP, PYTHON, claude_name
from agents.tools import Tool


class StandIn(BaseModel):
    """A tool that takes anything, and always says the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str = ""
    fails: str | None = Field(default=None, min_length=1, description="What it says of its failure.")
    after_s: float = Field(default=0.0, ge=0, le=600)
    filler: str | None = Field(default=None, min_length=2, description="Said while it is slow.")
    risky: bool = Field(default=False, description="Its server says that it destroys.")

    async def run(self, given: Mapping[str, Any]) -> str:
        await anyio.sleep(self.after_s)
        if self.fails is not None:
            raise ToolError(self.fails)
        return self.says


class StandIns:
    """The toolbox of a rehearsal: `rehearsal.toolbox["mcp:weather/forecast"] = forecast`, with any function that could be a tool.

    Agents who name what is not there do without it, as in a call whose server is down.
    """

    def __init__(self) -> None:
        self._tools: dict[str, Tool] = {}

    def __setitem__(self, written: str, stand_in: Function | StandIn) -> None:
        """Raises Unusable for a function that could not be a tool."""
        name = _name(written)
        if isinstance(stand_in, StandIn):
            self._tools[written] = Tool(
                name, written, _Anything, filler=stand_in.filler, run=stand_in.run, written=written, risky=stand_in.risky
            )
        else:
            self._tools[written] = replace(tool_of(name, stand_in, _at_once), written=written)

    def named(self, written: str) -> Sequence[Tool]:
        if written.startswith(MCP) and written.endswith(f"/{ALL}"):
            return tuple(tool for known, tool in self._tools.items() if known.startswith(written.removesuffix(ALL)))
        return (self._tools[written],) if written in self._tools else ()


class _Anything(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


def _name(written: str) -> str:
    if written.startswith(PYTHON):
        return written.removeprefix(PYTHON)
    server, _, tool = written.removeprefix(MCP).partition("/")
    return claude_name(server, tool)


async def _at_once(function: Callable[[], Any]) -> Any:
    """Virtual time knows no threads."""
    return function()
