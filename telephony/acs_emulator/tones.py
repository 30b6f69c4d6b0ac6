"""Keys, both ways: recognition of entries and of single tones, and tones sent to the far end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream

from telephony.acs_emulator.actions import Asked, PromptError, Source, begin, established, fetch, report
from telephony.acs_emulator.call import Call
from telephony.acs_emulator.errors import ServiceError, bad_argument, read
from telephony.acs_wire import TONES

MAX_TONES: Final = 18  # of one sendDtmfTones, and of one entry
TONE_S: Final = 0.1  # and the pause after it: a guess, for Azure says nothing about it
_KEYS: Final = {tone: key for key, tone in TONES.items()}


class _DtmfOptions(msgspec.Struct, rename="camel"):
    inter_tone_timeout_in_seconds: float = 2
    max_tones_to_collect: int = 1
    stop_tones: list[str] = []


class _RecognizeOptions(msgspec.Struct, rename="camel"):
    initial_silence_timeout_in_seconds: float = 5
    dtmf_options: _DtmfOptions = msgspec.field(default_factory=_DtmfOptions)


class _Recognize(Asked, rename="camel", kw_only=True):
    recognize_input_type: str
    recognize_options: _RecognizeOptions
    play_prompt: Source | None = None
    interrupt_call_media_operation: bool = False


class _SendTones(Asked, rename="camel", kw_only=True):
    tones: list[str]


def _result(code: int, sub_code: int, message: str) -> dict[str, Any]:
    return {"code": code, "subCode": sub_code, "message": message}


_ALL_DIGITS: Final = _result(200, 8531, "Action completed, max digits received.")
_TIMED_OUT: Final = _result(200, 8532, "Action completed, inter-digit time out.")
_STOP_TONE: Final = _result(200, 8533, "Action completed, stop tone was detected.")
_NOT_SENT: Final = _result(400, 8500, "Action failed, the tones could not be sent.")
_NOTHING: Final = _result(400, 8510, "Action failed, initial silence time out reached.")


@contextmanager
def _listening(call: Call, listener: Callable[[str], None]) -> Generator[None]:
    call.tone_listeners.append(listener)
    try:
        yield
    finally:
        call.tone_listeners.remove(listener)


def recognize(call: Call, body: bytes) -> None:
    established(call)
    asked = read(body, _Recognize)
    if asked.recognize_input_type != "dtmf":
        raise bad_argument("Only dtmf is recognised here; speech needs a speech resource.")
    begin(call, _recognize, asked, "RecognizeCanceled", interrupt=asked.interrupt_call_media_operation)


async def _recognize(call: Call, asked: _Recognize) -> None:
    pressed, tones = anyio.create_memory_object_stream[str](MAX_TONES)

    def hear(tone: str) -> None:
        if pressed.statistics().current_buffer_used < MAX_TONES:
            pressed.send_nowait(tone)

    with pressed, tones, _listening(call, hear):
        if asked.play_prompt:
            try:
                sound = await fetch(call, asked.play_prompt)
            except PromptError as error:
                report(call, "RecognizeFailed", asked, error.result, recognitionType="dtmf", failedPlaySourceIndex=0)
                return
            await anyio.sleep(call.ear.push(sound, call.clock_s()) - call.clock_s())
        entry, result = await _collect(asked.recognize_options, tones)
    if result is _NOTHING:
        report(call, "RecognizeFailed", asked, result, recognitionType="dtmf")
    else:
        report(call, "RecognizeCompleted", asked, result, recognitionType="dtmf", dtmfResult={"tones": entry})


async def _collect(options: _RecognizeOptions, tones: MemoryObjectReceiveStream[str]) -> tuple[list[str], dict[str, Any]]:
    dtmf, entry = options.dtmf_options, list[str]()
    wait_s = options.initial_silence_timeout_in_seconds
    while len(entry) < dtmf.max_tones_to_collect:
        tone = None
        with anyio.move_on_after(wait_s):
            tone = await tones.receive()
        if tone is None:
            return entry, _TIMED_OUT if entry else _NOTHING
        if tone in dtmf.stop_tones:
            return entry, _STOP_TONE
        entry.append(tone)
        wait_s = dtmf.inter_tone_timeout_in_seconds
    return entry, _ALL_DIGITS


def start_continuous(call: Call, body: bytes) -> None:
    established(call)
    asked, sequence = read(body, Asked), count(1)

    def hear(tone: str) -> None:
        report(call, "ContinuousDtmfRecognitionToneReceived", asked, sequenceId=next(sequence), tone=tone)

    if call.continuous is not None:
        raise ServiceError(400, "8500", "Continuous recognition is already active.")
    call.continuous = hear
    call.tone_listeners.append(hear)


def stop_continuous(call: Call, body: bytes) -> None:
    established(call)
    asked = read(body, Asked)
    if call.continuous is not None:
        call.tone_listeners.remove(call.continuous)
        call.continuous = None
        report(call, "ContinuousDtmfRecognitionStopped", asked)


def send(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, _SendTones)
    if not 0 < len(asked.tones) <= MAX_TONES or not _KEYS.keys() >= set(asked.tones):
        raise bad_argument(f"The field Tones is invalid: one to {MAX_TONES} of {', '.join(_KEYS)}.")
    call.start_soon(_press, call, asked)
    return {"operationContext": asked.operation_context}


async def _press(call: Call, asked: _SendTones) -> None:
    """A tone takes its time; what became of them is told when the last one is out."""
    if call.options.tones_fail:
        report(call, "SendDtmfTonesFailed", asked, _NOT_SENT)
        return
    await anyio.sleep(TONE_S * len(asked.tones))
    call.show("".join(_KEYS[tone] for tone in asked.tones))
    report(call, "SendDtmfTonesCompleted", asked)
