"""The Event Grid subscription: the handshake, then IncomingCall events, at least once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import aiohttp
import anyio

from telephony.acs_emulator.record import Record

DELIVERY_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)  # Event Grid waits 30 s for 200-204
RETRIES_S: Final = (10.0, 30.0)  # the first of its steps; a call has stopped ringing before the next
FINAL: Final = frozenset({400, 401, 403, 413})  # not tried again
TOPIC: Final = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/loopback"
    "/providers/microsoft.communication/communicationservices/pai-voice"
)

Event = dict[str, Any]


def event(kind: str, subject: str, data: Mapping[str, Any], *, age_s: float = 0.0) -> Event:
    """One event in Event Grid's own schema."""
    when = datetime.now(UTC) - timedelta(seconds=age_s)
    return {
        "id": str(uuid4()),
        "topic": TOPIC,
        "subject": subject,
        "eventType": kind,
        "eventTime": when.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": dict(data),
    }


class Subscription:
    """One webhook with its delivery headers; valid once it has echoed the code."""

    def __init__(self, http: aiohttp.ClientSession, record: Record, url: str, headers: Mapping[str, str]) -> None:
        self._http, self._record, self._url, self._headers = http, record, url, dict(headers)
        self._lock = anyio.Lock()
        self._valid = False

    async def validate(self) -> bool:
        """The handshake, unless it was passed before: 200 and the code, nothing else counts."""
        async with self._lock:
            if not self._valid:
                code = str(uuid4())
                data = {"validationCode": code, "validationUrl": "https://eventgrid.invalid/validate?id=1"}
                body = [event("Microsoft.EventGrid.SubscriptionValidationEvent", "", data)]
                status, answer = await self._post("SubscriptionValidation", body)
                self._valid = status == 200 and isinstance(answer, dict) and answer.get("validationResponse") == code
            return self._valid

    async def deliver(self, events: list[Event]) -> bool:
        """One POST, tried again as Event Grid does; False when the webhook did not take it."""
        if not await self.validate():
            return False
        for wait_s in (*RETRIES_S, None):
            status, _ = await self._post("Notification", events)
            if status is not None and 200 <= status <= 204:
                return True
            if wait_s is None or status in FINAL:
                break
            await anyio.sleep(wait_s)
        return False

    async def _post(self, kind: str, events: list[Event]) -> tuple[int | None, Any]:
        status: int | None = None
        answer: Any = None
        headers = self._headers | {"aeg-event-type": kind}
        try:
            async with self._http.post(self._url, json=events, headers=headers, timeout=DELIVERY_TIMEOUT) as response:
                answer = await response.json(content_type=None) if kind == "SubscriptionValidation" else None
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            pass  # recorded without a status: the webhook is not there, or answers in no language of ours
        self._record.add("event_grid", kind=kind, status=status, events=[one["eventType"] for one in events])
        return status, answer
