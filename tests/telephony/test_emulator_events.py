"""What the emulator tells our server over HTTP: Event Grid's events, and the tokens that prove the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import jwt
import pytest

from telephony.acs_emulator import CallOptions, event_grid
from telephony.acs_emulator.call import State
from telephony.acs_emulator.settings import ISSUER
from telephony.acs_wire import Handshake, IncomingCall, read_callbacks, read_events
from tests.kit.office import CALLED, CALLER, SECRET, office


async def test_the_handshake_comes_before_the_first_call_and_once() -> None:
    async with office() as here:
        await here.rings()
        await here.rings()
        assert here.handshakes == 1
        headers, events = here.deliveries[0]
        assert headers.items() >= (SECRET | {"aeg-event-type": "Notification"}).items()
        assert len(events) == 1


async def test_a_webhook_that_refuses_gets_no_call() -> None:
    async with office() as here:
        here.refuses = True
        assert not await here.emulator.subscribe(f"{here.url}/events", SECRET)
        call = here.emulator.place(CALLER, CALLED)
        await call.settled()
        assert (call.state, call.why, here.deliveries) == (State.ENDED, "nobody takes the event", [])
        assert not await here.emulator.subscribe("http://127.0.0.1:9/nobody", SECRET)


async def test_an_event_that_was_not_taken_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_grid, "RETRIES_S", (0.01, 0.01))
    async with office() as here:
        here.stumbles = 2
        await here.rings()
        await here.until(lambda: len(here.deliveries) == 3)
        assert len({json.dumps(events) for _, events in here.deliveries}) == 1
        here.stumbles = 3
        call, _ = await here.rings()
        await call.gone()
        assert call.why == "nobody takes the event"


def incoming(events: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in events if one["eventType"].endswith("IncomingCall"))["data"]


@pytest.mark.parametrize(
    ("options", "posts", "events", "raw_id", "kind"),
    [
        ({}, 1, 1, f"4:{CALLER}", "phoneNumber"),
        ({"deliveries": 3}, 3, 3, f"4:{CALLER}", "phoneNumber"),
        ({"deliveries": 2, "batched": True}, 1, 3, f"4:{CALLER}", "phoneNumber"),
        ({"kind": "PhoneNumber"}, 1, 1, f"4:{CALLER}", "PhoneNumber"),
        ({"anonymous": True}, 1, 1, "4:anonymous", "phoneNumber"),
        ({"delay_s": 0.1}, 1, 1, f"4:{CALLER}", "phoneNumber"),
    ],
)
async def test_how_a_call_is_announced(options: dict[str, Any], posts: int, events: int, raw_id: str, kind: str) -> None:
    async with office() as here:
        call = here.emulator.place(CALLER, CALLED, CallOptions(**options))
        await here.until(lambda: len(here.deliveries) == posts)
        assert sum(len(batch) for _, batch in here.deliveries) == events
        for _, batch in here.deliveries:
            data = incoming(batch)
            assert (data["from"]["rawId"], data["from"]["kind"], data["to"]["rawId"]) == (raw_id, kind, f"4:{CALLED}")
            assert data["incomingCallContext"] == call.context
        ids = {one["id"] for _, batch in here.deliveries for one in batch if "IncomingCall" in one["eventType"]}
        assert len(ids) == 1, "a duplicate has the same id"


async def test_our_own_reader_understands_the_events() -> None:
    async with office() as here:
        await here.rings(CallOptions(age_s=120))
        (call,) = read_events(httpx2.Response(200, json=here.deliveries[0][1]).content)
        assert isinstance(call, IncomingCall)
        assert (call.caller, call.called) == (CALLER, CALLED)
        assert 120 <= (datetime.now(UTC) - call.raised_at).total_seconds() < 130
        assert not isinstance(call, Handshake)


async def test_a_call_that_nobody_answers_rings_out() -> None:
    async with office() as here:
        call, _ = await here.rings(CallOptions(ring_s=0.3))
        await call.gone()
        assert (call.state, call.why) == (State.ENDED, "not answered")


# --- tokens -----------------------------------------------------------------------------------------------------------


async def verify(url: str, authorization: str, audience: str) -> dict[str, Any]:
    """As a server does that knows only where the keys are."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        keys = (await http.get(f"{url}/calling/keys")).json()
    token = authorization.removeprefix("Bearer ")
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=ISSUER)


async def test_callbacks_and_sockets_carry_tokens_that_our_keys_prove() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        socket, callback = await here.socket(), await here.told("CallConnected")
        audience = here.emulator.settings.resource_id
        lives: list[int] = []
        for headers in (callback.headers, socket.headers):
            claims = await verify(here.emulator.url, headers["authorization"], audience)
            lives.append(claims["exp"] - claims["iat"])
        assert lives == [5 * 60, 24 * 3_600]
        assert socket.headers["x-ms-call-connection-id"] == call.ids.connection
        assert socket.headers["x-ms-call-correlation-id"] == call.ids.correlation
        (read,) = read_callbacks(httpx2.Response(200, json=[callback.event]).content)
        assert (read.type, read.connection_id, read.code) == ("CallConnected", call.ids.connection, 200)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("wrong_audience", jwt.InvalidAudienceError),
        ("wrong_issuer", jwt.InvalidIssuerError),
        ("wrong_key", jwt.InvalidSignatureError),
        ("unsigned", jwt.InvalidAlgorithmError),
        ("missing", None),
    ],
)
async def test_tokens_that_no_server_may_take(mode: Any, error: type[Exception] | None) -> None:
    async with office() as here, here.client() as client:
        await here.answered(client, CallOptions(callback_token=mode, socket_token=mode))
        for headers in ((await here.socket()).headers, (await here.told("CallConnected")).headers):
            if error is None:
                assert "authorization" not in headers
                continue
            with pytest.raises(error):
                await verify(here.emulator.url, headers["authorization"], here.emulator.settings.resource_id)
