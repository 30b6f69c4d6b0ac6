"""A real MCP server, over stdio (`python weather.py`) and as an ASGI application: what servers do, and what they do wrong."""

from __future__ import annotations

import os
from typing import Any

import anyio
from mcp.server.mcpserver import Image, MCPServer
from mcp.types import ToolAnnotations


def server() -> MCPServer[Any]:
    """With no state outside of its process."""
    weather = MCPServer("weather")

    @weather.tool(annotations=ToolAnnotations(destructive_hint=False))
    def forecast(city: str, days: int = 1) -> str:
        """The weather in a city."""
        return f"Rain in {city} for {days} days."

    @weather.tool()
    async def never() -> str:
        """Never comes back."""
        await anyio.sleep_forever()
        return ""

    @weather.tool()
    def dies() -> str:
        """Takes the server with it."""
        os._exit(3)

    @weather.tool()
    def pid() -> str:
        """Which process this is."""
        return str(os.getpid())

    @weather.tool()
    def fails() -> str:
        """Knows nothing."""
        raise ValueError("there is no such city")

    @weather.tool()
    def environment() -> dict[str, str]:
        """What the server can see of its owner's secrets."""
        return dict(os.environ)

    @weather.tool()
    def big() -> str:
        """Says too much."""
        return "x" * 1_000_000

    @weather.tool(structured_output=False)
    def picture() -> list[Any]:
        """A picture of the clouds."""
        return ["Clouds:", Image(data=b"GIF89a", format="gif")]

    @weather.tool(annotations=ToolAnnotations(destructive_hint=True))
    def clear_up() -> str:
        """Takes the clouds away."""
        return "Sunny."

    @weather.tool(annotations=ToolAnnotations(destructive_hint=True, read_only_hint=True))
    def sky() -> str:
        """Looks at the clouds."""
        return "Cloudy."

    @weather.tool(name="long " + "n" * 70)
    def long_name() -> str:
        """Has a name that Claude would not accept."""
        return "Mild."

    @weather.tool(description="Says a lot about itself. " * 100)
    def wordy() -> str:
        return "Short."

    return weather


if __name__ == "__main__":
    server().run()
