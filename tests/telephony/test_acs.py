"""Calls through the real SDK, a real server and real sockets, with an Azure that does things in any order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import anyio
import pytest

from telephony.acs_wire import AudioData, StopAudio, decode, incoming_audio, incoming_digit, incoming_metadata
from telephony.line import (
    Digit,
    Line,
    LineBusy,
    LineClosed,
    LineDown,
    LineError,
    LineRefused,
    LineRejected,
    NotAnswered,
    Refusal,
)
from tests.kit.azure import CALLED, CALLER, Azure, azure_and
from voices.audio import FRAME_BYTES, SILENCE, Frame

LOUD = Frame(b"\x10\x20" * (FRAME_BYTES // 2))


class Answered:
    """A handler that answers, and keeps what became of the call."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.up = anyio.Event()
        self.done = anyio.Event()
        self.heard: list[Frame | Digit] = []
        self.error: LineError | None = None

    async def __call__(self, line: Line) -> None:
        self.line = line
        try:
            await line.answer()
            self.up.set()
            async for item in line.hear():
                self.heard.append(item)
        except LineError as error:
            self.error = error
        finally:
            self.done.set()


def said() -> str:
    return incoming_audio(LOUD, "2024-11-15T19:16:12.925Z", f"4:{CALLER}")


async def test_a_whole_call() -> None:
    call = Answered()
    async with azure_and(call) as (azure, _):
        assert (await azure.ring()).status_code == 200
        asked = await azure.next("answer")
        assert asked["mediaStreamingOptions"] | {"transportUrl": ""} == {
            "transportUrl": "",
            "transportType": "websocket",
            "contentType": "audio",
            "audioChannelType": "unmixed",
            "audioFormat": "pcm16KMono",
            "startMediaStreaming": True,
            "enableBidirectional": True,
            "enableDtmfTones": True,
        }
        async with azure.media(asked) as socket:
            assert (await azure.tell(asked, "CallConnected")).status_code == 200
            await socket.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
            assert call.line is not None
            assert (call.line.caller, call.line.called, call.line.kind) == (CALLER, CALLED, "acs")
            await socket.send(said())
            await socket.send(incoming_digit("#"))
            for _ in range(3):
                await call.line.play(LOUD)
            assert [decode(await socket.recv()) for _ in range(3)] == [AudioData(LOUD)] * 3
            await call.line.clear()
            assert decode(await socket.recv()) == StopAudio()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call.line.hang_up)
                assert await azure.next("terminate") == {}
                await azure.tell(asked, "MediaStreamingStopped")
                await azure.tell(asked, "CallDisconnected")
            await call.line.hang_up()  # twice is once
            await call.done.wait()
            await socket.wait_closed()
        assert call.heard == [LOUD, Digit("#")]
        with pytest.raises(LineClosed):
            await call.line.play(LOUD)
        assert (await azure.tell(asked, "CallDisconnected")).status_code == 404
        with pytest.raises(anyio.WouldBlock):
            azure.asked.receive_nowait()


@pytest.mark.parametrize("callback_first", [True, False])
async def test_callback_and_socket_come_in_any_order(callback_first: bool) -> None:
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        if callback_first:
            await azure.tell(asked, "CallConnected")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
            if not callback_first:
                await azure.tell(asked, "CallConnected", event_id="same")
                await azure.tell(asked, "CallConnected", event_id="same")
            await azure.tell(asked, "ParticipantsUpdated")
            await azure.tell(asked, "CallDisconnected")  # in mid-call
            await call.done.wait()
        assert call.error is None


async def test_a_dropped_socket_is_dialled_again_and_the_call_goes_on() -> None:
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as first:
            await first.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
            async with azure.media(asked) as second:
                await first.wait_closed()
                await second.send(incoming_metadata(16_000, "s"))
                await second.send(said())
                assert call.line is not None
                await call.line.play(LOUD)
                assert decode(await second.recv()) == AudioData(LOUD)
        update = {"mediaStreamingStatusDetails": "streamConnectionInterrupted"}
        await azure.tell(asked, "MediaStreamingFailed", mediaStreamingUpdate=update)
        async with azure.media(asked) as third:
            await third.send(incoming_digit("1"))
            await azure.tell(asked, "CallDisconnected")
            await call.done.wait()
        assert call.heard == [LOUD, Digit("1")]


async def test_a_socket_that_does_not_come_back_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.acs_media.AWAY_S", 0.3)
    monkeypatch.setattr("telephony.acs_media.DEAD_S", 0.3)
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
        await call.done.wait()
        await azure.next("terminate")
        await azure.tell(asked, "CallDisconnected")


async def far_end_leaves(azure: Azure, asked: dict[str, Any]) -> None:
    await azure.tell(asked, "CallDisconnected")


async def stream_fails(azure: Azure, asked: dict[str, Any]) -> None:
    await azure.tell(asked, "CallConnected")
    await azure.tell(asked, "MediaStreamingFailed", resultInformation={"code": 400, "subCode": 8581})
    await azure.next("terminate")
    await azure.tell(asked, "CallDisconnected")


