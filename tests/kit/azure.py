"""Azure by hand: REST answered as told, tokens signed, callbacks posted and sockets dialled exactly when the test says.

The emulator (telephony/acs_emulator) behaves; this one misbehaves. Our server and this one share a port.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import uuid4

import anyio
import httpx2
import jwt
import uvicorn
import websockets
from anyio.streams.memory import MemoryObjectReceiveStream
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from telephony.acs import AcsListener, AcsSettings
from telephony.line import Line
from telephony.open_calls import OpenCalls

SECRET: Final = "a-secret-of-the-webhook"
AUDIENCE: Final = "6b1f4c9e-0000-4000-8000-1234567890ab"
ISSUER: Final = "https://azure.test"
CALLER: Final = "+16041234567"
CALLED: Final = "+18331234567"
CONNECTION: Final = "cc-0001"


@cache
def signing_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def token(key: str = "azure", kid: str = "azure", **claims: Any) -> str:
    """An Azure token, good unless `claims` spoil it; None takes a claim out."""
    now = datetime.now(UTC)
    whole = {"iss": ISSUER, "aud": AUDIENCE, "nbf": now, "exp": now + timedelta(minutes=5)} | claims
    payload = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(payload, signing_key(key), algorithm="RS256", headers={"kid": kid})


@dataclass
class Asked:
    """One REST request that our server made."""

    operation: str
    body: dict[str, Any]


@dataclass
class Azure:
    url: str
    asked: MemoryObjectReceiveStream[Asked]
    """What our server asked of Azure, in order."""
    client: httpx2.AsyncClient
    answers: dict[str, list[tuple[int, str]]] = field(default_factory=dict[str, list[tuple[int, str]]])
    """Per operation, what to answer instead of success: status and body, each once."""
    keys_served: int = 0
    keys_fail: int = 0
    """How many times the keys cannot be had."""

    async def ring(self, *, secret: str | None = SECRET, event: dict[str, Any] | None = None, **data: Any) -> httpx2.Response:
        headers = {} if secret is None else {"x-pai-voice-secret": secret}
        return await self.client.post("/acs/events", json=[event or self.incoming_call(**data)], headers=headers)

    def incoming_call(self, *, caller: str = f"4:{CALLER}", context: str | None = None, age_s: float = 0) -> dict[str, Any]:
        return {
            "id": str(uuid4()),
            "eventType": "Microsoft.Communication.IncomingCall",
            "eventTime": (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat(),
            "data": {
                "to": {"kind": "phoneNumber", "rawId": f"4:{CALLED}"},
                "from": {"kind": "phoneNumber", "rawId": caller},
                "incomingCallContext": context or str(uuid4()),
                "correlationId": "c1",
            },
        }

    async def next(self, operation: str) -> dict[str, Any]:
        """The body of the next REST request, which must be of this operation."""
        asked = await self.asked.receive()
        assert asked.operation == operation
        return asked.body

    async def tell(
        self, asked: dict[str, Any], kind: str, *, bearer: str | None = "", event_id: str = "", **data: Any
    ) -> httpx2.Response:
        """A callback to the call that `asked` for it; `bearer` "" is a good token, None is none."""
        event = {
            "id": event_id or str(uuid4()),
            "type": f"Microsoft.Communication.{kind}",
            "data": {"callConnectionId": CONNECTION} | data,
        }
        headers = {} if bearer is None else {"authorization": f"Bearer {bearer or token()}"}
        return await self.client.post(asked["callbackUri"], json=[event], headers=headers)

    def media(self, asked: dict[str, Any], *, bearer: str | None = "", connection: str = CONNECTION) -> Any:
        """A media socket to the call that `asked` for it."""
        headers = {"x-ms-call-connection-id": connection} if connection else {}
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer or token()}"
        return websockets.connect(asked["mediaStreamingOptions"]["transportUrl"], additional_headers=headers, proxy=None)


async def _answer(azure: Azure, operation: str) -> Response[str]:
    status, body = 200, json.dumps({"callConnectionId": CONNECTION, "callConnectionState": "connecting"})
    if operation in ("reject", "terminate"):
        status, body = 204, ""
    elif operation == "create":
        status = 201
    elif operation == "sendDtmfTones":
        status = 202
    if azure.answers.get(operation):
        status, body = azure.answers[operation].pop(0)
    if status == 0:  # Azure does not answer at all
        await anyio.sleep_forever()
    return Response(body, status_code=status, media_type="application/json")


@asynccontextmanager
async def azure_and(
    handler: Callable[[Line], Awaitable[None]], *, keys_fail: int = 0, notes: OpenCalls | None = None, **settings: Any
) -> AsyncGenerator[tuple[Azure, AcsListener]]:
    """Azure and our server with `handler` for its calls, on one loopback port; both are gone at the end."""
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    tell, asked = anyio.create_memory_object_stream[Asked](100)
    listener = AcsListener(_settings(url, **settings), notes)
    azure = Azure(url, asked, httpx2.AsyncClient(base_url=url, trust_env=False), keys_fail=keys_fail)

    @post("/calling/{path:path}")
    async def rest(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[str]:
        verb = path.partition(":")[2] or "create"
        tell.send_nowait(Asked(verb, json.loads(await request.body() or b"{}")))
        return await _answer(azure, verb)

    @get("/keys")
    async def keys() -> dict[str, Any]:
        if azure.keys_fail:
            azure.keys_fail -= 1
            raise HTTPException(status_code=503)
        azure.keys_served += 1
        public = RSAAlgorithm.to_jwk(signing_key("azure").public_key(), as_dict=True)
        return {"keys": [public | {"kid": "azure", "use": "sig", "alg": "RS256"}]}

    app = Litestar([*listener.routes, rest, keys], openapi_config=None, logging_config=None)
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_level="info", ws_max_size=65_536, timeout_graceful_shutdown=1)
    )
    async with azure.client, tell, asked, anyio.create_task_group() as tasks:
        tasks.start_soon(_serve, server, door)
        async with anyio.create_task_group() as calls:
            await calls.start(listener.serve, handler)
            yield azure, listener
            calls.cancel_scope.cancel()
        server.should_exit = True


async def _serve(server: uvicorn.Server, door: socket.socket) -> None:
    with door:
        await server.serve([door])


def _settings(url: str, **changes: Any) -> AcsSettings:
    return AcsSettings.model_validate(
        {
            "endpoint": url,
            "access_key": "c2VjcmV0LWtleQ==",
            "public_url": url,
            "phone_number": CALLED,
            "webhook_secret": SECRET,
            "audience": AUDIENCE,
            "issuer": ISSUER,
            "jwks_url": f"{url}/keys",
        }
        | changes
    )
