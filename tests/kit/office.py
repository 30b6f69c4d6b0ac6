"""What Azure talks to, by hand: a webhook, a callback address and a media socket that keep what they are given."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from litestar.types import Receive, Scope, Send

from telephony.acs_emulator import EMULATOR_KEY, CallOptions, Emulator, EmulatorSettings
from telephony.acs_emulator.call import Call
from telephony.serving import served

CALLER: Final = "+431234567"
CALLED: Final = "+15550100"
SECRET: Final = {"x-pai-voice-secret": "a-secret-of-the-webhook"}


@dataclass
class Callback:
    kind: str
    headers: dict[str, str]
    event: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        return self.event["data"]

    @property
    def result(self) -> tuple[int, int]:
        return self.data["resultInformation"]["code"], self.data["resultInformation"]["subCode"]


@dataclass
class Socket:
    """One media socket, accepted."""

    headers: dict[str, str]
    send: Send
    messages: MemoryObjectReceiveStream[str]

    async def message(self) -> dict[str, Any]:
        return json.loads(await self.messages.receive())

    async def of_kind(self, kind: str) -> dict[str, Any]:
        while (message := await self.message())["kind"] != kind:
            pass
        return message

    async def say(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text, "bytes": None})

    async def say_bytes(self, data: bytes) -> None:
        await self.send({"type": "websocket.send", "text": None, "bytes": data})

    async def closed(self) -> None:
        """Until the emulator has closed it; what it sent before is lost."""
        async for _ in self.messages:
            pass


@dataclass
class Office:
    emulator: Emulator
    url: str = ""
    handshakes: int = 0
    refuses: bool = False
    """Answer events with 403, and sockets too."""
    stumbles: int = 0
    """How many events to answer with 503 yet."""
    deliveries: list[tuple[dict[str, str], list[dict[str, Any]]]] = field(default_factory=list[Any])
    callbacks: list[Callback] = field(default_factory=list[Callback])
    arrived: anyio.Event = field(default_factory=anyio.Event)
    _open: list[MemoryObjectReceiveStream[str]] = field(default_factory=list[MemoryObjectReceiveStream[str]])
    _sockets: Any = field(default_factory=lambda: anyio.create_memory_object_stream[Socket](10))

    def client(self, key: str = EMULATOR_KEY, **settings: Any) -> Any:
        from azure.communication.callautomation.aio import CallAutomationClient
        from azure.core.credentials import AzureKeyCredential

        defaults: dict[str, Any] = {"retry_total": 0, "use_env_settings": False}
        return CallAutomationClient(self.emulator.url, AzureKeyCredential(key), **defaults | settings)

    @property
    def callback_url(self) -> str:
        return f"{self.url}/callbacks"

    @property
    def media_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/media?t=1"

    def streaming(self, **options: Any) -> Any:
        from azure.communication.callautomation import MediaStreamingOptions

        defaults: dict[str, Any] = {
            "transport_url": self.media_url,
            "transport_type": "websocket",
            "content_type": "audio",
            "audio_channel_type": "unmixed",
            "start_media_streaming": True,
            "enable_bidirectional": True,
            "enable_dtmf_tones": True,
        }
        return MediaStreamingOptions(**defaults | options)

    async def rings(self, options: CallOptions | None = None) -> tuple[Call, str]:
        """A call that rings, and its context."""
        call = self.emulator.place(CALLER, CALLED, options)
        await self.until(lambda: any(_context(events) == call.context for _, events in self.deliveries))
        return call, call.context

    async def answered(self, client: Any, options: CallOptions | None = None, **streaming: Any) -> tuple[Call, Any]:
        """A call that is up, and the SDK's connection to it."""
        call, context = await self.rings(options)
        properties = await client.answer_call(
            incoming_call_context=context,
            callback_url=self.callback_url,
            media_streaming=self.streaming(**streaming),
            operation_context="op",
        )
        return call, client.get_call_connection(properties.call_connection_id)

    async def socket(self) -> Socket:
        stream: MemoryObjectReceiveStream[Socket] = self._sockets[1]
        return await stream.receive()

    async def told(self, kind: str, times: int = 1) -> Callback:
        """The callback of this kind, the nth of them, when it has come."""

        def those() -> list[Callback]:
            return [one for one in self.callbacks if one.kind == kind]

        await self.until(lambda: len(those()) >= times)
        return those()[times - 1]

    async def until(self, true: Any) -> None:
        """Looks again whenever something arrived."""
        while not true():
            self.arrived = anyio.Event()
            await self.arrived.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["type"] == "websocket":
            await self._media(headers, receive, send)
            return
        body = json.loads(await _body(receive))
        answer, status = b"", 403 if self.refuses else 200
        if scope["path"] == "/callbacks":
            self.callbacks += [Callback(event["type"].removeprefix("Microsoft.Communication."), headers, event) for event in body]
        elif headers["aeg-event-type"] == "SubscriptionValidation":
            self.handshakes += 1
            answer = json.dumps({"validationResponse": body[0]["data"]["validationCode"]}).encode()
        else:
            self.deliveries.append((headers, body))
            if self.stumbles:
                self.stumbles, status = self.stumbles - 1, 503
        self.arrived.set()
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(answer))]})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _media(self, headers: dict[str, str], receive: Receive, send: Send) -> None:
        await receive()
        if self.refuses:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        arrived, messages = anyio.create_memory_object_stream[str](5_000)  # more than any test waits for
        self._open.append(messages)
        stream: MemoryObjectSendStream[Socket] = self._sockets[0]
        with arrived:
            await stream.send(Socket(headers, send, messages))
            while True:
                message: Any = await receive()
                if message["type"] == "websocket.disconnect":
                    break
                await arrived.send(message["text"])

    def close(self) -> None:
        for stream in (*self._sockets, *self._open):
            stream.close()


def _context(events: list[dict[str, Any]]) -> str | None:
    return next((event["data"].get("incomingCallContext") for event in reversed(events)), None)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message: Any = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


@asynccontextmanager
async def office(settings: EmulatorSettings | None = None) -> AsyncGenerator[Office]:
    """An emulator, and an office that is subscribed to its calls."""
    async with Emulator.serve(settings) as emulator:
        here = Office(emulator)
        try:
            async with served(lambda url: here) as here.url:
                assert await emulator.subscribe(f"{here.url}/events", SECRET)
                yield here
                for call in emulator.calls:
                    call.end("the test is over")
                    await call.gone()
        finally:
            here.close()