async def no_socket_comes(azure: Azure, asked: dict[str, Any]) -> None:
    await azure.tell(asked, "CallConnected")
    await azure.next("terminate")
    await azure.tell(asked, "CallDisconnected")


async def nothing_comes(azure: Azure, asked: dict[str, Any]) -> None:
    await azure.next("terminate")
    await azure.tell(asked, "CallDisconnected")


@pytest.mark.parametrize(
    ("then", "error", "message"),
    [
        (far_end_leaves, LineClosed, "hung up"),
        (stream_fails, LineDown, "8581"),
        (no_socket_comes, LineDown, "its sound did not come"),
        (nothing_comes, NotAnswered, "no answer in time"),
    ],
)
async def test_an_answer_that_leads_to_no_call(then: Any, error: type[LineError], message: str) -> None:
    call = Answered()
    async with azure_and(call, answer_s=0.6, media_s=0.3) as (azure, _):
        await azure.ring()
        await then(azure, await azure.next("answer"))
        await call.done.wait()
        assert type(call.error) is error
        assert message in str(call.error)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, '{"error":{"code":"8522","message":"gone"}}', LineClosed),
        (400, '{"error":{"code":"8528","message":"terminated"}}', LineClosed),
        (400, '{"error":{"code":"8523","message":"bad"}}', NotAnswered),
        (403, "", NotAnswered),
        (429, "", LineDown),
        (200, "", LineDown),
        (200, "null", LineDown),
        (200, "<html>", NotAnswered),
        (200, "[]", LineDown),
    ],
)
async def test_azure_says_no_or_nonsense(status: int, body: str, error: type[LineError], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.acs_line.UNSURE_S", 0.01)
    call = Answered()
    async with azure_and(call) as (azure, _):
        azure.answers["answer"] = [(status, body)]
        await azure.ring()
        await azure.next("answer")
        await call.done.wait()
        assert type(call.error) is error


async def test_an_answer_that_azure_keeps_to_itself_leaves_no_call_behind() -> None:
    call = Answered()
    async with azure_and(call, answer_s=0.3) as (azure, _):
        azure.answers["answer"] = [(0, "")]
        await azure.ring()
        asked = await azure.next("answer")
        await call.done.wait()
        assert isinstance(call.error, NotAnswered)
        await azure.tell(asked, "CallConnected")  # so it was answered after all
        await azure.next("terminate")
        await azure.tell(asked, "CallDisconnected")


async def test_reject() -> None:
    async def refuse(line: Line) -> None:
        await line.reject(Refusal.FORBIDDEN)
        with pytest.raises(LineClosed):
            await line.answer()

    async with azure_and(refuse) as (azure, _):
        azure.answers["reject"] = [(204, ""), (404, '{"error":{"code":"8522"}}')]
        for _ in range(2):  # the second caller has gone meanwhile
            await azure.ring()
            assert (await azure.next("reject"))["callRejectReason"] == "forbidden"
    assert azure.answers["reject"] == []


@pytest.mark.parametrize("fails", [True, False])
async def test_a_handler_that_raises_or_forgets_ends_its_own_call_only(fails: bool) -> None:
    other = Answered()

    async def handle(line: Line) -> None:
        if line.caller == "anonymous":
            assert not fails, "a bug"
            return
        await other(line)

    async with azure_and(handle) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        await azure.ring(caller="4:anonymous")
        assert (await azure.next("reject"))["callRejectReason"] == "busy"
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await other.up.wait()
            await azure.tell(asked, "CallDisconnected")
            await other.done.wait()


async def test_shutting_down_ends_the_calls_at_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.acs_line.GOODBYE_S", 0.1)
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        socket = await azure.media(asked)
        await socket.send(incoming_metadata(16_000, "s"))
        await call.up.wait()
        copy = azure.asked.clone()
    with copy:
        assert copy.receive_nowait().operation == "terminate"
    await socket.wait_closed()
    assert call.done.is_set()


async def test_hanging_up_lets_the_last_words_be_heard() -> None:
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
            assert call.line is not None
            heard_s = [await call.line.play(LOUD, 10) for _ in range(20)][-1]
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call.line.hang_up)
                await azure.next("terminate")
                assert anyio.current_time() >= heard_s + 0.02
                await azure.tell(asked, "CallDisconnected")
            assert len([1 async for _ in socket]) == 20


async def test_a_farewell_that_was_cancelled_is_finished_by_the_next() -> None:
    call = Answered()
    async with azure_and(call) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await call.up.wait()
            assert call.line is not None
            with anyio.move_on_after(0.01) as cancelled:
                await call.line.hang_up()
            assert cancelled.cancelled_caught
            with pytest.raises(LineClosed):
                await call.line.play(LOUD)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call.line.hang_up)
                tasks.start_soon(call.line.hang_up)
                await azure.next("terminate")
                await azure.tell(asked, "CallDisconnected")
        with pytest.raises(anyio.WouldBlock):
            azure.asked.receive_nowait()


