"""The sound of one ACS call: what the caller said, what is on its way to him, and the sockets that come and go beneath."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

import anyio
import anyio.lowlevel
import structlog
from litestar.exceptions import WebSocketDisconnect

from telephony.acs_wire import STOP_AUDIO, AudioData, AudioMetadata, DtmfData, WireError, decode, outgoing_audio
from telephony.line import LEAD_S, Digit, LineClosed, Playout
from voices.audio import FRAME_BYTES, FRAME_S, RATE, Frame, Resampler

HEARD_LIMIT: Final = 100  # 2 s of sound: who reads later than that would answer what was said long ago
SENT_LIMIT: Final = 25  # 0.5 s, well over the lead: so only a stalled network fills it
DEAD_S: Final = 2.5  # ACS sends a frame every 20 ms, silence included; without any for so long the line is dead
AWAY_S: Final = 3.0  # ACS may drop the socket and dial it again; how long we wait for that
TICK_S: Final = 0.001  # uvloop's timers have no finer one; to wait for less would spin
DRAIN_S: Final = 0.2  # from our clock's end of sound to the caller's: network and telephone

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
T = TypeVar("T")

log = structlog.get_logger()


class Ring(Generic[T]):
    """A FIFO of at most `limit`: when full, the oldest item that `may_drop` allows makes room. One reader."""

    def __init__(self, limit: int, may_drop: Callable[[T], bool]) -> None:
        self._items: deque[T] = deque()
        self._limit = limit
        self._may_drop = may_drop
        self._wake: anyio.Event | None = None
        self._closed = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        if len(self._items) == self._limit:
            del self._items[next((at for at, old in enumerate(self._items) if self._may_drop(old)), 0)]
            self.dropped += 1
        self._items.append(item)
        self._ring()

    async def get(self) -> T | None:
        """The oldest item; None when there is none left and none will come."""
        while not self._items:
            if self._closed:
                return None
            self._wake = anyio.Event()
            await self._wake.wait()
        return self._items.popleft()

    def clear(self) -> None:
        self._items.clear()

    def close(self) -> None:
        self._closed = True
        self._ring()

    def _ring(self) -> None:
        if self._wake is not None:
            self._wake.set()
            self._wake = None


class Media:
    """Sound both ways for as long as the call lives. A second socket takes the place of the first."""

    def __init__(self, call_id: str, caller_raw_id: str) -> None:
        self.flowing = anyio.Event()
        """Set when ACS has said what its sound is like: from now on sound flows both ways."""
        self._log = log.bind(call_id=call_id)
        self._caller_raw_id = caller_raw_id
        self._followed: str | None = None
        self._heard: Ring[Frame | Digit] = Ring(HEARD_LIMIT, lambda item: isinstance(item, Frame))
        self._outbox: Ring[str] = Ring(SENT_LIMIT, lambda text: text is not STOP_AUDIO)
        self._playout = Playout()
        self._clears = 0
        self._malformed = 0
        self._socket: anyio.CancelScope | None = None
        self._last_sign_s = 0.0
        self._closed = anyio.Event()
        self._tune(RATE)

    # --- the call's side

    def skip(self) -> None:
        """Forget what was not heard yet."""
        self._heard.clear()

    async def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        while (item := await self._heard.get()) is not None:
            yield item
            await anyio.lowlevel.checkpoint()  # two seconds of it that come at once take 50 ms of work: others run in between

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        """As telephony.line promises; a frame overtaken by `clear` while it waited is never heard, and `inf` says so."""
        clears = self._clears
        if len(self._outbox) > SENT_LIMIT // 2:  # a burst must let the socket's writer run
            await anyio.lowlevel.checkpoint()
        while True:
            if self._closed.is_set():
                raise LineClosed("the call is over")
            if clears != self._clears:
                return float("inf")
            now_s = anyio.current_time()
            early_s = self._playout.ahead_s(now_s) - lead_s
            if early_s <= TICK_S:
                break
            await anyio.sleep_until(now_s + min(early_s, FRAME_S))  # in steps: a clear, or the end, must not wait for it
        if self._socket is not None:  # without one the sound is lost, but the clock goes on
            self._outbox.put(outgoing_audio(frame if self._upsample is None else self._upsample.push(frame)))
        return self._playout.push(now_s, FRAME_S)

    def clear(self) -> float:
        self._clears += 1
        self._outbox.clear()
        if not self._closed.is_set():
            self._outbox.put(STOP_AUDIO)
        if self._upsample is not None:
            self._upsample = Resampler(RATE, self._rate)  # the old one still holds the end of what was cleared
        return self._playout.clear(anyio.current_time())

    async def drain(self) -> None:
        """Return when the caller has heard all that was sent, or is gone."""
        now_s = anyio.current_time()
        with anyio.move_on_at(now_s + self._playout.ahead_s(now_s) + DRAIN_S):
            await self._closed.wait()

    async def lost(self) -> str:
        """Return when the sound is gone for good, and say how. Counts from when it began to flow."""
        await self.flowing.wait()
        while True:
            dead_s = self._last_sign_s + (DEAD_S if self._socket else AWAY_S)
            if anyio.current_time() >= dead_s:
                return "no sound from the carrier" if self._socket else "the media socket did not come back"
            await anyio.sleep_until(dead_s)

    def close(self) -> None:
        """The call is over: `hear` ends after what was heard so far, `play` refuses, the socket closes."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._heard.close()
        if self._socket is not None:
            self._socket.cancel()
        if self._malformed or self._heard.dropped or self._outbox.dropped:
            self._log.warning("media_lossy", malformed=self._malformed, unheard=self._heard.dropped, unsent=self._outbox.dropped)

    # --- the carrier's side

    async def serve(self, receive: Receive, send: Send) -> None:
        """Accept a socket and carry sound over it until it closes, another one replaces it, or the call is over."""
        with anyio.CancelScope() as socket:
            if self._socket is not None:
                self._log.info("media_socket_replaced")
                self._socket.cancel()
            self._socket = socket
            self._last_sign_s = anyio.current_time()
            try:
                if await _send(send, {"type": "websocket.accept"}):
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(self._write, send)
                        await self._read(receive)
                        tasks.cancel_scope.cancel()
            finally:
                if self._socket is socket:
                    self._socket = None
                    self._outbox.clear()
                    self._last_sign_s = anyio.current_time()
        if socket.cancelled_caught:
            await _send(send, {"type": "websocket.close", "code": 1000})

    async def _read(self, receive: Receive) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            try:
                message = decode(event.get("text") or event.get("bytes") or b"")
            except WireError as error:
                self._malformed += 1
                if self._malformed == 1:  # one says enough; the rest is counted
                    self._log.warning("media_malformed", error=str(error))
                continue
            match message:
                case AudioData():
                    self._hear(message)
                case DtmfData(key):
                    self._heard.put(Digit(key))
                case AudioMetadata(rate):
                    self._tune(rate)
                    self.flowing.set()
                case _:
                    pass

    async def _write(self, send: Send) -> None:
        while (text := await self._outbox.get()) is not None and await _send(send, {"type": "websocket.send", "text": text}):
            pass

    def _hear(self, audio: AudioData) -> None:
        if not self._is_caller(audio.participant):
            return
        self._last_sign_s = anyio.current_time()
        pcm = audio.data if audio.data and not audio.silent else self._silence
        if self._downsample is not None:
            pcm = self._downsample.push(pcm)
        if self._rest:
            pcm = self._rest + pcm
        at = 0
        for at in range(FRAME_BYTES, len(pcm) + 1, FRAME_BYTES):
            self._heard.put(Frame(pcm[at - FRAME_BYTES : at]))
        self._rest = pcm[at:]

    def _is_caller(self, participant: str | None) -> bool:
        """Unmixed sound names its speaker. Follow the caller; or, if ACS spells him otherwise, the first who speaks."""
        if participant is None or participant == self._followed:
            return True
        if self._followed is None or participant == self._caller_raw_id:
            self._followed = participant
            return True
        return False

    def _tune(self, rate: int) -> None:
        """A stream begins: nothing of the one before is left over."""
        self._rate = rate
        self._rest = b""
        self._silence = bytes(rate // 50 * 2)
        self._downsample = None if rate == RATE else Resampler(rate)
        self._upsample = None if rate == RATE else Resampler(RATE, rate)


async def _send(send: Send, event: dict[str, Any]) -> bool:
    """False if the socket is gone: uvicorn raises OSError when the peer left, RuntimeError when it closed it itself."""
    try:
        await send(event)
    except (OSError, RuntimeError, WebSocketDisconnect):
        return False
    return True
