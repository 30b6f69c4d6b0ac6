"""The telephone exchange: the calls there are, the phones that can be rung, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp
import anyio
import structlog
from anyio.abc import TaskGroup

from telephony.acs_emulator.call import Call, State, identifier
from telephony.acs_emulator.event_grid import Event, Subscription, event
from telephony.acs_emulator.media import StreamingOptions
from telephony.acs_emulator.record import Record
from telephony.acs_emulator.settings import CallOptions, EmulatorSettings, Fault
from telephony.acs_emulator.tokens import Signer

log = structlog.get_logger()

Ring = Callable[[Call], Coroutine[Any, Any, None]]


class Phone:
    """A telephone that waits to be rung, by number. One call at a time; a second one finds it busy."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self._ringing: Call | None = None
        self._rung = anyio.Event()

    def ring(self, call: Call) -> bool:
        if self.call is not None and self.call.live:
            return False
        self.call = self._ringing = call
        self._rung.set()
        return True

    async def rings(self) -> Call:
        """The next call for this phone."""
        while self._ringing is None:
            await self._rung.wait()
            self._rung = anyio.Event()
        call, self._ringing = self._ringing, None
        return call


class Exchange:
    """Everything the routes work on. Lives as long as its task group and its HTTP session."""

    def __init__(self, settings: EmulatorSettings, signer: Signer, http: aiohttp.ClientSession, tasks: TaskGroup) -> None:
        self.settings, self.signer, self.http = settings, signer, http
        self.record = Record()
        self.calls: dict[str, Call] = {}
        self.phones: dict[str, Phone] = {}
        self.faults: list[Fault] = []
        self._tasks = tasks
        self._subscription: Subscription | None = None
        if settings.events_url:
            self.subscribe(
                settings.events_url, {name: value.get_secret_value() for name, value in settings.events_headers.items()}
            )

    def subscribe(self, url: str, headers: Mapping[str, str]) -> Subscription:
        """Where IncomingCall goes from now on, and with which headers. The handshake comes before the first event."""
        self._subscription = Subscription(self.http, self.record, url, headers)
        return self._subscription

    def fault(self, operation: str) -> Fault | None:
        """The fault that is due for this operation, used up once."""
        for at, fault in enumerate(self.faults):
            if fault.operation in (operation, "*"):
                left = fault.model_copy(update={"times": fault.times - 1})
                self.faults[at : at + 1] = [left] if left.times else []
                return fault
        return None

    # --- calls to our server ---

    def place(self, caller: str, called: str, options: CallOptions) -> Call:
        """Somebody dials; it rings at our server from now on."""
        call = Call(self, caller, called, options)
        self._begin(call, self._offer)
        call.handset.tell("ringing", call=call.ids.connection, caller=call.caller, called=called)
        return call

    def by_context(self, context: str) -> Call | None:
        """The call that an incomingCallContext belongs to, whatever became of it."""
        return next((call for call in self.calls.values() if call.context == context and not call.outbound), None)

    async def _offer(self, call: Call) -> None:
        await anyio.sleep(call.options.delay_s)
        copies = [_incoming(call)] * call.options.deliveries
        stranger = event("Microsoft.Communication.CallStarted", "call/started", {"startedBy": identifier(call.caller)})
        batches = [[stranger, *copies]] if call.options.batched else [[one] for one in copies]
        for again in batches[1:]:  # not stopped by the answer to the first
            self._tasks.start_soon(self._deliver, again)
        if not await self._deliver(batches[0]):
            call.end("nobody takes the event")

    async def _deliver(self, events: list[Event]) -> bool:
        return self._subscription is not None and await self._subscription.deliver(events)

    # --- calls from our server ---

    def dial(self, caller: str, called: str, callback_uri: str, streaming: StreamingOptions | None, context: str | None) -> Call:
        """Our server rings a phone: one that is registered here, or there is no such number."""
        call = Call(self, caller, called, self.settings.outbound, outbound=True)
        call.expect(callback_uri, streaming, context)
        self._begin(call, self._ring)
        return call

    async def _ring(self, call: Call) -> None:
        phone = self.phones.get(call.called)
        if phone is None:
            call.end("no such number")
        elif not phone.ring(call):
            call.end("busy")
        else:
            call.handset.tell("ringing", call=call.ids.connection, caller=call.caller, called=call.called)

    # --- both ---

    def _begin(self, call: Call, ring: Ring) -> None:
        self.calls[call.ids.connection] = call
        call.note("call", state=call.state.value, caller=call.caller, called=call.called)
        finished = [key for key, one in self.calls.items() if one.is_gone]
        for key in finished[: max(0, len(self.calls) - self.settings.keep_calls)]:
            del self.calls[key]
        self._tasks.start_soon(self._run, call, ring)

    async def _run(self, call: Call, ring: Ring) -> None:
        try:
            await self._live(call, ring)
        except Exception as error:  # noqa: BLE001  a call's edge: whatever went wrong ends this call and no other
            log.error("emulated_call_failed", call=call.ids.connection, error=repr(error))  # noqa: TRY400  a trace reads files here
            call.end("the emulator failed")
        finally:
            call.leave()

    async def _live(self, call: Call, ring: Ring) -> None:
        async with anyio.create_task_group() as ringing:
            ringing.start_soon(ring, call)
            with anyio.move_on_after(call.options.ring_s):
                await call.settled()
            ringing.cancel_scope.cancel()
        if call.state is State.RINGING:
            call.end("not answered")
        if call.was_answered:
            await call.talk()
        elif call.outbound:
            await call.tell_failure()


def _incoming(call: Call) -> Event:
    options = call.options
    caller, called = identifier(call.caller, options.kind), identifier(call.called, options.kind)
    data = {
        "to": called,
        "from": caller,
        "serverCallId": call.ids.server,
        "callerDisplayName": options.display_name,
        "customContext": {"sipHeaders": {}, "voipHeaders": {}},
        "incomingCallContext": call.context,
        "correlationId": call.ids.correlation,
    }
    subject = f"/caller/{caller['rawId']}/recipient/{called['rawId']}"
    return event("Microsoft.Communication.IncomingCall", subject, data, age_s=options.age_s)
