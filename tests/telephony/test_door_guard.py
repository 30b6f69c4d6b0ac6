"""The server's door: half-open connections, slow heads and bodies go, and whoever has something to say gets in."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import httpx2
import pytest
import structlog
from anyio.abc import SocketStream
from litestar import Litestar, Request, Response, get, post

from telephony.door_guard import DoorGuard
from telephony.refusals import EVERY_S, Refusals
from telephony.serving import served
from tests.kit.azure import SECRET, azure_and

QUICK: dict[str, Any] = {"head_s": 0.4, "body_s": 0.4, "unproven": 8, "of_one": 8}


@get("/in")
async def let_in() -> str:
    return "in"


@post("/body", status_code=200)
async def body(request: Request[Any, Any, Any]) -> Response[Any]:
    return Response(str(len(await request.body())))


@post("/out", status_code=401)
async def turned_away(request: Request[Any, Any, Any]) -> None:
    await request.body()


@asynccontextmanager
async def a_server(**bounds: Any) -> AsyncGenerator[tuple[str, int, DoorGuard]]:
    guard = DoorGuard(**QUICK | bounds)
    app = Litestar([let_in, body, turned_away], openapi_config=None, logging_config=None)
    async with served(lambda _: app, guard=guard) as url:
        yield url, int(url.rpartition(":")[2]), guard


async def connected(port: int, said: bytes = b"") -> SocketStream:
    stream = await anyio.connect_tcp("127.0.0.1", port)
    if said:
        await stream.send(said)
    return stream


async def ended(stream: SocketStream) -> bool:
    """The server has closed it, within a bound."""
    with anyio.move_on_after(5):
        try:
            while True:
                await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return True
    return False


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"G",
        b"POST /body HTTP/1.1\r\nhost: x\r\nx-a: ",
        b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n123",
        b"POST /out HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n123",
        b"POST /body HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\n123\r\n",
        b"GET /in HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 40_000,
    ],
)
async def test_what_is_not_said_to_its_end_is_not_waited_for(said: bytes) -> None:
    async with a_server() as (_, port, guard), await connected(port, said) as stream:
        assert await ended(stream)
        assert guard.connections == 0


@pytest.mark.parametrize("begins", [b"", b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"])
async def test_a_byte_now_and_then_buys_no_time(begins: bytes) -> None:
    said = begins or b"GET /in HTTP/1.1\r\nx-a: "
    async with a_server() as (_, port, _), await connected(port, said) as stream, anyio.create_task_group() as tasks:

        async def dribble() -> None:
            with suppress(anyio.BrokenResourceError):
                while True:
                    await stream.send(b"a")
                    await anyio.sleep(0.05)

        tasks.start_soon(dribble)
        assert await ended(stream)
        tasks.cancel_scope.cancel()


async def test_the_oldest_that_says_nothing_makes_room() -> None:
    async with a_server(head_s=60) as (url, port, guard), httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        silent = [await connected(port) for _ in range(20)]
        assert (await client.get("/in")).status_code == 200
        assert guard.connections <= 9
        assert await ended(silent[0])
        later = [await connected(port) for _ in range(20)]
        assert (await client.get("/in")).text == "in", "whoever was let in keeps the same connection"
        for stream in (*silent, *later):
            await stream.aclose()


async def test_who_is_turned_away_must_come_anew() -> None:
    async with a_server() as (url, _, _), httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        assert (await client.post("/out", content=b"x")).headers["connection"] == "close"
        assert (await client.get("/missing")).headers["connection"] == "close"
        assert "connection" not in (await client.get("/in")).headers
        assert (await client.post("/out", content=b"x")).status_code == 401


async def test_what_is_refused_is_logged_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(anyio, "current_time", lambda: now_s)
    refusals = Refusals()
    with structlog.testing.capture_logs() as logs:
        for _ in range(500):
            refusals.tell("refused", why="bad")
        refusals.tell("other", why="bad")
        now_s += EVERY_S
        refusals.tell("refused", why="worse")
    assert [(line["event"], line["count"], line["why"]) for line in logs] == [
        ("refused", 1, "bad"),
        ("other", 1, "bad"),
        ("refused", 500, "worse"),
    ]


async def test_lines_are_counted_before_they_ring() -> None:
    rang: list[Any] = []
    enough = anyio.Event()

    async def handler(line: Any) -> None:
        rang.append(line)
        if len(rang) == 200:
            enough.set()
        await anyio.sleep_forever()

    async with azure_and(handler) as (azure, _):
        for _ in range(4):
            events = [azure.incoming_call() for _ in range(100)]
            answer = await azure.client.post(
                "/acs/events", content=json.dumps(events), headers={"x-pai-voice-secret": SECRET}, timeout=20
            )
            assert answer.status_code == 200
        with anyio.fail_after(10):
            await enough.wait()
        await anyio.wait_all_tasks_blocked()
        assert len(rang) == 200
