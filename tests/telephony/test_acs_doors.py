"""Who gets in: every door of the ACS listener against forged, stale, doubled and broken requests."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import jwt
import pytest
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus

from telephony.acs import AcsSettings, Seen
from telephony.acs_wire import incoming_metadata
from telephony.line import Line
from tests.kit.azure import AUDIENCE, ISSUER, SECRET, Azure, azure_and, token

PAST = datetime.now(UTC) - timedelta(hours=1)
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}


class Lines:
    """A handler that answers, and holds the line until the call is over."""

    def __init__(self) -> None:
        self.rang: list[Line] = []

    async def __call__(self, line: Line) -> None:
        self.rang.append(line)
        await line.answer()
        async for _ in line.hear():
            pass


FORGED = {
    "none": None,
    "garbage": "garbage",
    "another key": token(key="forger"),
    "an unknown key id": token(kid="other"),
    "expired": token(exp=PAST),
    "without expiry": token(exp=None),
    "another audience": token(aud="somebody-else"),
    "without audience": token(aud=None),
    "another issuer": token(iss="https://evil.test"),
    "not yet valid": token(nbf=datetime.now(UTC) + timedelta(hours=1)),
    "unsigned": jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "azure"}),
    "signed with a word": jwt.encode(CLAIMS, "w" * 32, algorithm="HS256", headers={"kid": "azure"}),
    "endless": "e" * 5_000,
}


@pytest.fixture
def lines() -> Lines:
    return Lines()


def calls(lines: Lines, **settings: Any) -> AbstractAsyncContextManager[Any]:
    asked: dict[str, Any] = {"answer_s": 30, **settings}
    return azure_and(lines, **asked)


async def leave(azure: Azure, asked: dict[str, Any]) -> None:
    assert (await azure.tell(asked, "CallDisconnected")).status_code == 200


async def test_forged_tokens_open_neither_door(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        for why, bearer in FORGED.items():
            assert (await azure.tell(asked, "CallDisconnected", bearer=bearer)).status_code == 401, why
            with pytest.raises(InvalidStatus, match="403"):
                await azure.media(asked, bearer=bearer)
        assert azure.keys_served == 1  # invented key ids do not make us fetch again and again
        await leave(azure, asked)


async def test_a_token_opens_its_own_call_and_door_only(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        first = await azure.next("answer")
        await azure.ring()
        second = await azure.next("answer")

        def swapped(url: str, other: str) -> str:
            return url.partition("?")[0] + "?" + other.partition("?")[2]

        callback, media = first["callbackUri"], first["mediaStreamingOptions"]["transportUrl"]
        for other in (second["callbackUri"], media, "?t=", "?t=%ff&t=1", ""):
            first["callbackUri"] = swapped(callback, other)
            assert (await azure.tell(first, "CallDisconnected")).status_code == 401
        for other in (second["mediaStreamingOptions"]["transportUrl"], callback, "?t=", ""):
            first["mediaStreamingOptions"]["transportUrl"] = swapped(media, other)
            with pytest.raises(InvalidStatus, match="403"):
                await azure.media(first)
        first["callbackUri"] = callback.replace("/acs/calls/", "/acs/calls/0")
        assert (await azure.tell(first, "CallDisconnected")).status_code == 404
        first["callbackUri"], first["mediaStreamingOptions"]["transportUrl"] = callback, media
        await leave(azure, first)
        await leave(azure, second)


async def test_after_the_call_its_tokens_open_nothing(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await leave(azure, asked)
            await socket.wait_closed()
        with pytest.raises(InvalidStatus, match="403"):
            await azure.media(asked)
        assert (await azure.tell(asked, "CallConnected")).status_code == 404


async def test_another_calls_connection_id_is_refused(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        assert (await azure.tell(asked, "CallConnected")).status_code == 200
        assert (await azure.tell(asked, "CallDisconnected", callConnectionId="cc-0002")).status_code == 403
        with pytest.raises(InvalidStatus, match="403"):
            await azure.media(asked, connection="cc-0002")
        async with azure.media(asked, connection=""):  # not told is no contradiction
            await leave(azure, asked)


@pytest.mark.parametrize(
    ("mode", "without", "forged"), [("require", False, False), ("accept_if_valid", True, False), ("off", True, True)]
)
async def test_how_strict_the_media_socket_is(lines: Lines, mode: str, without: bool, forged: bool) -> None:
    async with calls(lines, socket_jwt=mode) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        for bearer, opens in ((None, without), (token(key="forger"), forged), (token(), True)):
            if opens:
                await (await azure.media(asked, bearer=bearer)).close()
            else:
                with pytest.raises(InvalidStatus, match="403"):
                    await azure.media(asked, bearer=bearer)
        await leave(azure, asked)


@pytest.mark.parametrize("secret", [None, "", SECRET[:-1], SECRET + "x", SECRET.upper(), "\xff"])
async def test_no_event_without_the_secret(lines: Lines, secret: str | None) -> None:
    async with calls(lines) as (azure, _):
        headers = {} if secret is None else {"x-pai-voice-secret": secret.encode("latin-1")}
        for body in (json.dumps([azure.incoming_call()]).encode(), b"{", b'[{"eventType":"x"}]'):
            assert (await azure.client.post("/acs/events", content=body, headers=headers)).status_code == 401
    assert lines.rang == []


async def test_handshake(lines: Lines) -> None:
    event = {
        "id": "v",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2018-01-25T22:12:19.4556811Z",
        "data": {"validationCode": "512d38b6"},
    }
    async with calls(lines) as (azure, _):
        answer = await azure.ring(event=event)
        assert (answer.status_code, answer.json()) == (200, {"validationResponse": "512d38b6"})


async def test_one_call_is_one_call(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        event = azure.incoming_call(context="context")
        for again in (event, event, event | {"id": "another"}, azure.incoming_call(context="context")):
            assert (await azure.ring(event=again)).status_code == 200
        asked = await azure.next("answer")
        assert (await azure.ring(age_s=61)).status_code == 200  # nobody is there any more
        await leave(azure, asked)
    assert len(lines.rang) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"{}", 400),
        (b"[7]", 400),
        (b"[" * 100_000, 400),
        (b"\xff\x00", 400),
        (b'[{"id":"1","eventType":"Microsoft.Communication.IncomingCall","eventTime":"x","data":{}}]', 400),
        (b"[]", 200),
        (b'[{"id":"1","eventType":"Microsoft.Storage.BlobCreated","eventTime":"x","data":{}}]', 200),
        (b'["' + b"x" * 1_000_000 + b'"]', 413),
    ],
)
async def test_broken_bodies_do_nothing(lines: Lines, body: bytes, status: int) -> None:
    async with calls(lines) as (azure, _):
        headers = {"x-pai-voice-secret": SECRET}
        assert (await azure.client.post("/acs/events", content=body, headers=headers)).status_code == status
    assert lines.rang == []


async def test_broken_callbacks_leave_the_call_alone(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        headers = {"authorization": f"Bearer {token()}"}
        for body, status in ((b"", 400), (b"{", 400), (b"[7]", 400), (b"[]", 200), (b"x" * 1_000_000, 413)):
            assert (await azure.client.post(asked["callbackUri"], content=body, headers=headers)).status_code == status
        assert (await azure.tell(asked, "SomethingNew")).status_code == 200
        await leave(azure, asked)


async def test_a_message_too_big_costs_the_socket_and_not_the_call(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send("x" * 1_000_000)
            await socket.wait_closed()
            assert socket.close_code == 1009
        async with azure.media(asked):
            await leave(azure, asked)


async def test_other_doors_are_closed(lines: Lines) -> None:
    async with calls(lines) as (azure, _):
        assert (await azure.client.get("/acs/media/x?t=y")).status_code == 405
        assert (await azure.client.get("/acs/events")).status_code == 405
        assert (await azure.client.post("/acs/calls/x")).status_code == 404


async def test_tokens_reach_no_log(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    async with calls(lines) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            with pytest.raises(InvalidStatus):
                await azure.media(asked, bearer=token(key="forger"))
            await socket.send(incoming_metadata(16_000, "s"))
            await azure.tell(asked, "CallConnected", bearer=token(key="forger"))
            await leave(azure, asked)
    logged = "".join(capsys.readouterr())
    for path in ("WebSocket /acs/media/", "POST /acs/calls/", "media_socket_refused", "acs_callback_refused"):
        assert path in logged
    for url in (asked["callbackUri"], asked["mediaStreamingOptions"]["transportUrl"]):
        assert url.partition("t=")[2] not in logged
    assert asked["incomingCallContext"] not in logged


async def test_keys_that_cannot_be_had_are_asked_for_again(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.acs_auth.RETRY_S", 0)
    async with calls(lines, keys_fail=2) as (azure, _):  # at the start, and once more
        await azure.ring()
        asked = await azure.next("answer")
        assert (await azure.tell(asked, "CallConnected")).status_code == 401
        assert (await azure.tell(asked, "CallConnected")).status_code == 200
        await leave(azure, asked)


def test_seen_forgets_by_time_and_by_number() -> None:
    seen = Seen(limit=3, keep_s=10)
    assert [seen.again("a", 0), seen.again("a", 5), seen.again("a", 11)] == [False, True, False]
    assert [seen.again(key, 12) for key in "bcdea"] == [False, False, False, False, False]
    assert seen.again("e", 12)


GOOD = {
    "endpoint": "https://x.communication.azure.com/",
    "access_key": "a2V5",
    "public_url": "https://voice.example.org",
    "webhook_secret": "0123456789abcdef",
    "audience": "guid",
}


def test_settings_with_little_in_them() -> None:
    settings = AcsSettings.model_validate(GOOD)
    assert settings.endpoint == "https://x.communication.azure.com"
    assert settings.media_url == "wss://voice.example.org"
    assert settings.socket_jwt == "require"
    assert AcsSettings.model_validate(GOOD | {"public_url": "http://127.0.0.1:8"}).media_url == "ws://127.0.0.1:8"


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"endpoint": "x.communication.azure.com"}, "an address like https"),
        ({"public_url": "http://voice.example.org"}, "http is for loopback only"),
        ({"public_url": "http://127.0.0.1.evil.org"}, "http is for loopback only"),
        ({"public_url": "https://u@voice.example.org"}, "without user"),
        ({"access_key": "endpoint=https://x;accesskey=a2V5"}, "Primary key"),
        ({"access_key": ""}, "the access key is empty"),
        ({"webhook_secret": "short"}, "openssl rand"),
        ({"phone_number": "0664 123"}, "pattern"),
        ({"audience": ""}, "at least 1"),
        ({"acess_key": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_are_wrong_say_how(wrong: dict[str, str], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix) as caught:
        AcsSettings.model_validate(GOOD | wrong)
    assert "a2V5" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "number", "usd"),
    [
        ({}, "+18005550100", ("0.0125", "0.0170")),
        ({}, "+4312345670", ("0.0140", "0.1590")),
        ({}, "+33123456789", ("0.0140", "0.0190")),
        ({"usd_per_minute_out": "0.02"}, "+4312345670", ("0.0140", "0.02")),
        ({"usd_per_minute_in": 0}, "+18005550100", ("0", "0.0170")),
        ({"endpoint": "http://127.0.0.1:8070"}, "+18005550100", ("0", "0")),
    ],
)
def test_a_minute_costs_what_its_country_does_or_what_is_set(more: dict[str, Any], number: str, usd: tuple[str, str]) -> None:
    settings = AcsSettings.model_validate(GOOD | more)
    assert tuple(settings.usd_per_minute(number, outbound=out) for out in (False, True)) == tuple(map(Decimal, usd))


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(AcsSettings.model_validate(GOOD))
    assert "a2V5" not in shown
    assert "0123456789abcdef" not in shown
