"""One WebSocket to ElevenLabs, shared by many sentences, without a task of its own: whoever waits for sound reads for all."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import anyio

from voices.engines.elevenlabs.errors import SocketClosed, plain, refused
from voices.engines.elevenlabs.wire import Dialect, Message, Order, read
from voices.synthesis import SynthesisError, SynthesizerFailed

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OLDEST_S: Final = 1_800.0
"""A socket is renewed then; no limit is documented, but proxies have theirs."""
_SPARE_S: Final = 5.0  # a socket that has been silent nearly as long as it may is not trusted any more
_SEND_S: Final = 0.1
_GLANCE_S: Final = 0.005
_CLOSE_S: Final = 0.5
_UNREAD: Final = 2_000  # messages of one sentence


class Context:
    """One sentence on a socket."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inbox: deque[Message] = deque()
        self.sounded = self.closing = self.abandoned = False

    def deliver(self, message: Message) -> None:
        if self.abandoned:
            return  # late sound after a barge-in
        if len(self.inbox) >= _UNREAD:
            message = Message(error=SynthesizerFailed(f"ElevenLabs sent more than {_UNREAD} messages for one sentence"))
            self.abandoned = True
        self.inbox.append(message)


class Socket:
    """`release` is called once, when the socket is closed."""

    def __init__(
        self, connection: ClientConnection, dialect: Dialect, voices: Sequence[str], release: Callable[[], None]
    ) -> None:
        self.dialect, self.voices = dialect, voices
        self.used = False
        """A sentence began on it."""
        self._connection, self._release = connection, release
        self._opened_s = self._sent_s = anyio.current_time()
        self._contexts: dict[str, Context] = {}
        self._numbers = count(1)
        self._reading = anyio.Lock()
        self._error: SynthesisError | None = None

    @property
    def idle(self) -> bool:
        """Nobody waits for anything on it."""
        return all(context.abandoned for context in self._contexts.values())

    @property
    def has_room(self) -> bool:
        return len(self._contexts) < self.dialect.rooms

    @property
    def alive(self) -> bool:
        """Neither closed, nor unused for so long that the server will have closed it."""
        from websockets.protocol import State

        silent_s = anyio.current_time() - self._sent_s
        trusted = silent_s < self.dialect.silent_s - _SPARE_S or not self.idle
        return self._error is None and self._connection.state is State.OPEN and trusted

    @property
    def old(self) -> bool:
        return anyio.current_time() - self._opened_s > OLDEST_S

    async def begin(self, order: Order) -> Context:
        """Send a sentence, once there is room. Raises SynthesizerFailed, and what ElevenLabs says."""
        while not self.has_room:
            await self._read_unless(lambda: self.has_room)
        context = Context(f"s{next(self._numbers)}")
        self._contexts[context.name] = context
        self.used = True
        try:
            await self.send(self.dialect.begin(context.name, order))
        except BaseException:  # a cancelled send, too, leaves a context that ElevenLabs would keep open
            await self.end(context)
            raise
        return context

    async def next(self, context: Context) -> Message:
        """The sentence's next message. Raises SynthesizerFailed, and what ElevenLabs says."""
        while not context.inbox:
            await self._read_unless(lambda: bool(context.inbox))
        message = context.inbox.popleft()
        if message.error:
            raise message.error
        if message.pcm and not context.sounded:
            context.sounded = True
            if self.dialect.ends_when_closed:
                await self._close(context)
        return message

    async def end(self, context: Context, *, done: bool = False) -> None:
        """Give the sentence up, or let its context go. Late sound is dropped; it takes room until the server has closed it."""
        context.abandoned = True
        context.inbox.clear()
        if context.name not in self._contexts:
            return
        if self.dialect.labelled:
            await self._close(context)
        else:
            del self._contexts[context.name]
            if not done:
                self.drop()

    async def send(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Raises SocketClosed."""
        from websockets.exceptions import ConnectionClosed

        self._sent_s = anyio.current_time()
        for message in messages:
            try:
                await self._connection.send(json.dumps(message))
            except ConnectionClosed as closed:
                self._error = _closing(closed)
                raise self._error from closed

    async def keep(self) -> None:
        """Read what has come since nobody waits for it, and say that we are still here. Raises SynthesisError if it is closed."""
        with anyio.move_on_after(_GLANCE_S):
            while self.idle:
                await self._read_unless(lambda: False)
        if anyio.current_time() - self._sent_s > self.dialect.silent_s / 3:
            await self.send([self.dialect.keep_alive()])

    async def aclose(self) -> None:
        with anyio.move_on_after(_CLOSE_S):
            await self._connection.close()
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self._error = self._error or SocketClosed("this socket was closed")
        self._connection.transport.abort()
        release, self._release = self._release, lambda: None
        release()

    def drop_if_deserted(self) -> None:
        """Close at once if it is idle: it has no room, and gets none."""
        if self.idle:
            self.drop()

    async def _close(self, context: Context) -> None:
        if context.closing or self._error:
            return
        context.closing = True
        with anyio.move_on_after(_SEND_S, shield=True):
            message = self.dialect.close(context.name)
            with suppress(SynthesisError):  # whoever reads is told
                await self.send([message] if message else [])

    async def _read_unless(self, served: Callable[[], bool]) -> None:
        """Read one message for whoever it is, unless somebody else has read ours meanwhile."""
        from websockets.exceptions import ConnectionClosed

        async with self._reading:
            if served():
                return
            try:
                if self._error:
                    raise type(self._error)(*self._error.args)
                self._take(read(await self._connection.recv()))
            except ConnectionClosed as closed:
                self._error = _closing(closed)
                raise self._error from closed
            except SynthesizerFailed as error:
                self._error = error
                raise

    def _take(self, message: Message) -> None:
        contexts = list(self._contexts.values())
        if self.dialect.labelled and (message.context or not message.error):
            contexts = [self._contexts[message.context]] if message.context in self._contexts else []
        for context in contexts:
            context.deliver(message)
            if message.closed or message.error:
                del self._contexts[context.name]
        if message.error and not message.context:
            self._error = message.error  # it closes the socket


def _closing(closed: Any) -> SynthesisError:
    """What a close frame says: 1008 and its like have a reason, as a sentence."""
    frame = closed.rcvd
    if frame is None and closed.sent is not None:
        return SynthesizerFailed(
            f"ElevenLabs broke the protocol ({closed.sent.code}: {plain(closed.sent.reason)}); look at `base_url`"
        )
    if frame is None or frame.code in {1000, 1001, 1005, 1006, 1011, 1012}:
        told = f" ({frame.code}: {plain(frame.reason)})" if frame and frame.reason else ""
        return SocketClosed(f"ElevenLabs closed the connection{told}; the next sentence gets a new one")
    return refused(frame.code, next((name for name in _REASONS if name in frame.reason.lower()), ""), frame.reason)


_REASONS: Final = ("quota_exceeded", "invalid_api_key", "voice_not_found", "too_many_concurrent_requests", "system_busy")
