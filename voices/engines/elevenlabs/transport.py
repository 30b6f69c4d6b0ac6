"""How a sentence gets to ElevenLabs and its sound back: by a warm socket, or over HTTP while none can be opened."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING, Final

import anyio
import structlog
from anyio import to_thread

from voices.engines.elevenlabs import http as over_http
from voices.engines.elevenlabs.errors import NoSocket, Refused, SocketClosed, TooManyRequests
from voices.engines.elevenlabs.models import MODELS
from voices.engines.elevenlabs.sessions import WAIT_S
from voices.engines.elevenlabs.settings import ElevenLabsSettings
from voices.engines.elevenlabs.socket import Context, Socket
from voices.engines.elevenlabs.sockets import Sockets
from voices.engines.elevenlabs.wire import DialogueContexts, Message, Order
from voices.synthesis import SynthesizerFailed

if TYPE_CHECKING:
    import httpx

_log = structlog.get_logger(__name__)

FIRST_S: Final = 2.0
"""Until the first sound, once a socket is open; ElevenLabs takes 0.1 to 0.4."""
STALL_S: Final = 0.6
"""Between two pieces; ElevenLabs sends a sentence some times faster than it is heard."""
_AGAIN_S: Final = 0.1
_HTTP_S: Final = 60.0  # a socket that did not open is not tried again by a sentence before that


class Transport:
    """Opens nothing before the first sentence."""

    def __init__(self, settings: ElevenLabsSettings) -> None:
        self._settings = settings
        self._key = settings.key.get_secret_value().strip() if settings.key else ""
        self._sockets = Sockets(settings.base_url.replace("http", "ws", 1), self._key, settings.sessions)
        self._http: httpx.AsyncClient | None = None
        self._http_until_s = 0.0

    async def http(self) -> httpx.AsyncClient:
        """Made once; certificates are read in a thread."""
        if self._http is None:
            self._sockets.tls, http = await to_thread.run_sync(over_http.client, self._settings.base_url, self._key)
            self._http = self._http or http
        return self._http

    async def messages(self, order: Order) -> AsyncGenerator[Message]:
        """One sentence. Waits for half a second while all the plan's sessions are in use; else nothing is tried twice.

        Raises SynthesisError.
        """
        until_s = anyio.current_time() + WAIT_S
        sounded = False
        while True:
            try:
                async with aclosing(self._once(order)) as messages:
                    async for message in messages:
                        sounded = True
                        yield message
            except TooManyRequests:
                if sounded or anyio.current_time() + _AGAIN_S > until_s:
                    raise
                await anyio.sleep(_AGAIN_S)
            else:
                return

    async def _once(self, order: Order) -> AsyncGenerator[Message]:
        http = await self.http()
        transport = self._settings.transport
        if transport == "websocket" or (transport == "auto" and anyio.current_time() >= self._http_until_s):
            try:
                async with aclosing(self._by_socket(order)) as messages:
                    async for message in messages:
                        yield message
            except NoSocket as error:  # there was no sound yet
                if transport == "websocket":
                    raise
                self._http_until_s = anyio.current_time() + _HTTP_S
                _log.warning("elevenlabs_over_http", error=str(error))
            else:
                return
        async with self._sockets.sessions.one(), aclosing(_patiently(over_http.stream(http, order))) as messages:
            async for message in messages:
                yield message

    async def _by_socket(self, order: Order) -> AsyncGenerator[Message]:
        """An open socket of text-to-dialogue is a session; of text-to-speech only a sentence is."""
        session = nullcontext() if MODELS[order.model].dialogue else self._sockets.sessions.one()
        async with session, aclosing(self._by_any_socket(order)) as messages:
            async for message in messages:
                yield message

    async def _by_any_socket(self, order: Order) -> AsyncGenerator[Message]:
        while True:
            socket = await self._sockets.get(order)
            fresh, sounded = not socket.used, False
            try:
                async with aclosing(_spoken(socket, order)) as messages:
                    async for message in messages:
                        sounded = True
                        yield message
            except SocketClosed:
                if sounded or fresh:
                    raise  # else it died since the last sentence, and a new one is opened
            except Refused as error:
                if sounded or "model" not in str(error).lower() or not isinstance(socket.dialect, DialogueContexts):
                    raise
                self._sockets.without_contexts()
            else:
                return

    async def maintain(self) -> None:
        """Keep sockets warm until cancelled."""
        while True:
            try:
                await self.http()
                await self._sockets.maintain()
            except Exception:  # noqa: BLE001  a task's edge: sentences do without upkeep
                _log.exception("elevenlabs_upkeep_failed")
                await anyio.sleep(_HTTP_S)

    async def aclose(self) -> None:
        await self._sockets.aclose()
        if self._http is not None:
            await self._http.aclose()


async def _spoken(socket: Socket, order: Order) -> AsyncGenerator[Message]:
    try:
        with anyio.fail_after(WAIT_S):
            context = await socket.begin(order)
    except TimeoutError:
        socket.drop_if_deserted()
        raise SynthesizerFailed("ElevenLabs has no room: sentences that were given up are still open there") from None
    done = False
    try:
        async with aclosing(_patiently(_messages(socket, context))) as messages:
            async for message in messages:
                done = message.done
                yield message
    finally:
        await socket.end(context, done=done)


async def _messages(socket: Socket, context: Context) -> AsyncGenerator[Message]:
    while True:
        message = await socket.next(context)
        yield message
        if message.done:
            return


async def _patiently(messages: AsyncGenerator[Message]) -> AsyncGenerator[Message]:
    """Raises SynthesizerFailed when nothing comes."""
    sounded = False
    async with aclosing(messages):
        while True:
            limit_s = STALL_S if sounded else FIRST_S
            try:
                with anyio.fail_after(limit_s):
                    message = await anext(messages)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                told = "stopped in mid-sentence" if sounded else "sent no sound"
                raise SynthesizerFailed(f"ElevenLabs {told}: nothing came for {limit_s:g} s") from error
            sounded = sounded or bool(message.pcm)
            yield message
