"""One ACS call as a Line: from ringing to hung up, whatever order Azure tells it in."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Final
from uuid import uuid4

import anyio
import structlog

from telephony.acs_media import Media
from telephony.acs_rest import CallControl, ConnectRequest
from telephony.acs_settings import AcsSettings
from telephony.acs_tones import Tones
from telephony.acs_wire import Callback, IncomingCall
from telephony.line import (
    LEAD_S,
    Digit,
    LineBusy,
    LineClosed,
    LineDown,
    LineError,
    LineRefused,
    LineRejected,
    NotAnswered,
    Refusal,
    check_keys,
)
from telephony.open_calls import Note, OpenCalls
from telephony.prices import Minutes
from voices.audio import Frame

END_S: Final = 5.0  # for the farewell to Azure, whatever happens
UNSURE_S: Final = 3.0  # how much of it to wait for word of a call that we do not know to be up
GOODBYE_S: Final = 2.0  # and how much for CallDisconnected, so that it still finds its call
SERVER_FAILED: Final = 500
FAILURES: Final[dict[int, type[LineError]]] = {
    403: LineRefused,
    404: LineRefused,  # no such number; so are the next three
    410: LineRefused,
    484: LineRefused,
    604: LineRefused,
    486: LineBusy,
    600: LineBusy,  # everywhere
    603: LineRejected,  # declined
    607: LineRejected,  # unwanted
}  # by SIP's code; what is not here did not answer (408, 480, 487), or failed (500 and above)

log = structlog.get_logger()


class Stage(Enum):
    RINGING = auto()
    CONNECTING = auto()
    UP = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True, repr=False)
class Pass:
    """What opens the doors to one call, made before Azure hears of it. Never logged."""

    call_id: str
    callback_token: str
    media_token: str

    @classmethod
    def new(cls) -> Pass:
        return cls(uuid4().hex, secrets.token_urlsafe(32), secrets.token_urlsafe(32))

    def callback_url(self, settings: AcsSettings) -> str:
        return f"{settings.public_url}/acs/calls/{self.call_id}?t={self.callback_token}"

    def media_url(self, settings: AcsSettings) -> str:
        return f"{settings.media_url}/acs/media/{self.call_id}?t={self.media_token}"

    def opens_callbacks(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.callback_token.encode())

    def opens_media(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.media_token.encode())


class AcsLine:
    """A telephone line through Azure Communication Services, as telephony.line.Line promises.

    A call that we make is a line too: its `caller` is the person at the other end, its `called` our own number.
    """

    kind = "acs"

    def __init__(
        self,
        settings: AcsSettings,
        control: CallControl,
        *,
        caller: str,
        called: str,
        rings: IncomingCall | None,
        notes: OpenCalls | None = None,
    ) -> None:
        self.entry = Pass.new()
        self.caller = caller
        self.called = called
        self.over = anyio.Event()
        """Set when the call is over for us; Azure may have to be told yet."""
        raw_id = rings.caller_raw_id if rings else f"4:{caller}"
        self.media = Media(self.call_id, raw_id)
        self._tones = Tones(control, caller, raw_id)
        self._settings = settings
        self._minutes = Minutes(settings.usd_per_minute(called, outbound=rings is None))
        self._control, self._notes = control, notes or OpenCalls()
        self._rings = rings
        self._stage = Stage.RINGING
        self._connection_id = ""
        self._identified = anyio.Event()
        self._connected = anyio.Event()
        self._disconnected = anyio.Event()
        self._failure: LineError = LineClosed("the call is over")
        self._left_up = False  # Azure could not be told that it is over
        self._maybe_up = False  # Azure was asked to connect, and has not said that it did not
        self._answering: anyio.CancelScope | None = None
        self._hanging_up = self._ended = self._turned_away = False
        self._farewell, self._ending = anyio.Lock(), anyio.Lock()
        self._log = log.bind(call_id=self.call_id)

    @property
    def call_id(self) -> str:
        return self.entry.call_id

    # --- the call's side

    async def answer(self) -> None:
        if self._rings is None and self._stage is Stage.UP:
            return
        if self._stage is not Stage.RINGING or self._rings is None:
            raise LineClosed("only a call that rings can be answered")
        try:
            await self._connect(self._request(context=self._rings.context), self._settings.answer_s)
        except LineRefused as error:
            raise NotAnswered(str(error)) from error
        self._log.info("line_answered")

    async def ring(self) -> None:
        """Make the phone of `caller` ring until it is taken. Raises as Dialler says."""
        request = self._request(number=self.caller, own_number=self.called)
        await self._connect(request, self._settings.ring_s, taken=self._connected)
        self._log.info("line_taken")

    async def reject(self, why: Refusal) -> None:
        if self._stage is not Stage.RINGING or self._rings is None:
            return
        self._finish(LineClosed("we rejected the call"))
        await self._turn_away(self._rings, why)

    async def _turn_away(self, rings: IncomingCall, why: Refusal) -> None:
        if self._turned_away:
            return
        self._turned_away = True
        try:
            with anyio.fail_after(END_S):
                await self._control.reject(rings.context, why)
        except (LineError, TimeoutError) as error:  # it rings out by itself
            self._log.warning("line_reject_failed", error=str(error))
        else:
            self._log.info("line_rejected", why=why.value)

    def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        return self.media.hear()

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        if self._hanging_up or self._stage is not Stage.UP:
            raise LineClosed(str(self._failure))
        return await self.media.play(frame, lead_s)

    async def clear(self) -> float:
        return self.media.clear()

    async def send_digits(self, keys: str) -> None:
        check_keys(keys)
        if self._hanging_up or self._stage is not Stage.UP:
            raise LineClosed(str(self._failure))
        await self._tones.send(self._connection_id, keys)

    @property
    def cost_usd(self) -> Decimal:
        return self._minutes.usd(anyio.current_time())

    async def hang_up(self) -> None:
        self._hanging_up = True
        async with self._farewell:  # a second one waits for the first, or takes over if that was cancelled
            if self._stage is Stage.UP:
                await self.media.drain()
            await self.end()

    # --- the listener's side

    async def end(self) -> None:
        """End the call now, at Azure too, if it is not over yet. Bounded, not to be cancelled, never raises; twice is once."""
        with anyio.move_on_after(END_S, shield=True):
            async with self._ending:
                if not self._ended:
                    self._ended = True
                    await self._tell_the_end()
                    if not self._left_up:  # else the next start ends it
                        await self._notes.over(self.call_id)
        self._finish(LineClosed("the call is over"))

    async def _tell_the_end(self) -> None:
        if self._rings is not None and not self._maybe_up:  # it rings, or answering failed and it still does
            await self._turn_away(self._rings, Refusal.BUSY)
        if self._maybe_up and not self._connection_id:
            with anyio.move_on_after(UNSURE_S):
                await self._identified.wait()
        if self._connection_id and not self._disconnected.is_set():
            await self._terminate()

    async def _terminate(self) -> None:
        try:
            await self._control.hang_up(self._connection_id)
        except LineClosed:
            return
        except LineError as error:
            self._left_up = True
            self._log.warning("line_hang_up_failed", error=str(error))
            return
        with anyio.move_on_after(GOODBYE_S):
            await self._disconnected.wait()

    async def keep_known(self) -> None:
        """Note Azure's id as soon as it is told, and for as long as the call is up."""
        await self._identified.wait()
        async with self._ending:
            if not self._ended:
                await self._notes.note(self.call_id, Note(self._connection_id))

    async def watch(self) -> None:
        """End the call, for us, when its sound is gone for good."""
        why = await self.media.lost()
        self._log.warning("line_dead", why=why)
        self._finish(LineClosed(why))

    def belongs(self, connection_id: str) -> bool:
        """Whether Azure's id is the one of this call; the first that is told, is. None told is no contradiction."""
        if connection_id and not self._connection_id:
            self._connection_id = connection_id
            self._identified.set()
        return connection_id in ("", self._connection_id)

    def happened(self, callback: Callback) -> None:
        """Azure tells; any order, any number of times."""
        self._log.info("acs_callback", type=callback.type, code=callback.code, sub_code=callback.sub_code)
        match callback.type:
            case "CallConnected":
                if self._rings is None and not self._connected.is_set():
                    self.media.skip()  # what came before was the ringing
                self._connected.set()
                if self._answering is not None:
                    self._answering.deadline = min(self._answering.deadline, anyio.current_time() + self._settings.media_s)
            case "CallDisconnected":
                self._disconnected.set()
                taken = self._rings is not None or self._stage is Stage.UP
                self._finish(LineClosed("the far end hung up") if taken else _why_not(callback))
            case "AnswerFailed" | "CreateCallFailed" | "ConnectFailed":
                self._disconnected.set()
                self._finish(_why_not(callback))
            case "MediaStreamingFailed" if callback.streaming_details != "streamConnectionInterrupted":
                # that one is followed by a new socket, or by our own limit for its absence
                self._finish(LineDown(f"Azure could not stream the sound ({callback.code} {callback.sub_code})"))
            case _:
                self._tones.happened(callback)

    def _request(self, **what: str) -> ConnectRequest:
        return ConnectRequest(self.entry.callback_url(self._settings), self.entry.media_url(self._settings), **what)

    async def _connect(self, request: ConnectRequest, within_s: float, taken: anyio.Event | None = None) -> None:
        """Ask Azure, then wait until sound flows (and the call is `taken`). Raises what became of it instead."""
        self._stage = Stage.CONNECTING
        try:
            with anyio.fail_after(within_s) as self._answering:
                await self._ask(request)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._when_over, tasks.cancel_scope)
                    await self.media.flowing.wait()
                    if taken is not None:
                        await taken.wait()
                    tasks.cancel_scope.cancel()
        except TimeoutError:
            silent = LineDown("the call was connected, but its sound did not come in time")
            self._finish(silent if self._connected.is_set() else NotAnswered("no answer in time"))
        except LineError as error:
            self._finish(error)
        finally:
            self._answering = None
        if self.over.is_set():
            raise self._failure
        self._stage = Stage.UP
        self._minutes.up_s = anyio.current_time()

    async def _ask(self, request: ConnectRequest) -> None:
        await self._notes.note(self.call_id, Note(request=request))
        self._maybe_up = True
        try:
            connection_id = await self._control.connect(request)
        except (LineClosed, LineRefused):
            self._maybe_up = False
            raise
        if not self.belongs(connection_id):
            self._log.warning("acs_connection_id_differs")

    async def _when_over(self, waiting: anyio.CancelScope) -> None:
        await self.over.wait()
        waiting.cancel()

    def _finish(self, why: LineError) -> None:
        """The call is over for us; what is left is to tell Azure. The first reason is the reason."""
        if self.over.is_set():
            return
        self._failure = why
        self._stage = Stage.OVER
        self._minutes.over_s = anyio.current_time()
        self.over.set()
        self.media.close()
        self._tones.close()
        self._log.info("line_over", why=str(why))


def _why_not(callback: Callback) -> LineError:
    """Azure's code is SIP's own; its sub-code only adds who said it."""
    kind = FAILURES.get(callback.code, LineDown if callback.code >= SERVER_FAILED else NotAnswered)
    return kind(f"the call was not taken ({callback.code} {callback.sub_code})")
