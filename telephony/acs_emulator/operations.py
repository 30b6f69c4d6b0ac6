"""Call control: answering, rejecting, dialling, ending, participants.

Operations on what is not emulated (more participants, transcription) are taken and then fail by callback, as they do on a
resource without that feature.
"""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import uuid4

import msgspec

from telephony.acs_emulator.actions import Asked, established, report
from telephony.acs_emulator.call import Call, State
from telephony.acs_emulator.errors import ServiceError, bad_argument, not_found, read
from telephony.acs_emulator.exchange import Exchange
from telephony.acs_emulator.media import StreamingOptions

NOT_EMULATED: Final = {"code": 404, "subCode": 8522, "message": "Action failed: nobody else can join a call of the emulator."}


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


class _Redirect(msgspec.Struct, rename="camel"):
    incoming_call_context: str
    target: _Identifier


class _Target(Asked, rename="camel", kw_only=True):
    target_participant: _Identifier = msgspec.field(default_factory=_Identifier)
    participant_to_add: _Identifier = msgspec.field(default_factory=_Identifier)
    participant_to_remove: _Identifier = msgspec.field(default_factory=_Identifier)
    target_participants: list[_Identifier] = msgspec.field(default_factory=list[_Identifier])


class _Locator(msgspec.Struct, rename="camel"):
    server_call_id: str = ""


class _Connect(msgspec.Struct, rename="camel"):
    call_locator: _Locator
    callback_uri: str


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


def redirect(exchange: Exchange, body: bytes) -> None:
    asked = read(body, _Redirect)
    _ringing(exchange, asked.incoming_call_context).redirect(asked.target.number())


def create(exchange: Exchange, body: bytes) -> dict[str, Any]:
    asked = read(body, _Create)
    if len(asked.targets) != 1:
        raise bad_argument("The field Targets is invalid: one phone number.")
    source = asked.source_caller_id_number.value if asked.source_caller_id_number else ""
    if not source:
        raise bad_argument("The field SourceCallerIdNumber is required for a phone number.")
    if exchange.settings.numbers and source not in exchange.settings.numbers:
        raise ServiceError(403, "7507", "The resource does not own the source number.")
    uri = _callback_uri(asked.callback_uri)
    call = exchange.dial(source, asked.targets[0].number(), uri, asked.media_streaming_options, asked.operation_context)
    return call.properties()


def connect(exchange: Exchange, body: bytes) -> dict[str, Any]:
    asked = read(body, _Connect)
    call = next((one for one in exchange.calls.values() if one.ids.server == asked.call_locator.server_call_id), None)
    if call is None or not call.live:
        raise not_found()
    call.callbacks.uri = _callback_uri(asked.callback_uri)
    return call.properties()


# --- calls that are up ------------------------------------------------------------------------------------------------


def properties(call: Call, body: bytes) -> dict[str, Any]:
    return call.properties()


def hang_up(call: Call, body: bytes) -> None:
    call.end("server hung up")


def transfer(call: Call, body: bytes) -> dict[str, Any]:
    """Blind: our server's part in the call ends."""
    established(call)
    asked = read(body, _Target)
    report(call, "CallTransferAccepted", asked, transferee={"rawId": call.raw_id})
    call.end(f"transferred to {asked.target_participant.number()}")
    return {"operationContext": asked.operation_context}


def participants(call: Call, body: bytes) -> dict[str, Any]:
    return {"value": call.participants(), "nextLink": None}


def participant(call: Call, body: bytes, raw_id: str) -> dict[str, Any]:
    if raw_id != call.raw_id:
        raise ServiceError(404, "8522", "Participant not found.")
    return call.participants()[0]


def add_participant(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, _Target)
    who = {"rawId": asked.participant_to_add.raw_id}
    report(call, "AddParticipantFailed", asked, NOT_EMULATED, participant=who)
    return {
        "participant": {"identifier": who, "isMuted": False, "isOnHold": False},
        "operationContext": asked.operation_context,
        "invitationId": str(uuid4()),
    }


def remove_participant(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, _Target)
    _known(call, asked.participant_to_remove)
    report(call, "RemoveParticipantSucceeded", asked, participant={"rawId": call.raw_id})
    call.end("server removed the caller")
    return {"operationContext": asked.operation_context}


def cancel_add(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, Asked)
    report(call, "CancelAddParticipantFailed", asked, NOT_EMULATED)
    return {"operationContext": asked.operation_context, "invitationId": str(uuid4())}


def mute(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, _Target)
    for who in asked.target_participants:
        _known(call, who)
    call.muted = True
    return {"operationContext": asked.operation_context}


def move(call: Call, body: bytes) -> dict[str, Any]:
    established(call)
    asked = read(body, Asked)
    report(call, "MoveParticipantFailed", asked, NOT_EMULATED)
    return {"participants": [], "operationContext": asked.operation_context, "fromCall": None}


def _known(call: Call, who: _Identifier) -> None:
    if who.number() != call.remote:
        raise ServiceError(404, "8522", "Participant not found.")


def hold(call: Call, body: bytes) -> None:
    established(call)
    call.on_hold = True


def unhold(call: Call, body: bytes) -> None:
    established(call)
    call.on_hold = False


def no_transcription(call: Call, body: bytes) -> None:
    established(call)
    failed = {"transcriptionStatus": "transcriptionFailed", "transcriptionStatusDetails": "speechServicesConnectionError"}
    result = {"code": 400, "subCode": 8581, "message": "Action failed: there is no speech resource."}
    report(call, "TranscriptionFailed", read(body, Asked), result, transcriptionUpdate=failed)
