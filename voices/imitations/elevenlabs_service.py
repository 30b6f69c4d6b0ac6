"""What the imitation of ElevenLabs does: its switches, what it refuses, and what it has seen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import anyio

from voices.imitations.elevenlabs_sound import PIECE_S, Piece, pieces

KEY: Final = "imitation-key"
GONE: Final = "imitationDeleted"
"""A voice's id that the account had once."""
MOST_CONTEXTS: Final = 5
LATE: Final = "late"
HALF: Final = 4
"""Pieces, to the middle of a sentence."""

Trouble = Literal[
    "no_credit", "forbidden", "unreachable", "no_socket", "no_contexts", "busy", "crowded", "html", "stops", "stalls", "mp3",
    "fast", "silence", "huge", "binary", "no_json", "error",
]  # fmt: skip
REFUSALS: Final[dict[str, tuple[int, str, str]]] = {
    "no_credit": (401, "quota_exceeded", "This request exceeds your quota of 10000. You have 3 credits remaining."),
    "forbidden": (403, "only_for_creator+", "You need a Creator plan for professional voices."),
    "busy": (429, "system_busy", "We are experiencing heavy traffic. Please try again."),
    "crowded": (429, "too_many_concurrent_requests", "You have more concurrent requests than your plan allows."),
    "error": (500, "internal_server_error", "Something went wrong."),
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass
class Service:
    """The imitation's state; the switches may be changed at any time."""

    first_s: float = 0.0
    """From the text's last byte to the first sound."""
    faster: float = 50.0
    """Times as fast as the speech; 0 is at once."""
    closing_s: float = 0.0
    """From `close_context` to the context's end."""
    sessions: int = 100
    trouble: Trouble | None = None
    drops_after: int | None = None
    """So many more sentences until every socket dies, between two of them."""
    url: str = ""
    heard: list[str] = field(default_factory=list[str])
    """The texts, as they came."""
    took_s: list[float] = field(default_factory=list[float])
    """What `first_s` really was, on a machine with other things to do."""
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The bodies of HTTP requests, and the first messages of contexts."""
    sockets: int = 0
    """Open now."""
    opened: int = 0
    """Sockets, ever."""
    refused: int = 0
    """Sockets, ever."""
    most_contexts: int = 0
    """Open on one socket at the same time."""
    contexts: int = 0
    """Open now."""
    speaking: int = 0
    """Sentences that are being made now."""

    def refusal(self, scope: Scope) -> tuple[int, dict[str, Any]] | None:
        """What is wrong with a request before it is read."""
        keys = [value.decode() for name, value in scope["headers"] if name == b"xi-api-key"]
        if keys != [KEY]:
            return 401, detail("invalid_api_key", "Invalid API key")
        if self.trouble in REFUSALS:
            status, identifier, message = REFUSALS[self.trouble]
            return status, detail(identifier, message)
        if self.speaking >= self.sessions:
            return 429, detail("too_many_concurrent_requests", "Too many concurrent requests.")
        return None

    async def speech(self, text: str, voice: str, speed: float = 1.0) -> AsyncGenerator[Piece]:
        """Pieces at their times: samples, characters, and when each begins in its piece."""
        self.heard.append(text.strip())
        self.speaking += 1
        try:
            begun = anyio.current_time()
            await anyio.sleep(self.first_s)
            self.took_s.append(anyio.current_time() - begun)
            for number, piece in enumerate(pieces(text, voice, speed, self.trouble)):
                if number:
                    await anyio.sleep(PIECE_S / self.faster if self.faster else 0)
                if number == HALF and self.trouble == "stalls":
                    await anyio.sleep_forever()
                yield piece
        finally:
            self.speaking -= 1


def detail(identifier: str, message: str) -> dict[str, Any]:
    return {"detail": {"status": identifier, "message": message}}
