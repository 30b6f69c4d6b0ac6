"""Keys that we press, through the real SDK: what Azure is asked, and what if it says no, or nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from telephony.acs_emulator import CallOptions
from telephony.acs_wire import incoming_metadata
from telephony.dial import DialEvent, Manners, Outcome, dial
from telephony.line import DigitsNotSent, Line, LineClosed, LineError
from tests.kit.azure import CALLER, Azure, azure_and
from tests.kit.emulated import CALLED, say, telephone, tone


class Presser:
    """A call in which keys are pressed, and what became of that."""

    def __init__(self, azure: Azure, asked: dict[str, Any], line: Line) -> None:
        self.azure, self.asked, self._line = azure, asked, line
        self.error: LineError | None = None

    async def press(self, keys: str) -> None:
        try:
            await self._line.send_digits(keys)
        except LineError as error:
            self.error = error

    async def sent(self, tones: list[str]) -> str:
        """The next request, which must be for these; its context."""
        body = await self.azure.next("sendDtmfTones")
        assert body["tones"] == tones
        assert body["targetParticipant"]["rawId"] == f"4:{CALLER}"
        return body["operationContext"]

    async def tell(self, kind: str, context: str, **result: Any) -> None:
        await self.azure.tell(self.asked, kind, operationContext=context, resultInformation=result)


@asynccontextmanager
async def on_a_call() -> AsyncGenerator[Presser]:
    lines, up = list[Line](), anyio.Event()

    async def handler(line: Line) -> None:
        await line.answer()
        lines.append(line)
        up.set()
        async for _ in line.hear():
            pass

    async with azure_and(handler) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await up.wait()
            yield Presser(azure, asked, lines[0])
            await azure.tell(asked, "CallDisconnected")


async def test_each_batch_waits_for_word_of_the_one_before_and_of_no_other() -> None:
    async with on_a_call() as call, anyio.create_task_group() as tasks:
        tasks.start_soon(call.press, "1" * 18 + "*D#")
        first = await call.sent(["one"] * 18)
        await call.tell("SendDtmfTonesCompleted", "somebody else's", code=200)
        await call.tell("SendDtmfTonesFailed", "somebody else's", code=500)
        with pytest.raises(anyio.WouldBlock):
            call.azure.asked.receive_nowait()
        await call.tell("SendDtmfTonesCompleted", first, code=200)
        await call.tell("SendDtmfTonesCompleted", await call.sent(["asterisk", "d", "pound"]), code=200)
    assert call.error is None


async def test_what_failed_is_told_with_its_codes_and_nothing_follows_it() -> None:
    async with on_a_call() as call:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call.press, "2" * 30)
            await call.tell("SendDtmfTonesFailed", await call.sent(["two"] * 18), code=400, subCode=8500)
        assert isinstance(call.error, DigitsNotSent)
        assert str(call.error) == "Azure could not send the keys (400 8500)"
        with pytest.raises(anyio.WouldBlock):
            call.azure.asked.receive_nowait()


@pytest.mark.parametrize(
    ("status", "error"), [(400, DigitsNotSent), (503, DigitsNotSent), (404, LineClosed)], ids=["refused", "down", "no such call"]
)
async def test_what_azure_does_not_take_is_an_error_of_the_line(status: int, error: type[LineError]) -> None:
    async with on_a_call() as call:
        call.azure.answers["sendDtmfTones"] = [(status, "{}")] * 4
        await call.press("3")
        assert type(call.error) is error


async def test_azure_that_never_says_what_became_of_them_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.acs_tones.WITHIN_S", 0.3)
    async with on_a_call() as call:
        await call.press("4")
        assert isinstance(call.error, DigitsNotSent)
        assert str(call.error) == "Azure did not say within 0.3 s that the keys were sent"
        late = await call.sent(["four"])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call.press, "5")
            context = await call.sent(["five"])
            await call.tell("SendDtmfTonesFailed", late, code=400)  # of the ones before
            await call.tell("SendDtmfTonesCompleted", context, code=200)


async def test_whoever_waits_for_keys_learns_that_the_call_is_over() -> None:
    async with on_a_call() as call, anyio.create_task_group() as tasks:
        tasks.start_soon(call.press, "6")
        await call.sent(["six"])
        await call.azure.tell(call.asked, "CallDisconnected")
    assert isinstance(call.error, LineClosed)


@pytest.mark.parametrize("fails", [False, True])
async def test_who_dialled_sees_the_keys(fails: bool) -> None:
    errors = list[LineError]()

    async def press(line: Line) -> None:
        await line.answer()
        await say(line, tone(0.4))
        try:
            await line.send_digits("42#")
        except LineError as error:
            errors.append(error)
        await line.hang_up()

    seen = list[DialEvent]()
    async with telephone(press) as (emulator, _):
        options = CallOptions(tones_fail=fails).model_dump()
        manners = Manners(quiet_s=0.4, leave_after_s=3.0)
        result = await dial(emulator.url, CALLER, CALLED, manners=manners, options=options, on_event=seen.append)
        assert result.outcome is Outcome.COMPLETED
        assert [event.detail for event in seen if event.what == "keys"] == ([] if fails else ["42#"])
        assert [type(error) for error in errors] == ([DigitsNotSent] if fails else [])
