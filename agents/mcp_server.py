"""One MCP server: connected when the house opens, shared by all calls, connected anew at the next use after it was lost."""

from __future__ import annotations

import math
import subprocess
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Self, cast

import anyio
import anyio.to_thread
import httpx2
import structlog
from pydantic import Field, SecretStr, model_validator

from agents import bounds
from agents.errors import ToolError, Unusable
from agents.loopback import is_loopback
from agents.outside import LONGEST_DESCRIPTION, LONGEST_TOOL, MCP, claude_name, inputs_of
from agents.strict import Strict
from agents.tools import Tool

if TYPE_CHECKING:
    import mcp
    from mcp.types import CallToolResult

log = structlog.get_logger()

MOST_TOOLS: Final = 32  # of one server: more would be read by Claude in every first turn
MOST_PAGES: Final = 8
RETRY_S: Final = 60.0  # while it has never been there, and so has no tools that could be used
_SESSION: Final = "mcp-session-id"


class McpSettings(Strict):
    """An MCP server: a program that we start (`command`), or an address that we call (`url`)."""

    command: str | None = Field(default=None, min_length=1, description="Started once, and talked to by stdin and stdout.")
    args: tuple[str, ...] = ()
    env: Mapping[str, SecretStr] = Field(default={}, description="All that it finds in its environment, beside PATH and HOME.")
    url: str | None = Field(default=None, pattern=r"^https?://", description="https://…, of a server of streamable HTTP.")
    headers: Mapping[str, SecretStr] = Field(default={}, description="Sent with every request, such as Authorization.")
    connect_s: float = Field(default=10.0, gt=0, le=60, description="From the start of a connection to its list of tools.")
    filler: str | None = Field(default=None, min_length=2, max_length=100, description="Said while one of its tools is slow.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) is (self.url is None):
            raise ValueError("give either `command` or `url`")
        if self.command is None and (self.args or self.env):
            raise ValueError("`args` and `env` go with `command`; for a `url` there are `headers`")
        if self.url is None and self.headers:
            raise ValueError("`headers` go with `url`; for a `command` there is `env`")
        return self


class _Connection:
    """One attempt, and what came of it."""

    def __init__(self) -> None:
        self.settled = anyio.Event()
        self.lost = anyio.Event()
        self.client: mcp.Client | None = None
        self.forgotten = False
        """The server was started anew, and refuses to listen: what it was asked last was not done."""

    async def look(self, response: httpx2.Response) -> None:
        """A session that is not found is gone, says the protocol; what mcp makes of it depends on the server's words."""
        self.forgotten |= response.status_code == 404 and _SESSION in response.request.headers


def load() -> None:
    """Imports what servers need: a second of reading, to be done before any of them runs, for two threads cannot import mcp."""
    for module in ("mcp", "mcp.client.streamable_http", "jsonschema.validators"):
        import_module(module)


class McpServer:
    """Its tools run from any call's task; the connection lives and dies in the one that `run` is in, as mcp's clients must."""

    def __init__(self, name: str, settings: McpSettings) -> None:
        self.name, self._settings = name, settings
        self.tools: dict[str, Tool] = {}
        """By the server's own names, as they were told last; empty until it has been there."""
        self.left_out: dict[str, str] = {}
        """What it has that is of no use to us, and why."""
        self.problem = "it has not answered yet"
        """Why it is not connected; empty if it is, or was until somebody noticed that it went."""
        self._connection = _Connection()
        self._wanted = anyio.Event()

    async def run(self) -> None:
        """Connects at once, and then whenever a tool is used and the connection was lost. Never raises; cancelled, it leaves no
        process behind."""
        while True:
            self._wanted = anyio.Event()
            await self._keep(self._connection)
            with anyio.move_on_after(math.inf if self.tools else RETRY_S):
                await self._wanted.wait()
            self._again()

    async def settled(self) -> None:
        """Until the attempt that is under way has come to something; at most for `connect_s`."""
        with anyio.move_on_after(self._settings.connect_s):
            await self._connection.settled.wait()

    async def lost(self) -> None:
        """Until it is not connected any more, or has turned out not to be there."""
        connection = self._connection
        await connection.settled.wait()
        await connection.lost.wait()

    async def call(self, tool: str, given: Mapping[str, Any]) -> str:
        """What the tool says. Raises ToolError."""
        try:
            return await self._called(tool, given)
        except _Forgotten:
            return await self._called(tool, given)

    async def _called(self, tool: str, given: Mapping[str, Any]) -> str:
        import mcp
        from mcp.types import CONNECTION_CLOSED

        connection = await self._connected()
        assert connection.client is not None
        try:
            return _told(await connection.client.call_tool(tool, dict(given)))
        except mcp.MCPError as error:
            if connection.forgotten:
                connection.lost.set()
                raise _Forgotten(f"{self.name} was started anew") from error
            if error.code == CONNECTION_CLOSED:
                raise ToolError(
                    f"{self.name} broke off ({bounds.cut(error.message, 200)}); whether it was done is not known."
                ) from error
            raise ToolError(bounds.cut(error.message, 300)) from error
        except (RuntimeError, ValueError) as error:  # mcp's and pydantic's, for an answer that is not what was promised
            raise ToolError(f"{self.name} gave an answer that makes no sense: {bounds.cut(str(error), 200)}") from error

    async def _connected(self) -> _Connection:
        if self._connection.lost.is_set():
            self._again()
            self._wanted.set()
        connection = self._connection
        await connection.settled.wait()
        if connection.client is None:
            raise ToolError(f"{self.name} is not there at the moment.")
        return connection

    def _again(self) -> None:
        if self._connection.lost.is_set():
            self._connection = _Connection()

    async def _keep(self, connection: _Connection) -> None:
        """One connection, from its making to its end."""
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + self._settings.connect_s) as making:
                async with AsyncExitStack() as stack:
                    transport = await self._dialled(stack, connection)
                    await self._talk(transport, connection, making)
            if making.cancelled_caught:
                self._failed(f"it did not answer within {self._settings.connect_s:g} s")
        except Exception as error:  # noqa: BLE001  somebody else's server: however it fails, the house goes on without its tools
            self._failed(_reason(error))
        finally:
            connection.client = None
            connection.lost.set()
            connection.settled.set()

    async def _talk(self, transport: Any, connection: _Connection, making: anyio.CancelScope) -> None:
        import mcp

        async with mcp.Client(_watched(transport, connection.lost), cache=None) as client:
            offered = [tool async for tool in _offered(client)]
            self.tools, self.left_out = await anyio.to_thread.run_sync(self._usable, offered)
            making.deadline = math.inf
            connection.client, self.problem = client, ""
            connection.settled.set()
            log.info("tool_server_connected", server=self.name, tools=list(self.tools), left_out=list(self.left_out))
            await connection.lost.wait()
            log.info("tool_server_lost", server=self.name)

    def _failed(self, problem: str) -> None:
        self.problem = problem
        log.warning("tool_server_failed", server=self.name, problem=problem)

    async def _dialled(self, stack: AsyncExitStack, connection: _Connection) -> AbstractAsyncContextManager[Any]:
        """The way to the server: its address, or a process of its own."""
        if self._settings.url is None:
            return self._process()
        from mcp.client.streamable_http import streamable_http_client

        # TLS certificates are slow reading.
        client = await anyio.to_thread.run_sync(self._http, self._settings.url)
        client.event_hooks["response"].append(connection.look)
        await stack.enter_async_context(client)
        return streamable_http_client(self._settings.url, http_client=client)

    def _http(self, url: str) -> httpx2.AsyncClient:
        headers = {key: value.get_secret_value() for key, value in self._settings.headers.items()}
        # A tool may think for long: how long is bounded where it is used.
        return httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(30, read=300), trust_env=not is_loopback(url))

    def _process(self) -> AbstractAsyncContextManager[Any]:
        """mcp gives it a clean environment (PATH, HOME and the like), and ends it with all its children."""
        import mcp

        env = {key: value.get_secret_value() for key, value in self._settings.env.items()}
        started = mcp.StdioServerParameters(command=self._settings.command or "", args=list(self._settings.args), env=env)
        # What it writes on stderr may be the caller's words: it does not go into our log.
        return mcp.stdio_client(started, errlog=cast("Any", subprocess.DEVNULL))

    def _usable(self, offered: Iterable[Any]) -> tuple[dict[str, Tool], dict[str, str]]:
        tools: dict[str, Tool] = {}
        left_out: dict[str, str] = {}
        for tool in offered:
            name = bounds.text(tool.name, LONGEST_TOOL)
            if len(tools) >= MOST_TOOLS:
                left_out[name] = f"it comes after the first {MOST_TOOLS}"
            elif name != tool.name:
                left_out[name] = f"its name is longer than {LONGEST_TOOL} characters, or no plain text"
            else:
                try:
                    tools[name] = self._tool(tool)
                except Unusable as error:
                    left_out[name] = str(error)
        return tools, left_out

    def _tool(self, tool: Any) -> Tool:
        return Tool(
            claude_name(self.name, tool.name),
            bounds.cut(tool.description or tool.title or tool.name, LONGEST_DESCRIPTION),
            inputs_of(tool.input_schema),
            filler=self._settings.filler,
            run=partial(self.call, tool.name),
            written=f"{MCP}{self.name}/{tool.name}",
            risky=_destroys(tool),
        )


