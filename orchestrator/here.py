"""The time and the place, as agents are told them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agents.errors import ToolError
from orchestrator.zones import zones


@dataclass(frozen=True)
class Here:
    now: Callable[[], datetime]
    place: str = ""
    """Where the house is; empty if nobody said."""

    def told(self, zone: str = "") -> str:
        """With the place; or the time in another zone, by its IANA name. Raises ToolError for one there is not."""
        if zone and zone not in zones():
            raise ToolError(f"{zone!r} is no time zone; use an IANA name such as Europe/Berlin.")
        there = self.now().astimezone(zones()[zone]) if zone else self.now()
        where = f" in {self.place}" if self.place and not zone else ""
        return f"{there:%A, %d %B %Y, %H:%M}{where}"
