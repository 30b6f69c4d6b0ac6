"""The tools that others bring, all in one place: MCP servers by the settings, Python functions of packages and of files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import anyio.to_thread
import structlog

from agents.functions import THREADS, Functions, found
from agents.mcp_server import McpServer, McpSettings, load
from agents.outside import ALL, MCP, PYTHON
from agents.tools import Tool

log = structlog.get_logger()


@dataclass(frozen=True)
class Toolbox:
    """As agents' files name them: `mcp:SERVER/*`, `mcp:SERVER/TOOL`, `python:NAME`, `python:FILE:NAME`."""

    servers: Mapping[str, McpServer] = field(default_factory=dict[str, McpServer])
    functions: Functions = field(default_factory=Functions)
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))

    def named(self, written: str) -> Sequence[Tool]:
        if written.startswith(PYTHON):
            tools, name = self.functions.tools, written.removeprefix(PYTHON)
        else:
            server, _, name = written.removeprefix(MCP).partition("/")
            tools = self.servers[server].tools if server in self.servers else {}
            if name == ALL:
                return tuple(tools.values())
        return (tools[name],) if name in tools else ()

    async def renewed(self, written: Iterable[str], folders: Sequence[Path]) -> Toolbox:
        """With the functions as their packages and files are now."""
        functions = await anyio.to_thread.run_sync(found, self._threads, tuple(written), folders)
        for name, problem in functions.problems.items():
            if self.functions.problems.get(name) != problem:
                log.warning("tool_unusable", tool=name, problem=problem)
        return replace(self, functions=functions)

    async def settled(self) -> None:
        """Until each server has answered or is given up for now."""
        async with anyio.create_task_group() as tasks:
            for server in self.servers.values():
                tasks.start_soon(server.settled)


@asynccontextmanager
async def open_toolbox(
    servers: Mapping[str, McpSettings], written: Iterable[str] = (), folders: Sequence[Path] = ()
) -> AsyncGenerator[Toolbox]:
    """Begins to connect to all servers; wait for `settled`. What cannot be had is logged, and its tools are not there.

    `written` is what agents name; their functions in files lie in these folders.
    """
    toolbox = Toolbox({name: McpServer(name, settings) for name, settings in servers.items()})
    toolbox = await toolbox.renewed(written, folders)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_connect, tuple(toolbox.servers.values()))
        yield toolbox
        tasks.cancel_scope.cancel()


async def _connect(servers: Sequence[McpServer]) -> None:
    if servers:
        await anyio.to_thread.run_sync(load)
    async with anyio.create_task_group() as tasks:
        for server in servers:
            tasks.start_soon(server.run)
