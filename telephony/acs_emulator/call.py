"""One call, from ringing to its last callback."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from enum import StrEnum
from itertools import count
from math import floor
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup

from telephony.acs_emulator.callbacks import Callbacks, Ids
from telephony.acs_emulator.handset import Handset
from telephony.acs_emulator.media import Stream, StreamingOptions
from telephony.acs_emulator.settings import CallOptions
from telephony.acs_emulator.sound import Ear, Mouth, Tape
from telephony.acs_wire import TONES
from voices.audio import FRAME_S, SILENCE, Frame

if TYPE_CHECKING:
    from telephony.acs_emulator.exchange import Exchange

TICK_S: Final = 0.005  # the network's clock, which all calls share: frames leave at its ticks
LINGER_S: Final = 0.1  # what is to be second at our server waits so long for what is first
SUCCESS: Final = {"code": 200, "subCode": 0, "message": ""}
# Why an outgoing call failed: SIP's own code, and Azure's sub-code made of it (inferred from its published list).
FAILURES: Final = {"busy": 486, "declined": 603, "not answered": 480, "no such number": 404}


class State(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    REJECTED = "rejected"
    ENDED = "ended"


def identifier(number: str, kind: str = "phoneNumber") -> dict[str, Any]:
    """A phone number as Azure writes it; `anonymous` hides it."""
    if number == "anonymous":
        return {"kind": kind, "rawId": "4:anonymous", "phoneNumber": {"value": "anonymous", "isAnonymous": True}}
    return {"kind": kind, "rawId": f"4:{number}", "phoneNumber": {"value": number}}


class Call:
    """Who talks to whom, how far it got, and both directions of its sound. Times are the call's own, from its answer."""

    def __init__(self, exchange: Exchange, caller: str, called: str, options: CallOptions, *, outbound: bool = False) -> None:
        self.options, self.outbound = options, outbound
        self.caller = "anonymous" if options.anonymous else caller
        self.called = called
        self.ids = Ids(str(uuid4()), f"aHR0cDovL2xvb3BiYWNr{uuid4().hex}", str(uuid4()))
        self.context = f"eyJhbGciOiJub25lIn0.{uuid4().hex}{uuid4().hex}"
        self.state, self.why = State.RINGING, ""
        self.streaming: StreamingOptions | None = None
        self.stream: Stream | None = None
        self.sockets = 0
        self.handset = Handset()
        self.ear, self.mouth, self.tape = Ear(), Mouth(), Tape()
        self.keys = ""  # that the phone pressed
        self.shown = ""  # and those that reached it
        self.late_max_s = 0.0
        self.signer = exchange.signer
        self.callbacks = Callbacks(exchange.http, exchange.signer, exchange.record, self.ids, options)
        self._record = exchange.record
        self._operation_context: str | None = None
        self._settled, self._over, self._gone = anyio.Event(), anyio.Event(), anyio.Event()
        self._answered_s: float | None = None
        self._work: TaskGroup | None = None

    # --- what it is ---

    @property
    def remote(self) -> str:
        """The telephone's number: our server sits at the other end."""
        return self.called if self.outbound else self.caller

    @property
    def raw_id(self) -> str:
        return str(identifier(self.remote)["rawId"])

    @property
    def live(self) -> bool:
        return self.state in (State.RINGING, State.ANSWERED)

    @property
    def was_answered(self) -> bool:
        return self._answered_s is not None

    @property
    def is_gone(self) -> bool:
        """Nothing more will happen to it: the last callback is out, the socket closed."""
        return self._gone.is_set()

    def clock_s(self) -> float:
        return 0.0 if self._answered_s is None else anyio.current_time() - self._answered_s

    def note(self, what: str, **detail: Any) -> None:
        self._record.add(what, self.ids.connection, **detail)

    def participants(self) -> list[dict[str, Any]]:
        return [{"identifier": identifier(self.remote), "isMuted": False, "isOnHold": False}]

    def properties(self) -> dict[str, Any]:
        """CallConnectionProperties (2026-03-12)."""
        states = {State.RINGING: "connecting", State.ANSWERED: "connected"}
        own = {"sourceCallerIdNumber": {"value": self.caller}} if self.outbound else {"answeredFor": {"value": self.called}}
        return self.ids.as_json() | own | {
            "targets": [identifier(self.called)],
            "callConnectionState": states.get(self.state, "disconnected"),
            "callbackUri": self.callbacks.uri,
            "source": identifier(self.caller),
            "sourceDisplayName": self.options.display_name,
        }  # fmt: skip

    # --- what becomes of it ---

    def expect(self, callback_uri: str, streaming: StreamingOptions | None, context: str | None) -> None:
        """Where our server wants to hear of this call, and the sound of it."""
        self.callbacks.uri, self.streaming, self._operation_context = callback_uri, streaming, context

    def answer(self) -> None:
        self._answered_s = floor(anyio.current_time() / TICK_S) * TICK_S
        self._settle(State.ANSWERED)

    def reject(self, reason: str) -> None:
        self._settle(State.REJECTED, reason)

    def end(self, why: str) -> None:
        """Somebody hangs up, or it never came about; once is enough."""
        if self.live:
            self._settle(State.ENDED, why)
            self._over.set()

    def _settle(self, state: State, why: str = "") -> None:
        self.state, self.why = state, why
        self.note("call", state=state.value, why=why)
        self.handset.tell(state.value, why=why)
        self._settled.set()

    async def settled(self) -> None:
        """Until it no longer rings."""
        await self._settled.wait()

    async def gone(self) -> None:
        await self._gone.wait()

    def leave(self) -> None:
        self.callbacks.close()
        self.handset.close()
        self._gone.set()

    async def tell_failure(self) -> None:
        """An outgoing call that nobody took."""
        code = FAILURES.get(self.why)
        async with self.callbacks.sending():
            if code is None:
                self.callbacks.post("CallDisconnected", context=self._operation_context, resultInformation=SUCCESS)
                return
            sip = {"code": code, "message": self.why}
            result = {"code": code, "subCode": 560_000 + code, "message": f"Action failed, {self.why}.", "sipDetails": sip}
            self.callbacks.post("CreateCallFailed", context=self._operation_context, resultInformation=result)

    # --- while it is answered ---

    async def talk(self) -> None:
        """From the answer to the last callback."""
        async with self.callbacks.sending():
            try:
                async with anyio.create_task_group() as self._work:
                    self._work.start_soon(self._sound)
                    await self._connect()
                    await self._over.wait()
                    await self._part()
                    self._work.cancel_scope.cancel()
            finally:
                self._work = None
                if self.stream:
                    self.stream.abort()

    def start_soon(self, what: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        """Run what an operation began, until the call ends; nothing once it has."""
        if self._work and not self._over.is_set():
            self._work.start_soon(what, *args)

    async def _connect(self) -> None:
        wanted = self.streaming
        if wanted and self.options.socket_first:
            await self._open(wanted)
        self.callbacks.post("CallConnected", context=self._operation_context, resultInformation=SUCCESS)
        self.callbacks.post("ParticipantsUpdated", sequenceNumber=1, participants=self.participants())
        if wanted and not self.options.socket_first:
            await anyio.sleep(LINGER_S)
            await self._open(wanted)
        if self.stream:
            self.start_soon(self.stream.run, self._operation_context)

    async def _open(self, options: StreamingOptions) -> None:
        self.stream = Stream(self, options)
        await self.stream.open()

    async def _part(self) -> None:
        """The socket and CallDisconnected end in either order; nothing is posted after the latter."""
        stream = self.stream
        if stream and self.options.socket_closes_first:
            await stream.stop()
        elif stream:
            stream.end()
        self.callbacks.post("CallDisconnected", context=self._operation_context, resultInformation=SUCCESS)
        if stream and not self.options.socket_closes_first:
            await anyio.sleep(LINGER_S)
            await stream.stop()

    async def _sound(self) -> None:
        """The 20 ms clock of the telephone network: absolute, so that lateness never adds up."""
        chance = random.Random(self.called)  # the same jitter in each run
        start_s = anyio.current_time() - self.clock_s()
        for window in count(1):
            due_s = start_s + window * FRAME_S + chance.uniform(0, self.options.jitter_s)
            await anyio.sleep_until(due_s)
            self.late_max_s = max(self.late_max_s, anyio.current_time() - due_s)
            said, heard = self.mouth.take(), self.ear.take()
            self.tape.add(said or SILENCE, heard)
            self.handset.put(heard)
            if self.stream:
                await self.stream.send(said)

    # --- what the phone does, and what reaches it ---

    def say(self, frame: Frame) -> None:
        if self.state is State.ANSWERED:
            self.mouth.push(frame)

    async def press(self, keys: str) -> None:
        """Keys, one after the other; what is no key is not pressed."""
        for key in keys.upper():
            if key not in TONES or self.state is not State.ANSWERED:
                continue
            self.keys += key
            if self.stream:
                await self.stream.digit(TONES[key] if self.options.digit_form == "word" else key)

    def show(self, keys: str) -> None:
        """Keys that our server pressed: the phone shows them, and has no other use for them."""
        self.shown += keys
        self.handset.tell("keys", keys=keys)

    def stop_sound(self) -> None:
        """Drop what the caller has not yet heard."""
        at_s = self.clock_s()
        dropped_s = self.ear.stop(at_s)
        self.handset.tell("stopped", at_s=round(at_s, 4), dropped_s=round(dropped_s, 4))

    def drop_socket(self, away_s: float, *, redial: bool) -> bool:
        """Cut the media socket without a word; False when there is none."""
        return self.stream is not None and self.stream.drop(away_s, redial=redial)
