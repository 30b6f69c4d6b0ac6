"""The phone in somebody's hand, as the exchange sees it: what it plays and is told, in the order it happened."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any, Final

from telephony.acs_media import Ring
from voices.audio import Frame

BACKLOG: Final = 250  # five seconds of sound wait for a phone that is slow to attach; then the oldest is lost


class Handset(Ring[Frame | str]):
    """Filled by the call, emptied by whoever holds the phone: sound as frames, everything else as JSON texts."""

    def __init__(self) -> None:
        super().__init__(BACKLOG, lambda _: True)

    def tell(self, event: str, **fields: Any) -> None:
        self.put(json.dumps({"event": event} | fields))

    async def items(self) -> AsyncGenerator[Frame | str, None]:
        """Everything, as it happens, to the end of the call. One reader."""
        while (item := await self.get()) is not None:
            yield item
