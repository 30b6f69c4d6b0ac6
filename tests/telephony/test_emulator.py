"""The emulator as the real SDK sees it: each operation, its errors, and the calls behind them."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import pytest
from azure.communication.callautomation import DtmfTone, PhoneNumberIdentifier
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from telephony.acs_emulator import Emulator, Fault
from telephony.acs_emulator.call import Call, State
from telephony.acs_emulator.emulator import served
from telephony.acs_emulator.operations import NAMES
from telephony.dial import pick_up
from tests.kit.office import CALLED, CALLER, Office, office

CALLER_ID = PhoneNumberIdentifier(CALLER)


def code(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str | None]:
    inner: Any = error.value.error
    return error.value.status_code, inner.code


async def test_every_operation_is_taken_as_azure_takes_it() -> None:
    async with office() as here, here.client() as client:
        call, connection = await here.answered(client)
        await here.told("MediaStreamingStarted")
        properties = await connection.get_call_properties()
        assert properties.call_connection_state == "connected"
        assert (properties.source.raw_id, properties.targets[0].raw_id) == (f"4:{CALLER}", f"4:{CALLED}")
        assert properties.answered_for.properties["value"] == CALLED
        sent = await connection.send_dtmf_tones([DtmfTone.ONE, DtmfTone.POUND], CALLER_ID, operation_context="s")
        assert sent.operation_context == "s"
        assert (await here.told("SendDtmfTonesCompleted")).data["operationContext"] == "s"
        assert call.shown == "1#"
        await connection.hang_up(is_for_everyone=True)
        _, context = await here.rings()
        await client.reject_call(context, call_reject_reason="busy")
        created = await client.create_call(
            PhoneNumberIdentifier("+43111"), here.callback_url, source_caller_id_number=PhoneNumberIdentifier(CALLED)
        )
        assert created.call_connection_state == "connecting"
        taken = {entry.detail["operation"] for entry in here.emulator.record.entries() if entry.what == "rest"}
        assert taken == NAMES, "an operation of the table that no test asks for"


@pytest.mark.parametrize(
    "options", [{"audio_channel_type": "mixed"}, {"audio_format": "pcm24KMono"}, {"enable_dtmf_tones": False}]
)
async def test_sound_in_a_form_that_is_not_emulated_is_refused(options: dict[str, Any]) -> None:
    async with office() as here, here.client() as client:
        with pytest.raises(HttpResponseError) as error:
            await here.answered(client, **options)
        assert code(error) == (400, "8523")


# --- who may ask, and for what ----------------------------------------------------------------------------------------


async def test_the_signature_is_verified_and_a_wrong_key_denied() -> None:
    async with office() as here, here.client(key="d3Jvbmc=") as client:
        _, context = await here.rings()
        with pytest.raises(ClientAuthenticationError, match="signature does not fit"):
            await client.answer_call(context, here.callback_url)


async def test_an_api_version_nobody_knows() -> None:
    async with office() as here, here.client(api_version="1999-01-01") as client:
        _, context = await here.rings()
        with pytest.raises(HttpResponseError, match="api-version") as error:
            await client.answer_call(context, here.callback_url)
        assert code(error) == (400, "8523")


async def test_a_context_is_good_for_once() -> None:
    async with office() as here, here.client() as client:
        with pytest.raises(HttpResponseError) as error:
            await client.answer_call("made up", here.callback_url)
        assert code(error) == (400, "8523")
        call, _ = await here.answered(client)
        for again in (client.answer_call(call.context, here.callback_url), client.reject_call(call.context)):
            with pytest.raises(ResourceNotFoundError) as error:
                await again
            assert code(error) == (404, "8522")
        given_up, context = await here.rings()
        given_up.end("caller hung up")
        with pytest.raises(ResourceNotFoundError):
            await client.answer_call(context, here.callback_url)


async def test_a_repeated_request_is_answered_again_and_done_once() -> None:
    async with office() as here, here.client() as client:
        _, context = await here.rings()
        headers = {"Repeatability-Request-ID": "e2f1"}
        first, second = [await client.answer_call(context, here.callback_url, headers=headers) for _ in range(2)]
        assert first.call_connection_id == second.call_connection_id
        await here.told("CallConnected")


async def test_keys_need_an_answered_call_and_nothing_is_asked_of_one_that_is_over() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.rings()
        with pytest.raises(HttpResponseError) as error:
            await client.get_call_connection(call.ids.connection).send_dtmf_tones([DtmfTone.ONE], CALLER_ID)
        assert code(error) == (400, "8501")
        _, connection = await here.answered(client)
        await connection.hang_up(is_for_everyone=True)
        with pytest.raises(ResourceNotFoundError) as gone:
            await connection.get_call_properties()
        assert code(gone) == (404, "8522")


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "sub_code", "error"),
    [
        (400, "8523", HttpResponseError),
        (404, "8522", ResourceNotFoundError),
        (409, "8519", ResourceExistsError),
        (429, "8529", HttpResponseError),
        (503, "8500", HttpResponseError),
    ],
)
async def test_an_operation_fails_as_told_and_works_again(status: int, sub_code: str, error: type[HttpResponseError]) -> None:
    async with office() as here, here.client() as client:
        here.emulator.fail(Fault(operation="answer", status=status, code=sub_code, retry_after_s=1))
        with pytest.raises(error) as raised:
            await here.answered(client)
        assert code(raised) == (status, sub_code)
        response: Any = raised.value.response
        assert response.headers["Retry-After"] == "1"
        await here.answered(client)


async def test_the_sdk_tries_again_after_a_503_and_a_429_with_retry_after() -> None:
    async with office() as here, here.client(retry_total=2) as client:
        here.emulator.fail(Fault(operation="answer"))
        here.emulator.fail(Fault(operation="answer", status=429, retry_after_s=0))
        call, _ = await here.answered(client)
        statuses = [entry.detail["status"] for entry in here.emulator.record.entries() if entry.what == "rest"]
        assert (statuses, call.state) == ([503, 429, 200], State.ANSWERED)


async def test_a_slow_answer_is_late_and_a_late_one_is_done_before() -> None:
    async with office() as here, here.client(read_timeout=0.2) as client:
        slow, late = Fault(operation="answer", kind="slow", seconds=0.6), Fault(operation="answer", kind="late", seconds=0.6)
        for fault, state in ((slow, State.RINGING), (late, State.ANSWERED)):
            here.emulator.fail(fault)
            call, context = await here.rings()
            with pytest.raises(AzureError, match="imeout"):
                await client.answer_call(context, here.callback_url)
            assert call.state is state


async def test_a_cut_connection_leaves_it_open_whether_it_was_done() -> None:
    async with office() as here, here.client() as client:
        for fault, state in (
            (Fault(operation="*", kind="drop"), State.RINGING),
            (Fault(operation="*", kind="lost"), State.ANSWERED),
        ):
            here.emulator.fail(fault)
            call, context = await here.rings()
            with pytest.raises(AzureError):
                await client.answer_call(context, here.callback_url)
            assert call.state is state


# --- calls that our server makes --------------------------------------------------------------------------------------


async def create(here: Office, client: Any) -> Any:
    return await client.create_call(
        PhoneNumberIdentifier("+43111"),
        here.callback_url,
        source_caller_id_number=PhoneNumberIdentifier(CALLED),
        media_streaming=here.streaming(),
        operation_context="back",
    )


@pytest.mark.parametrize(("why", "sip"), [("no such number", 404), ("busy", 486), ("declined", 603)])
async def test_a_phone_that_does_not_take_the_call(why: str, sip: int) -> None:
    async with office() as here, here.client() as client, anyio.create_task_group() as tasks:
        if why != "no such number":
            phone = partial(pick_up, here.emulator.url, "+43111", response="decline" if why == "declined" else "ignore")
            await tasks.start(phone)
        if why == "busy":
            await create(here, client)
        created = await create(here, client)
        failed = await here.told("CreateCallFailed")
        assert failed.data["callConnectionId"] == created.call_connection_id
        assert failed.data["operationContext"] == "back"
        assert failed.result == (sip, 560_000 + sip)
        tasks.cancel_scope.cancel()


async def test_a_call_that_our_server_gives_up_while_it_rings() -> None:
    async with office() as here, here.client() as client, anyio.create_task_group() as tasks:
        await tasks.start(partial(pick_up, here.emulator.url, "+43111", response="ignore"))
        created = await create(here, client)
        await client.get_call_connection(created.call_connection_id).hang_up(is_for_everyone=True)
        await here.told("CallDisconnected")
        assert [one.kind for one in here.callbacks] == ["CallDisconnected"]
        tasks.cancel_scope.cancel()


# --- what happens in a call -------------------------------------------------------------------------------------------


async def test_the_end_is_told_in_order_whoever_hangs_up() -> None:
    for caller_hangs_up in (True, False):
        async with office() as here, here.client() as client:
            call, connection = await here.answered(client)
            socket = await here.socket()
            await here.told("MediaStreamingStarted")
            if caller_hangs_up:
                call.end("caller hung up")
            else:
                await connection.hang_up(is_for_everyone=True)
            await socket.closed()
            await call.gone()
            kinds = [one.kind for one in here.callbacks]
            assert kinds == [
                "CallConnected",
                "ParticipantsUpdated",
                "MediaStreamingStarted",
                "MediaStreamingStopped",
                "CallDisconnected",
            ]
            assert all(one.data["callConnectionId"] == call.ids.connection for one in here.callbacks)
            assert here.callbacks[0].data["operationContext"] == "op"


async def test_keys_that_the_caller_presses_reach_us() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        socket = await here.socket()
        await here.told("MediaStreamingStarted")
        await call.press("4#x")
        assert [(await socket.of_kind("DtmfData"))["dtmfData"]["data"] for _ in range(2)] == ["4", "#"]
        assert call.keys == "4#"


async def test_a_fault_of_our_own_ends_one_call_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(call: Call) -> None:
        raise RuntimeError("a bug")

    async with office() as here, here.client() as client:
        with monkeypatch.context() as patched:
            patched.setattr(Call, "talk", broken)
            first, _ = await here.answered(client)
            await first.gone()
        assert first.why == "the emulator failed"
        await here.answered(client)
        await here.told("CallConnected")


async def test_all_calls_end_with_the_emulator() -> None:
    nobody: Any = None
    here = Office(nobody)
    async with served(lambda url: here) as here.url:
        async with Emulator.serve() as here.emulator, here.client() as client:
            assert await here.emulator.subscribe(f"{here.url}/events")
            call, _ = await here.answered(client)
            socket = await here.socket()
            await socket.of_kind("AudioData")
        assert call.is_gone
        await socket.closed()
    here.close()