async def test_dial() -> None:
    async def nobody(line: Line) -> None:
        raise AssertionError("nothing rang")

    async with azure_and(nobody) as (azure, listener), anyio.create_task_group() as tasks:

        async def azures_side() -> None:
            asked = await azure.next("create")
            assert asked["targets"][0]["phoneNumber"] == {"value": CALLER}
            assert asked["sourceCallerIdNumber"] == {"value": CALLED}
            async with azure.media(asked) as socket:
                await socket.send(incoming_metadata(16_000, "s"))
                await azure.tell(asked, "CallConnected")
                await socket.send(said())
                await azure.next("terminate")
                await azure.tell(asked, "CallDisconnected")
                await socket.wait_closed()

        tasks.start_soon(azures_side)
        line = await listener.dial(CALLER)
        assert (line.caller, line.called) == (CALLER, CALLED)
        assert await anext(line.hear()) == LOUD
        await line.hang_up()


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        ("CreateCallFailed", 403, LineRefused),
        ("CreateCallFailed", 404, LineRefused),
        ("CreateCallFailed", 408, NotAnswered),
        ("CreateCallFailed", 480, NotAnswered),
        ("CreateCallFailed", 486, LineBusy),
        ("CreateCallFailed", 487, NotAnswered),
        ("CreateCallFailed", 503, LineDown),
        ("CreateCallFailed", 600, LineBusy),
        ("CallDisconnected", 603, LineRejected),
        ("CallDisconnected", 0, NotAnswered),
    ],
)
async def test_nobody_takes_our_call(kind: str, code: int, error: type[LineError]) -> None:
    async with azure_and(Answered()) as (azure, listener), anyio.create_task_group() as tasks:

        async def azures_side() -> None:
            await azure.tell(await azure.next("create"), kind, resultInformation={"code": code, "subCode": 1})

        tasks.start_soon(azures_side)
        with pytest.raises(error) as failed:
            await listener.dial(CALLER)
        assert failed.type is error


async def test_what_is_heard_while_it_rings_is_no_part_of_the_call() -> None:
    async with azure_and(Answered()) as (azure, listener), anyio.create_task_group() as tasks:

        async def azures_side() -> None:
            asked = await azure.next("create")
            async with azure.media(asked) as socket:
                await socket.send(incoming_metadata(16_000, "s"))
                await socket.send(said())
                await (await socket.ping())
                await anyio.wait_all_tasks_blocked()  # it has arrived where we would hear it
                await azure.tell(asked, "CallConnected")
                await azure.tell(asked, "CallConnected")
                await socket.send(incoming_audio(SILENCE, "t", f"4:{CALLER}"))
                await azure.next("terminate")
                await azure.tell(asked, "CallDisconnected")

        tasks.start_soon(azures_side)
        line = await listener.dial(CALLER)
        assert await anext(line.hear()) == SILENCE
        await line.hang_up()


async def test_a_phone_that_rings_on_is_given_up() -> None:
    async with azure_and(Answered(), ring_s=0.3) as (azure, listener), anyio.create_task_group() as tasks:

        async def azures_side() -> None:
            asked = await azure.next("create")
            async with azure.media(asked) as socket:
                await socket.send(incoming_metadata(16_000, "s"))  # early sound is no answer
                await azure.next("terminate")
                await azure.tell(asked, "CallDisconnected")

        tasks.start_soon(azures_side)
        with pytest.raises(NotAnswered, match="no answer"):
            await listener.dial(CALLER)


@pytest.mark.parametrize("ours", [False, True], ids=["called", "we_call"])
async def test_each_minute_that_has_begun_is_charged_from_when_the_call_is_up(ours: bool) -> None:
    rates = {"usd_per_minute_in": "0.25", "usd_per_minute_out": "0.5"}
    call = Answered()
    async with azure_and(call, **rates) as (azure, listener), anyio.create_task_group() as tasks:
        lines, up = list[Line](), anyio.Event()

        async def dial() -> None:
            lines.append(await listener.dial(CALLER))
            up.set()

        if ours:
            tasks.start_soon(dial)
        else:
            await azure.ring()
        asked = await azure.next("create" if ours else "answer")
        async with azure.media(asked) as socket:
            await socket.send(incoming_metadata(16_000, "s"))
            await azure.tell(asked, "CallConnected")
            await (up if ours else call.up).wait()
            line = lines[0] if ours else call.line
            assert line is not None
            assert line.cost_usd == Decimal("0.5" if ours else "0.25")
            tasks.start_soon(line.hang_up)
            await azure.next("terminate")
            await azure.tell(asked, "CallDisconnected")


async def test_dialling_needs_a_number_of_our_own() -> None:
    async with azure_and(Answered(), phone_number=None) as (_, listener):
        with pytest.raises(NotAnswered, match="phone_number"):
            await listener.dial(CALLER)
