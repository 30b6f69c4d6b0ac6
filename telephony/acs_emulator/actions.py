"""Prompts and streaming of an answered call: one media operation at a time, taken at once, told by callback."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import aiohttp
import anyio
import msgspec

from telephony.acs_emulator.call import SUCCESS, Call, State
from telephony.acs_emulator.errors import ServiceError, bad_argument, read
from voices.audio import RATE

FETCH_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
PROMPT_BYTES: Final = 20_000_000  # about ten minutes of wav


class Asked(msgspec.Struct, rename="camel", kw_only=True):
    """What every operation may carry."""

    operation_context: str | None = None
    operation_callback_uri: str | None = None


AnyAsked = TypeVar("AnyAsked", bound=Asked)


class _File(msgspec.Struct):
    uri: str


class Source(msgspec.Struct):
    kind: str
    file: _File | None = None


class _PlayOptions(msgspec.Struct):
    loop: bool = False


class _Play(Asked, rename="camel", kw_only=True):
    play_sources: list[Source]
    play_options: _PlayOptions = msgspec.field(default_factory=_PlayOptions)
    interrupt_call_media_operation: bool = False


class PromptError(Exception):
    """A prompt that cannot be played, as a callback says it."""

    def __init__(self, sub_code: int, message: str) -> None:
        super().__init__(message)
        self.result = {"code": 400, "subCode": sub_code, "message": f"Action failed, {message}"}


def established(call: Call) -> None:
    """Media operations need an answered call. Raises ServiceError 400/8501."""
    if call.state is not State.ANSWERED:
        raise ServiceError(400, "8501", "Action is invalid when the call is not in Established state.")


def report(call: Call, kind: str, asked: Asked, result: dict[str, Any] = SUCCESS, **data: Any) -> None:
    to, context = asked.operation_callback_uri, asked.operation_context
    call.callbacks.post(kind, to=to, context=context, resultInformation=result, **data)


def begin(
    call: Call, action: Callable[[Call, AnyAsked], Coroutine[Any, Any, None]], asked: AnyAsked, cancelled: str, *, interrupt: bool
) -> None:
    """Start a media operation, `cancelled` being what is told if it does not end by itself. Raises ServiceError 400/8500."""
    if call.action and not interrupt:
        raise ServiceError(400, "8500", "Media operation is already active.")
    if call.action:
        call.action.cancel()
    call.action = scope = anyio.CancelScope()

    async def run() -> None:
        with scope:
            await action(call, asked)
        if scope.cancelled_caught:
            call.ear.clear(call.clock_s())
            report(call, cancelled, asked)
        elif call.action is scope:
            call.action = None

    call.start_soon(run)


def play(call: Call, body: bytes) -> None:
    established(call)
    asked = read(body, _Play)
    if not asked.play_sources:
        raise bad_argument("The field PlaySources is invalid.")
    begin(call, _play, asked, "PlayCanceled", interrupt=asked.interrupt_call_media_operation)


def cancel_all(call: Call, body: bytes) -> None:
    established(call)
    if call.action:
        call.action.cancel()
        call.action = None


async def _play(call: Call, asked: _Play) -> None:
    try:
        sounds = [await fetch(call, source) for source in asked.play_sources]
    except PromptError as error:
        report(call, "PlayFailed", asked, error.result, failedPlaySourceIndex=0)
        return
    report(call, "PlayStarted", asked)
    again = True
    while again:
        for sound in sounds:
            await anyio.sleep(call.ear.push(sound, call.clock_s()) - call.clock_s())
        again = asked.play_options.loop
    report(call, "PlayCompleted", asked)


async def fetch(call: Call, source: Source) -> bytes:
    """The sound of a play source, which must be what the service takes: wav, mono, 16 bit, 16 kHz. Raises PromptError."""
    if source.kind != "file" or source.file is None:
        raise PromptError(8523, "only files are played here; text needs a speech resource.")
    try:
        async with call.http.get(source.file.uri, timeout=FETCH_TIMEOUT) as answer:
            answer.raise_for_status()
            blob = await answer.content.read(PROMPT_BYTES)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise PromptError(8536, "file could not be downloaded.") from error
    try:
        with wave.open(io.BytesIO(blob)) as file:
            form = file.getnchannels(), file.getsampwidth(), file.getframerate()
            sound = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise PromptError(8535, "file format is invalid: it is no wav.") from error
    if form != (1, 2, RATE) or not sound:
        raise PromptError(8535, "file format is invalid: mono, 16 bit, 16 kHz wav is needed.")
    return sound


def start_streaming(call: Call, body: bytes) -> None:
    established(call)
    asked = read(body, Asked)
    if call.streaming is None or not call.streaming.transport_url:
        raise ServiceError(400, "8523", "Media streaming was not set up when the call was answered.")
    if call.stream and call.stream.active:
        raise ServiceError(409, "8519", "Media streaming has already started.")
    call.start_soon(call.start_streaming, asked.operation_context, asked.operation_callback_uri)


def stop_streaming(call: Call, body: bytes) -> None:
    established(call)
    read(body, Asked)
    if call.stream is None or not call.stream.active:
        raise ServiceError(412, "8583", "Media streaming is not active.")
    call.start_soon(call.stream.stop)