def _destroys(tool: Any) -> bool:
    """Unless it says that it only reads, or destroys nothing: MCP takes one that says nothing for destructive."""
    hints = tool.annotations
    return hints is None or (hints.read_only_hint is not True and hints.destructive_hint is not False)


class _Forgotten(ToolError):
    """The server does not know our session; nothing was done, and in a new one it can be."""


async def _offered(client: mcp.Client) -> AsyncGenerator[Any, None]:
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            yield tool
        cursor = page.next_cursor
        if cursor is None:
            return


@asynccontextmanager
async def _watched(transport: AbstractAsyncContextManager[Any], lost: anyio.Event) -> AsyncGenerator[Any, None]:
    """The same transport; `lost` is set when nothing more can come from the far end, which mcp tells nobody until they ask."""
    async with transport as (read, write), anyio.create_task_group() as tasks:
        # Nothing is kept: it goes from hand to hand.
        send, receive = anyio.create_memory_object_stream[Any](0)

        async def pass_on() -> None:
            async with send:
                try:
                    async for message in read:
                        await send.send(message)
                except anyio.BrokenResourceError:
                    pass  # our side has hung up
                finally:
                    lost.set()

        tasks.start_soon(pass_on)
        with receive:
            yield receive, write
        tasks.cancel_scope.cancel()


def _told(result: CallToolResult) -> str:
    """For Claude. Raises ToolError for what the server calls an error."""
    parts = [
        block.text if block.type == "text" else f"(here is something of type {block.type}, which cannot be read out)"
        for block in result.content
    ]
    text = bounds.tool_result("\n".join(parts) or str(result.structured_content or ""))
    if result.is_error:
        raise ToolError(text or "It failed, and does not say why.")
    return text


def _reason(error: BaseException) -> str:
    """The first thing that went wrong, in a line, without its stack."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return bounds.cut(f"{type(error).__name__}: {error}".splitlines()[0], 300)
