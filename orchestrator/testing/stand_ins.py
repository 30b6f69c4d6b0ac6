"""Stand-ins for tools that others bring: in a rehearsal no server runs, and nothing is there but what the test puts there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, Field, field_validator

from agents.definition import Agent
from agents.errors import ToolError, Unusable
from agents.functions import Function, at_once, real, tool_of
from agents.outside import ALL, MCP, PYTHON, claude_name, inputs_of
from agents.strict import Strict
from agents.tools import KNOWN, Tool


class StandIn(Strict):
    """A tool that always says the same. It takes anything, but for what `takes` or a real function at hand says."""

    says: str = ""
    fails: str | None = Field(default=None, min_length=1, description="What it says of its failure.")
    after_s: float = Field(default=0.0, ge=0, le=600)
    filler: str | None = Field(default=None, min_length=2, description="Said while it is slow.")
    risky: bool = Field(default=False, description="Its server says that it destroys.")
    takes: dict[str, Any] | None = Field(default=None, description="The JSON schema of its input, as its server gives it.")

    @field_validator("takes")
    @classmethod
    def _is_schema(cls, takes: dict[str, Any] | None) -> dict[str, Any] | None:
        if takes is not None:
            try:
                inputs_of(takes)
            except Unusable as error:
                raise ValueError(str(error)) from None
        return takes

    def inputs(self, real: type[BaseModel] | None) -> type[BaseModel]:
        """`real`: those of the function that it stands in for, if that is at hand."""
        return real or (_Anything if self.takes is None else inputs_of(self.takes))

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
        self.folders: Sequence[Path] = (Path("agents"),)
        """Of the agents: where a real function may lie in a file."""
        self._tools: dict[str, Tool] = {}

    def __setitem__(self, written: str, stand_in: Function | StandIn) -> None:
        """A StandIn takes what the real function takes, where there is one. Raises Unusable for a function that is no tool."""
        name = _name(written)
        if isinstance(stand_in, StandIn):
            known = real(written, self.folders) if written.startswith(PYTHON) else None
            inputs = stand_in.inputs(known.inputs if known else None)
            tool = Tool(name, written, inputs, filler=stand_in.filler, run=stand_in.run, risky=stand_in.risky)
        else:
            tool = tool_of(name, stand_in, at_once)
        self._tools[written] = replace(tool, written=written)

    def missing(self, agent: Agent) -> Mapping[str, str]:
        """What its file names and nothing stands in for, by what Claude would call it."""
        return {_name(tool): tool for tool in agent.tools if tool not in KNOWN and not self.named(tool)}

    def named(self, written: str) -> Sequence[Tool]:
        if written.startswith(MCP) and written.endswith(f"/{ALL}"):
            return tuple(tool for known, tool in self._tools.items() if known.startswith(written.removesuffix(ALL)))
        return (self._tools[written],) if written in self._tools else ()


class _Anything(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


def _name(written: str) -> str:
    if written.startswith(PYTHON):
        return written.removeprefix(PYTHON).rpartition(":")[2]
    server, _, tool = written.removeprefix(MCP).partition("/")
    return claude_name(server, tool)
