"""Mid-call callbacks: CloudEvents posted to one call's callback address with Azure's token, in order unless told otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import aiohttp
import anyio

from telephony.acs_emulator.record import Record
from telephony.acs_emulator.settings import CallOptions
from telephony.acs_emulator.tokens import CALLBACK_LIFE, Signer

PREFIX: Final = "Microsoft.Communication."
POST_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
PENDING: Final = 256  # a call posts about a dozen; keys pressed one by one are the most of them
SWAP_S: Final = 0.2  # how long a reordered callback waits for the next one, which then overtakes it


@dataclass(frozen=True, slots=True)
class Ids:
    """The three names Azure gives a call."""

    connection: str
    server: str
    correlation: str

    def as_json(self) -> dict[str, str]:
        return {"callConnectionId": self.connection, "serverCallId": self.server, "correlationId": self.correlation}


@dataclass(frozen=True, slots=True)
class _Letter:
    kind: str
    event: dict[str, Any]


class Callbacks:
    """One call's outgoing post. `post` only queues; `sending` sends while it is entered, and what is queued when it is left."""

    def __init__(self, http: aiohttp.ClientSession, signer: Signer, record: Record, ids: Ids, options: CallOptions) -> None:
        self._http, self._signer, self._record, self._ids, self._options = http, signer, record, ids, options
        self._send, self._receive = anyio.create_memory_object_stream[_Letter](PENDING)
        self.uri = ""

    def post(self, kind: str, *, context: str | None = None, **data: Any) -> None:
        """Queue one event (`kind` without its prefix)."""
        source = f"calling/callConnections/{self._ids.connection}"
        event = {
            "id": str(uuid4()),
            "source": source,
            "subject": source,
            "type": PREFIX + kind,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"),  # seven digits, as Azure writes
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "data": self._ids.as_json() | ({"operationContext": context} if context is not None else {}) | data,
        }
        try:
            self._send.send_nowait(_Letter(kind, event))
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._record.add("callback", self._ids.connection, type=kind, status=None, why="not sent: too many, or after the end")

    @asynccontextmanager
    async def sending(self) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as post_office:
            post_office.start_soon(self._run)
            try:
                yield
            finally:
                self._send.close()

    def close(self) -> None:
        self._send.close()
        self._receive.close()

    async def _run(self) -> None:
        with self._receive:
            async for letter in self._receive:
                for each in await self._overtaken(letter):
                    for _ in range(self._options.callback_copies):
                        await self._deliver(each)

    async def _overtaken(self, letter: _Letter) -> list[_Letter]:
        if self._options.callbacks_reordered:
            with anyio.move_on_after(SWAP_S):
                try:
                    other = await self._receive.receive()
                except anyio.EndOfStream:
                    return [letter]
                # CallDisconnected is documented as the last one, so nothing may overtake it the wrong way round.
                return [letter, other] if other.kind == "CallDisconnected" else [other, letter]
        return [letter]

    async def _deliver(self, letter: _Letter) -> None:
        token = self._signer.authorization(CALLBACK_LIFE, self._options.callback_token)
        status: int | None = None
        why: str | None = None
        try:
            async with self._http.post(self.uri, json=[letter.event], headers=token, timeout=POST_TIMEOUT) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = type(error).__name__
        self._record.add("callback", self._ids.connection, type=letter.kind, status=status, why=why, id=letter.event["id"])
