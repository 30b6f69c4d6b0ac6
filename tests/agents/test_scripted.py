"""The scripted Claude as a server: over real sockets, to clients that are not ours too."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import httpx2
import pytest

from agents.brain import Failed
from agents.scripted import ScriptedClaude, ScriptedTransport
from agents.scripted_reply import PromptCache
from orchestrator.scripted_house import serving
from tests.agents.stage import brain_over, played, script

ASK: dict[str, Any] = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
AUTH = {"x-api-key": "any"}
QUICK: dict[str, Any] = {"first_token_s": 0.0, "tokens_per_s": 5_000}


@pytest.fixture
async def claude() -> AsyncGenerator[ScriptedClaude, None]:
    entries = [
        {"when": {"heard": "hello"}, "say": "Hi there. ", "calls": [{"tool": "current_time", "input": {"zone": "Asia/Tokyo"}}]},
        {"when": {"heard": "for ever"}, "say": "one", "fault": {"kind": "stall"}},
    ]
    async with serving(script(*entries, **QUICK)) as claude:
        yield claude


@pytest.fixture
async def client(claude: ScriptedClaude) -> AsyncGenerator[httpx2.AsyncClient, None]:
    async with httpx2.AsyncClient(base_url=claude.url, headers=AUTH, trust_env=False, timeout=5) as client:
        yield client


async def test_a_message_in_one_piece(client: httpx2.AsyncClient) -> None:
    message = (await client.post("/v1/messages?beta=true", json=ASK)).json()
    assert message["content"][0] == {"type": "text", "text": "Hi there. "}
    assert message["content"][1]["input"] == {"zone": "Asia/Tokyo"}
    assert (message["stop_reason"], message["model"], message["role"]) == ("tool_use", "claude-haiku-5-5", "assistant")
    assert message["usage"]["output_tokens"] > 0


async def test_a_streamed_message_has_the_apis_events_in_its_order(client: httpx2.AsyncClient) -> None:
    response = await client.post("/v1/messages", json={**ASK, "stream": True})
    assert response.headers["content-type"] == "text/event-stream"
    events = [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: ")]
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["message_start", "ping", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == "Hi there. "
    assert json.loads("".join(delta.get("partial_json", "") for delta in deltas)) == {"zone": "Asia/Tokyo"}
    assert [f"event: {kind}" for kind in kinds] == [line for line in response.text.splitlines() if line.startswith("event: ")]


async def test_it_is_an_asgi_application_for_any_server() -> None:
    app = ScriptedClaude(script({"say": "Hi there."}, **QUICK))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://claude", headers=AUTH) as client:
        assert "Hi there." in (await client.post("/v1/messages", json=ASK)).text
        assert "message_stop" in (await client.post("/v1/messages", json={**ASK, "stream": True})).text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/api/hello", 200),
        ("GET", "/api/hello", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/messages", 404),
    ],
)
async def test_the_other_routes(client: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    assert (await client.request(method, path)).status_code == status


async def test_tokens_are_counted(client: httpx2.AsyncClient) -> None:
    counted = await client.post("/v1/messages/count_tokens", json={**ASK, "messages": [{"role": "user", "content": "x" * 4_000}]})
    assert 1_000 < counted.json()["input_tokens"] < 1_100


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "any"}, 200),
        ({"authorization": "Bearer any"}, 200),
        ({}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"x-api-key": ""}, 401),
    ],
)
async def test_a_key_is_asked_for(claude: ScriptedClaude, headers: dict[str, str], status: int) -> None:
    async with httpx2.AsyncClient(base_url=claude.url, trust_env=False) as client:
        assert (await client.post("/v1/messages", json=ASK, headers=headers)).status_code == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"messages": []}', b'{"messages": 7}', b"[" * 200_000])
async def test_what_is_no_request_is_a_400(client: httpx2.AsyncClient, claude: ScriptedClaude, body: bytes) -> None:
    response = await client.post("/v1/messages", content=body)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert not claude.exchanges


async def test_odd_requests_are_tolerated(client: httpx2.AsyncClient) -> None:
    messages = ["x", {"role": "system", "content": "x"}, *ASK["messages"]]
    odd = {**ASK, "system": 7, "tools": [None], "messages": messages, "new_key": {}}
    assert (await client.post("/v1/messages", json=odd)).status_code == 200


async def test_what_no_entry_fits_is_named(client: httpx2.AsyncClient) -> None:
    response = await client.post("/v1/messages", json={**ASK, "messages": [{"role": "user", "content": "unheard of"}]})
    assert response.status_code == 400
    assert "no entry of the script fits agent=None heard='unheard of' turn=1" in response.json()["error"]["message"]


async def test_the_server_stops_although_an_answer_never_ends() -> None:
    began = anyio.Event()

    async def listen(url: str) -> None:
        async with (
            httpx2.AsyncClient(base_url=url, headers=AUTH, trust_env=False, timeout=5) as client,
            client.stream("POST", "/v1/messages", json={**ASK, "stream": True}) as body,
        ):
            async for _ in body.aiter_bytes():
                began.set()

    async def cut_off(url: str) -> None:
        with pytest.raises(httpx2.RemoteProtocolError):
            await listen(url)

    stalling = script({"say": "one two three", "fault": {"kind": "stall"}}, **QUICK)
    with anyio.fail_after(20):  # a server that waited for who listens would never end
        async with anyio.create_task_group() as group:
            async with serving(stalling) as claude:
                group.start_soon(cut_off, claude.url)
                await began.wait()
                exchanges = list(claude.exchanges)
            assert [(exchange.over.is_set(), exchange.complete) for exchange in exchanges] == [(True, False)]


async def test_nobody_at_the_address_is_unreachable_at_once() -> None:
    async with serving(script()) as gone:
        pass
    async with brain_over(None, base_url=gone.url) as brain:
        last = (await played(brain, "hello"))[-1]
        assert isinstance(last, Failed)
        assert last.error.code == "claude_unreachable"


async def test_a_script_can_say_that_nobody_is_reached() -> None:
    nobody = script({"fault": {"kind": "unreachable"}})
    async with serving(nobody) as claude, brain_over(None, base_url=claude.url) as brain:
        by_socket = (await played(brain, "hello"))[-1]
    async with brain_over(ScriptedTransport(ScriptedClaude(nobody))) as brain:
        in_process = (await played(brain, "hello"))[-1]
    assert isinstance(by_socket, Failed)
    assert isinstance(in_process, Failed)
    assert (by_socket.error.code, in_process.error.code) == ("claude_server_failed", "claude_unreachable")


def test_the_cache_is_per_model_and_ends_where_a_block_changes() -> None:
    def request(*texts: str, model: str = "m") -> dict[str, Any]:
        blocks = [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}} for text in texts]
        return {"model": model, "messages": [{"role": "user", "content": blocks}]}

    cache, long, longer = PromptCache(), "a" * 4_000, "b" * 4_000
    first = cache.read(request(long))
    assert first.cache_read_input_tokens == 0
    assert first.cache_creation_input_tokens > 1_000
    second = cache.read(request(long, longer))
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert cache.read(request(long, "c")).cache_read_input_tokens == first.cache_creation_input_tokens
    assert cache.read(request(long, model="n")).cache_read_input_tokens == 0
    assert cache.read(request(longer)).cache_read_input_tokens == 0
    assert cache.read(request("short")).cache_creation_input_tokens == 0
