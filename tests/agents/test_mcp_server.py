"""MCP servers for real: a process of its own, and one over HTTP on loopback; what they do, and how they are survived."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from agents.bounds import TOOL_RESULT_CHARS
from agents.errors import ToolError
from agents.mcp_server import McpSettings
from agents.outside import LONGEST_DESCRIPTION
from agents.toolbox import Toolbox, open_toolbox
from telephony.serving import served
from tests.kit import weather

SCRIPT = str(Path(weather.__file__))
STDIO = McpSettings.model_validate({"command": sys.executable, "args": [SCRIPT], "env": {"CITY": "Graz"}, "filler": "Looking."})


@asynccontextmanager
async def connected(**servers: McpSettings) -> AsyncGenerator[Toolbox]:
    async with open_toolbox(servers) as toolbox:
        await toolbox.settled()
        yield toolbox


async def use(toolbox: Toolbox, tool: str, **given: Any) -> str:
    """Checked first, as the brain does."""
    (found,) = toolbox.named(f"mcp:weather/{tool}")
    assert found.run is not None
    with anyio.fail_after(10):
        return await found.run(found.check(given))


class Street:
    """Where the server can be found over HTTP, what it was asked, and what it is like."""

    def __init__(self, *, old: bool = False, **options: Any) -> None:
        self.old, self._options = old, options
        self.headers: list[tuple[bytes, bytes]] = []
        self.app: Starlette

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers += scope.get("headers", ())
        if self.old and (b"mcp-method", b"server/discover") in scope["headers"]:  # unknown to servers of before 2026
            await PlainTextResponse("Bad Request", 400)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """A server that knows nothing of what was before."""
        self.app = weather.server().streamable_http_app(**self._options)
        async with self.app.router.lifespan_context(self.app):
            yield


async def test_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-of-ours")
    async with connected(weather=STDIO) as toolbox:
        tools = {tool.name: tool for tool in toolbox.named("mcp:weather/*")}
        assert tools["weather__forecast"].rendered() == {
            "name": "weather__forecast",
            "description": "The weather in a city.",
            "input_schema": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1}},
                "required": ["city"],
            },
        }
        assert tools["weather__forecast"].filler == "Looking."
        assert tools["weather__forecast"].written == "mcp:weather/forecast"
        harmless = {"weather__sky", "weather__forecast"}  # by their own word; of the others nothing is known
        assert {name for name, tool in tools.items() if not tool.risky} == harmless
        assert await use(toolbox, "forecast", city="Graz", days=2) == "Rain in Graz for 2 days."
        seen = await use(toolbox, "environment")
        assert '"CITY": "Graz"' in seen
        assert "secret-of-ours" not in seen
        assert set(toolbox.named("mcp:weather/*")) > set(toolbox.named("mcp:weather/forecast"))
        assert [*toolbox.named("mcp:weather/hail"), *toolbox.named("mcp:moon/*"), *toolbox.named("python:weather")] == []


async def test_what_comes_from_outside_is_bounded() -> None:
    async with connected(weather=STDIO) as toolbox:
        told = await use(toolbox, "big")
        assert told.startswith("x" * TOOL_RESULT_CHARS + " … (cut off: it has 1,000,000 characters)")
        assert len(told) < TOOL_RESULT_CHARS + 50
        assert await use(toolbox, "picture") == "Clouds:\n(here is something of type image, which cannot be read out)"
        (wordy,) = toolbox.named("mcp:weather/wordy")
        assert len(wordy.description) < LONGEST_DESCRIPTION + 50
        (long,) = toolbox.named(f"mcp:weather/long {'n' * 70}")
        assert (len(long.name), long.name[:20]) == (64, "weather__long_nnnnnn")
        assert await use(toolbox, f"long {'n' * 70}") == "Mild."


async def test_what_goes_wrong_is_told_to_claude() -> None:
    async with connected(weather=STDIO) as toolbox:
        problem = r"weather__forecast was not called: input: city: \['Graz', 'Linz'\] is not of type 'string'"
        with pytest.raises(ToolError, match=problem):
            await use(toolbox, "forecast", city=["Graz", "Linz"])
        with pytest.raises(ToolError, match="fails"):
            await use(toolbox, "fails")


async def test_a_server_that_dies_is_started_anew_at_the_next_use() -> None:
    async with connected(weather=STDIO) as toolbox:
        with pytest.raises(ToolError, match="weather broke off"):
            await use(toolbox, "dies")
        assert await use(toolbox, "forecast", city="Linz") == "Rain in Linz for 1 days."
        # And one that dies while nobody uses it is not noticed by the next who does.
        killed = await use(toolbox, "pid")
        await anyio.run_process(["kill", "-9", killed])
        await toolbox.servers["weather"].lost()
        assert await use(toolbox, "pid") != killed


async def test_a_tool_that_hangs_is_left_and_hinders_nobody() -> None:
    async with connected(weather=STDIO) as toolbox:
        with anyio.move_on_after(0.2) as gone:
            await use(toolbox, "never")
        assert gone.cancelled_caught
        assert await use(toolbox, "forecast", city="Linz") == "Rain in Linz for 1 days."


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"command": "/nowhere/weather"}, "No such file"),
        ({"command": sys.executable, "args": ["-c", "print('no JSON')"]}, "Connection closed"),
        ({"command": "sleep", "args": ["60"], "connect_s": 0.3}, "did not answer within 0.3 s"),
        ({"url": "http://127.0.0.1:1/mcp"}, "ConnectError"),
    ],
)
async def test_a_server_that_is_not_there_is_no_reason_to_fall(settings: dict[str, Any], problem: str) -> None:
    async with connected(weather=McpSettings.model_validate(settings)) as toolbox:
        server = toolbox.servers["weather"]
        await server.lost()
        assert problem in server.problem
        assert toolbox.named("mcp:weather/*") == ()
        with pytest.raises(ToolError, match="weather is not there at the moment"):
            await server.call("forecast", {})


@pytest.mark.parametrize("options", [{}, {"json_response": True}, {"stateless_http": True}, {"old": True}], ids=str)
async def test_over_http_with_headers_of_ours(options: dict[str, Any]) -> None:
    street = Street(**options)
    async with served(lambda _: street) as url, street.open():
        settings = McpSettings.model_validate({"url": f"{url}/mcp", "headers": {"Authorization": "Bearer of-ours"}})
        async with connected(weather=settings) as toolbox:
            assert await use(toolbox, "forecast", city="Graz") == "Rain in Graz for 1 days."
    assert (b"authorization", b"Bearer of-ours") in street.headers


@pytest.mark.parametrize("old", [False, True])
async def test_a_server_that_was_started_anew_is_met_anew(old: bool) -> None:
    street = Street(old=old)
    async with (
        served(lambda _: street) as url,
        street.open(),
        connected(weather=McpSettings(url=f"{url}/mcp")) as toolbox,
        street.open(),
    ):
        assert await use(toolbox, "forecast", city="Graz") == "Rain in Graz for 1 days."


async def test_more_than_fits_into_one_event_is_an_error_and_no_more() -> None:
    street = Street(old=True)
    async with served(lambda _: street) as url, street.open(), connected(weather=McpSettings(url=f"{url}/mcp")) as toolbox:
        with pytest.raises(ToolError, match=r"weather broke off \(SSE stream failed"):
            await use(toolbox, "big")
        assert await use(toolbox, "forecast", city="Graz") == "Rain in Graz for 1 days."


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "give either `command` or `url`"),
        ({"command": "x", "url": "http://x"}, "give either `command` or `url`"),
        ({"url": "http://x", "args": ["y"]}, "`args` and `env` go with `command`"),
        ({"command": "x", "headers": {"a": "b"}}, "`headers` go with `url`"),
        ({"url": "ftp://x"}, "should match pattern"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        McpSettings.model_validate(settings)
