"""ElevenLabs' sockets: opened when a voice is first heard, kept warm, renewed, and shared by all calls."""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio
import structlog

from voices.engines.elevenlabs.errors import LONGEST_BODY, NoSocket, SocketClosed, SocketRefused, plain, refusal
from voices.engines.elevenlabs.models import MODELS
from voices.engines.elevenlabs.sessions import Sessions
from voices.engines.elevenlabs.socket import Socket
from voices.engines.elevenlabs.wire import LONGEST_MESSAGE, Dialect, Dialogue, DialogueContexts, Order, SpeechContexts
from voices.synthesis import SynthesisError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_log = structlog.get_logger(__name__)

CONNECT_S: Final = 1.5
_LOOK_S: Final = 5.0
_KEPT: Final = 16  # voices, or models of dialogue, whose sockets are kept warm: those that were heard last
_UNREAD: Final = 256  # messages between the network and whoever reads: late sound of some barge-ins, while nobody speaks
_LONGEST_REST_S: Final = 300.0
_TOLD: Final = frozenset({401, 402, 429})


class Sockets:
    """`base_url` begins with wss: or ws:."""

    def __init__(self, base_url: str, key: str, sessions: int) -> None:
        self.sessions = Sessions(sessions, self._let_go)
        self._base_url, self._key = base_url, key
        # Sockets of one key: enough for the plan, and one for when sentences that were given up take the room.
        self._most = ceil(sessions / SpeechContexts.rooms) + 1
        self._sockets: defaultdict[tuple[str, ...], list[Socket]] = defaultdict(list)
        self._orders: dict[tuple[str, ...], Order] = {}  # the last one of each key, the latest key at the end
        self._opening: defaultdict[tuple[str, ...], anyio.Lock] = defaultdict(anyio.Lock)
        self._closed = False
        self._alone = False  # text-to-dialogue with contexts is refused here
        self._look = anyio.Event()
        self.tls: ssl.SSLContext | None = None

    async def get(self, order: Order) -> Socket:
        """A socket for this sentence, which may have to wait there for room.

        Raises NoSocket, TooManyRequests, and what ElevenLabs says of the key or the account.
        """
        dialect = self._dialect(order)
        key = dialect.key(order)
        self._orders.pop(key, None)
        self._orders[key] = order
        self._forget(list(self._orders)[:-_KEPT])
        async with self._opening[key]:
            socket = self._fitting(key, order) or await self._open(order)
        if not socket.dialect.labelled:
            self.look()  # for another one, to stand ready
        return socket

    def without_contexts(self) -> None:
        """From now on, dialogue has a socket for each sentence at the same time: the one with contexts is refused here."""
        _log.warning("elevenlabs_dialogue_without_contexts")
        self._alone = True

    def _dialect(self, order: Order) -> Dialect:
        if not MODELS[order.model].dialogue:
            return SpeechContexts()
        return Dialogue() if self._alone else DialogueContexts()

    def _fitting(self, key: tuple[str, ...], order: Order) -> Socket | None:
        for socket in tuple(self._sockets[key]):
            if not socket.alive or (socket.old and socket.idle):
                self._remove(key, socket)
        here = [one for one in self._sockets[key] if not one.old and (one.dialect.labelled or order.voice in one.voices)]
        with_room = [one for one in here if one.has_room]
        crowded = [one for one in here if one.dialect.labelled and len(here) >= self._most]
        return next(iter(with_room or crowded), None)

    async def _open(self, order: Order) -> Socket:
        dialect = self._dialect(order)
        try:
            return await self._connected(order, dialect)
        except SocketRefused:
            if not isinstance(dialect, DialogueContexts):
                raise
            self.without_contexts()
            dialect = self._dialect(order)
            self._orders[dialect.key(order)] = order
            return await self._connected(order, dialect)

    async def _connected(self, order: Order, dialect: Dialect) -> Socket:
        key = dialect.key(order)
        if self._closed:
            raise SocketClosed("ElevenLabs' sockets are closed")
        if dialect.session:
            await self.sessions.take()
        release = self.sessions.give_back if dialect.session else _nothing
        try:
            connection = await self._dial(dialect.path(order))
        except BaseException:  # cancelled or failed, the place is free again
            release()
            raise
        voices = self._voices(order)
        socket = Socket(connection, dialect, voices, release)
        self._sockets[key].append(socket)
        try:
            await socket.send(dialect.hello(order, voices))
        except BaseException:  # cancelled or failed, a socket without its greeting is used by nobody
            self._remove(key, socket)
            raise
        return socket

    def _voices(self, order: Order) -> Sequence[str]:
        """Those of the model that were heard last, this one first: a panel speaks on one socket."""
        heard = (other.voice for other in reversed(self._orders.values()) if other.model == order.model)
        known = (voice for sockets in self._sockets.values() for one in sockets if one.dialect.session for voice in one.voices)
        return tuple(dict.fromkeys((order.voice, *heard, *known)))[: MODELS[order.model].voices]

    async def _dial(self, path: str) -> ClientConnection:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

        try:
            return await connect(
                self._base_url + path,
                additional_headers={"xi-api-key": self._key},
                ssl=self.tls,
                proxy=None if urlsplit(self._base_url).scheme == "ws" else True,
                compression=None,
                open_timeout=CONNECT_S,
                max_size=LONGEST_MESSAGE,
                max_queue=_UNREAD,
                user_agent_header="pai-voice",
            )
        except InvalidStatus as error:
            answer = error.response
            found = refusal(answer.status_code, bytes(answer.body[:LONGEST_BODY]), answer.headers.get("content-type", ""))
            if answer.status_code in _TOLD:
                raise found from error
            kind = SocketRefused if 400 <= answer.status_code < 500 else NoSocket
            raise kind(str(found)) from error
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
            raise NoSocket(
                f"no WebSocket to {urlsplit(self._base_url).netloc}: {plain(str(error)) or type(error).__name__}"
            ) from error

    # --- upkeep -------------------------------------------------------------------------------------------------------

    async def maintain(self) -> None:
        """Keep the sockets of the voices heard last open, until cancelled; what does not open is tried less and less often."""
        rest_s: dict[tuple[str, ...], float] = {}
        next_s: dict[tuple[str, ...], float] = {}
        while True:
            self._look = anyio.Event()
            for key, order in list(self._orders.items()):
                if anyio.current_time() < next_s.get(key, 0):
                    continue
                try:
                    await self._keep(key, order)
                    rest_s.pop(key, None)
                except SynthesisError as error:
                    rest_s[key] = min(2 * rest_s.get(key, _LOOK_S / 2), _LONGEST_REST_S)
                    next_s[key] = anyio.current_time() + rest_s[key]
                    _log.info("elevenlabs_socket_lost", error=str(error), retry_s=rest_s[key])
            with anyio.move_on_after(_LOOK_S):
                await self._look.wait()

    async def _keep(self, key: tuple[str, ...], order: Order) -> None:
        if key not in self._orders or key != self._dialect(order).key(order):  # forgotten; or dialogue goes without contexts now
            self._forget([key])
            return
        for socket in tuple(self._sockets[key]):
            with suppress(SynthesisError):  # if it is closed, it is not alive now
                await socket.keep()
        young = [socket for socket in self._sockets[key] if socket.alive and not socket.old and socket.has_room]
        if not young and (not self._dialect(order).session or self.sessions.free):
            async with self._opening[key]:
                await self._open(order)
        spare = [socket for socket in young if socket.idle][1:]
        for socket in [socket for socket in self._sockets[key] if not socket.alive or (socket.old and socket.idle)] + spare:
            self._remove(key, socket)

    def look(self) -> None:
        """Have `maintain` look now."""
        self._look.set()

    def _let_go(self) -> bool:
        """Close a socket that holds a session and on which nobody speaks."""
        for key, socket in self._all():
            if socket.dialect.session and socket.idle:
                self._remove(key, socket)
                return True
        return False

    def _forget(self, keys: Sequence[tuple[str, ...]]) -> None:
        for key in keys:
            self._orders.pop(key, None)
            for socket in [socket for socket in self._sockets[key] if socket.idle]:
                self._remove(key, socket)

    def _all(self) -> Iterator[tuple[tuple[str, ...], Socket]]:
        yield from [(key, socket) for key, sockets in self._sockets.items() for socket in sockets]

    def _remove(self, key: tuple[str, ...], socket: Socket) -> None:
        if socket in self._sockets[key]:
            self._sockets[key].remove(socket)
        socket.drop()

    async def aclose(self) -> None:
        self._closed = True
        for key, socket in self._all():
            await socket.aclose()
            self._remove(key, socket)


def _nothing() -> None: ...
