"""Tools that others bring: are the MCP servers there, can the functions be used, and do they have what the agents name?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Final

from agents.functions import Functions
from agents.mcp_server import McpServer
from agents.outside import ALL, MCP
from agents.roster import Roster
from agents.toolbox import Toolbox, open_toolbox
from agents.yaml_file import did_you_mean
from orchestrator.config import FILE, Settings
from orchestrator.doctor.finding import Finding

SHOWN: Final = 6


async def tools(settings: Settings, roster: Roster) -> AsyncGenerator[Finding, None]:
    """Starts the servers, and stops them. Calls go on without a tool, so nothing here is worse than a warning."""
    async with open_toolbox(settings.tools, roster.tools(), settings.agents) as toolbox:
        await toolbox.settled()
        findings = [*map(_server, toolbox.servers.values()), *_functions(toolbox.functions), *_missing(toolbox, roster)]
    for finding in findings:
        yield finding


def _server(server: McpServer) -> Finding:
    name = f"tools {server.name}"
    if server.problem:
        fix = f"see that it runs, by hand and as [tools.{server.name}] in {FILE} says; its tools are not there until it does"
        return Finding(name, "warn", server.problem, fix)
    if server.left_out:
        why = "; ".join(f"{tool}: {reason}" for tool, reason in server.left_out.items())
        return Finding(name, "warn", f"not all of its tools can be used: {why}", "mend them in the server, if you need them")
    more = f", and {len(server.tools) - SHOWN} more" if len(server.tools) > SHOWN else ""
    return Finding(name, "ok", f"{', '.join([*server.tools][:SHOWN])}{more}")


def _functions(functions: Functions) -> Iterator[Finding]:
    if functions.tools:
        yield Finding("tools in Python", "ok", ", ".join(functions.tools))
    for name, problem in functions.problems.items():
        yield Finding(f"tool {name}", "warn", problem, "mend the function, or uninstall the package that brings it")


def _missing(toolbox: Toolbox, roster: Roster) -> Iterator[Finding]:
    """What agents name and a server that is there does not have: only now can that be known."""
    for agent in roster:
        for written in agent.tools:
            server, _, tool = written.removeprefix(MCP).partition("/")
            found = toolbox.servers.get(server) if written.startswith(MCP) and tool != ALL else None
            if found and not found.problem and tool not in (*found.tools, *found.left_out):
                fact = f"{agent.name} wants `{tool}` of {server}, which has no such tool.{did_you_mean(tool, list(found.tools))}"
                yield Finding(f"tools {server}", "warn", fact, f"correct `tools` in {roster.files.get(agent.id, agent.id)}")
