"""Keys that we press on an ACS call: in batches as large as Azure takes, each until Azure says what became of it."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import anyio

from telephony.acs_rest import CallControl
from telephony.acs_wire import TONES, Callback
from telephony.line import DigitsNotSent, LineClosed, LineRefused, NotAnswered

MOST: Final = 18  # tones of one request
WITHIN_S: Final = 8.0  # for all of them: whoever asked for it waits on the line

_TOLD: Final = {"SendDtmfTonesCompleted": True, "SendDtmfTonesFailed": False}


class _Batch:
    def __init__(self) -> None:
        self.context = uuid4().hex
        self.told = anyio.Event()
        self.flaw = ""


class Tones:
    """One call's, to its far end."""

    def __init__(self, control: CallControl, number: str, raw_id: str) -> None:
        self._control, self._number, self._raw_id = control, number, raw_id
        self._sending = anyio.Lock()  # two who press at the same time press one after the other
        self._batch = _Batch()
        self._closed = False

    async def send(self, connection_id: str, keys: str) -> None:
        """As telephony.line promises."""
        try:
            with anyio.fail_after(WITHIN_S):
                async with self._sending:
                    for at in range(0, len(keys), MOST):
                        await self._send(connection_id, keys[at : at + MOST])
        except (LineRefused, NotAnswered) as error:
            raise DigitsNotSent(str(error)) from error
        except TimeoutError:
            raise DigitsNotSent(f"Azure did not say within {WITHIN_S:g} s that the keys were sent") from None

    async def _send(self, connection_id: str, keys: str) -> None:
        batch = self._batch = _Batch()
        if not connection_id:
            raise DigitsNotSent("Azure has not told the id of this call yet")
        if not self._closed:
            await self._control.send_tones(connection_id, self._number, self._raw_id, [TONES[key] for key in keys], batch.context)
            await batch.told.wait()
        if self._closed:
            raise LineClosed("the call is over")
        if batch.flaw:
            raise DigitsNotSent(batch.flaw)

    def happened(self, callback: Callback) -> None:
        """Azure tells; what is not about the keys that are on their way means nothing."""
        sent = _TOLD.get(callback.type)
        if sent is not None and callback.context == self._batch.context:
            self._batch.flaw = "" if sent else f"Azure could not send the keys ({callback.code} {callback.sub_code})"
            self._batch.told.set()

    def close(self) -> None:
        """The call is over: nobody waits any longer."""
        self._closed = True
        self._batch.told.set()
