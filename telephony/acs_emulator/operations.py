"""What our server asks for: answering, rejecting, dialling, looking at a call, ending it, and pressing keys in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import anyio
import msgspec

from telephony.acs_emulator.call import SUCCESS, Call, State
from telephony.acs_emulator.errors import ServiceError, bad_argument, not_found, read
from telephony.acs_emulator.exchange import Exchange
from telephony.acs_emulator.media import StreamingOptions
from telephony.acs_wire import TONES

MAX_TONES: Final = 18  # of one sendDtmfTones
TONE_S: Final = 0.1  # and the pause after it: a guess, for Azure says nothing about it
_KEYS: Final = {tone: key for key, tone in TONES.items()}
_NOT_SENT: Final = {"code": 400, "subCode": 8500, "message": "Action failed, the tones could not be sent."}


class _Number(msgspec.Struct):
    value: str = ""


class _Identifier(msgspec.Struct, rename="camel"):
    raw_id: str = ""
    phone_number: _Number | None = None

    def number(self) -> str:
        number = self.phone_number.value if self.phone_number else ""
        return number or self.raw_id.removeprefix("4:")


class _Answer(msgspec.Struct, rename="camel"):
    incoming_call_context: str
    callback_uri: str
    operation_context: str | None = None
    media_streaming_options: StreamingOptions | None = None


class _Create(msgspec.Struct, rename="camel"):
    targets: list[_Identifier]
    callback_uri: str
    source_caller_id_number: _Number | None = None
    operation_context: str | None = None
    media_streaming_options: StreamingOptions | None = None


class _Reject(msgspec.Struct, rename="camel"):
    incoming_call_context: str
    call_reject_reason: str = "none"


class _SendTones(msgspec.Struct, rename="camel"):
    tones: list[str]
    operation_context: str | None = None


def _callback_uri(uri: str) -> str:
    """The real service wants https; on loopback there is no certificate."""
    if not re.match(r"https?://[^/]+", uri):
        raise bad_argument("The field CallbackUri is invalid.")
    return uri


# --- ringing calls ----------------------------------------------------------------------------------------------------


def _ringing(exchange: Exchange, context: str) -> Call:
    """The call of a context that was not used yet."""
    call = exchange.by_context(context)
    if call is None:
        raise bad_argument("The field IncomingCallContext is invalid.")
    if call.state is not State.RINGING:
        raise not_found("Call not found: it was answered, rejected or given up before.")
    return call


def answer(exchange: Exchange, body: bytes) -> dict[str, Any]:
    asked = read(body, _Answer)
    call = _ringing(exchange, asked.incoming_call_context)
    call.expect(_callback_uri(asked.callback_uri), asked.media_streaming_options, asked.operation_context)
    properties = call.properties()  # still connecting
    call.answer()
    return properties


def reject(exchange: Exchange, body: bytes) -> None:
    asked = read(body, _Reject)
    if asked.call_reject_reason not in ("none", "busy", "forbidden"):
        raise bad_argument("The field CallRejectReason is invalid.")
    _ringing(exchange, asked.incoming_call_context).reject(asked.call_reject_reason)


def create(exchange: Exchange, body: bytes) -> dict[str, Any]:
    asked = read(body, _Create)
    if len(asked.targets) != 1:
        raise bad_argument("The field Targets is invalid: one phone number.")
    source = asked.source_caller_id_number.value if asked.source_caller_id_number else ""
    if not source:
        raise bad_argument("The field SourceCallerIdNumber is required for a phone number.")
    uri = _callback_uri(asked.callback_uri)
    call = exchange.dial(source, asked.targets[0].number(), uri, asked.media_streaming_options, asked.operation_context)
    return call.properties()


# --- calls that are up ------------------------------------------------------------------------------------------------


def properties(call: Call, _: bytes) -> dict[str, Any]:
    return call.properties()


def hang_up(call: Call, _: bytes) -> None:
    call.end("server hung up")


def send_tones(call: Call, body: bytes) -> dict[str, Any]:
    if call.state is not State.ANSWERED:
        raise ServiceError(400, "8501", "Action is invalid when the call is not in Established state.")
    asked = read(body, _SendTones)
    if not 0 < len(asked.tones) <= MAX_TONES or not _KEYS.keys() >= set(asked.tones):
        raise bad_argument(f"The field Tones is invalid: one to {MAX_TONES} of {', '.join(_KEYS)}.")
    call.start_soon(_press, call, asked)
    return {"operationContext": asked.operation_context}


async def _press(call: Call, asked: _SendTones) -> None:
    """A tone takes its time; what became of them is told when the last one is out."""
    if call.options.tones_fail:
        call.callbacks.post("SendDtmfTonesFailed", context=asked.operation_context, resultInformation=_NOT_SENT)
        return
    await anyio.sleep(TONE_S * len(asked.tones))
    call.show("".join(_KEYS[tone] for tone in asked.tones))
    call.callbacks.post("SendDtmfTonesCompleted", context=asked.operation_context, resultInformation=SUCCESS)


# --- where each one is, and the one status that the SDK (1.6.0) accepts; protocol research, 3 ---------------------------

_CALL: Final = "/([^/:]+)"


@dataclass(frozen=True, slots=True)
class Operation:
    """`act(exchange or call, body)` returns the body of the answer, or None for an empty one."""

    name: str
    method: str
    path: str
    """A pattern for what follows `/calling/callConnections`; its group is the call."""
    status: int
    act: Callable[..., Any]


OPERATIONS: Final = (
    Operation("create", "POST", "", 201, create),
    Operation("answer", "POST", ":answer", 200, answer),
    Operation("reject", "POST", ":reject", 204, reject),
    Operation("get", "GET", _CALL, 200, properties),
    Operation("hang_up", "POST", f"{_CALL}:terminate", 204, hang_up),
    Operation("send_dtmf", "POST", f"{_CALL}:sendDtmfTones", 202, send_tones),
)
NAMES: Final = frozenset(operation.name for operation in OPERATIONS)


def find(method: str, path: str) -> tuple[Operation, str] | None:
    """The operation at a path, and the call that the path names, or nothing; None where there is no such operation."""
    for operation in OPERATIONS:
        match = re.fullmatch(f"/calling/callConnections{operation.path}", path) if operation.method == method else None
        if match:
            return operation, "".join(match.groups())
    return None
