"""What Azure Communication Services puts on the wire: Event Grid events, callbacks, media messages. Pure, no I/O.

The media messages are read in the spelling ACS sends on a fast path, and in any other case of letters on a slow one, because
the official SDKs disagree with each other (research: acs-protocol.md, 5.4).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec

from agents import bounds

MAX_MESSAGE: Final = 65_536  # bytes of one media message; a frame takes about 1,000, and nothing is said to be larger
RATES: Final = (16_000, 24_000)
ANONYMOUS: Final = "anonymous"

_MOST_EVENTS: Final = msgspec.Meta(max_length=bounds.DELIVERY_EVENTS)
_BROKEN: Final = (msgspec.MsgspecError, RecursionError, UnicodeError)


class WireError(Exception):
    """A message that cannot be what it claims to be; says what was expected."""


# --- media, both ways -------------------------------------------------------------------------------------------------


class AudioMetadata(msgspec.Struct, frozen=True, rename="camel"):
    """Opens a stream: what its sound is like. `length` is the bytes of one packet."""

    sample_rate: int
    channels: int = 1
    encoding: str = "PCM"
    length: int = 0
    subscription_id: str = ""


class AudioData(msgspec.Struct, frozen=True, rename={"participant": "participantRawID"}):
    """Sound: s16 mono at the stream's rate. `silent` ones may come without data, and last 20 ms all the same."""

    data: bytes = b""
    silent: bool = False
    participant: str | None = None
    timestamp: str | None = None


class DtmfData(msgspec.Struct, frozen=True):
    """A key: one of 0-9, `*`, `#`, A-D."""

    data: str


class StopAudio(msgspec.Struct, frozen=True):
    """Drop what is queued for the caller."""


MediaMessage = AudioMetadata | AudioData | DtmfData | StopAudio


class _Message(msgspec.Struct, rename="camel"):
    kind: str
    audio_data: AudioData | None = None
    audio_metadata: AudioMetadata | None = None
    dtmf_data: DtmfData | None = None
    stop_audio: StopAudio | None = None


_KINDS: Final = {kind.lower(): kind for kind in ("AudioData", "AudioMetadata", "DtmfData", "StopAudio")}
_SPELLINGS: Final = {
    known.encode_name.lower(): known.encode_name
    for struct in (_Message, AudioData, AudioMetadata, DtmfData)
    for known in msgspec.structs.fields(struct)
} | {"issilent": "silent", "participant": "participantRawID"}  # as the .NET and JavaScript SDKs call them
TONES: Final = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight",
    "9": "nine", "*": "asterisk", "#": "pound", "A": "a", "B": "b", "C": "c", "D": "d",
}  # fmt: skip
"""By key: what Azure calls its tone."""
_KEYS: Final = {key.lower(): key for key in TONES} | {tone: key for key, tone in TONES.items()} | {"star": "*", "hash": "#"}

_decode_fast = msgspec.json.Decoder(_Message).decode
_decode_any = msgspec.json.Decoder().decode


def decode(text: str | bytes) -> MediaMessage | None:
    """One media message in either direction; None for a kind we do not know. Raises WireError for anything malformed."""
    if len(text) > MAX_MESSAGE:
        raise WireError(f"a media message has at most {MAX_MESSAGE} bytes, not {len(text)}")
    try:
        message = _decode_fast(text)
    except _BROKEN:
        message = None
    if message is not None and message.kind == "AudioData" and message.audio_data is not None:
        return _whole(message.audio_data)
    return _decode_slow(text)


def _decode_slow(text: str | bytes) -> MediaMessage | None:
    try:
        raw: Any = _decode_any(text)
        if not isinstance(raw, dict):
            raise WireError("a media message is a JSON object")
        raw = _canonical(raw)
        kind = _KINDS.get(str(raw.get("kind")).lower())
        if kind is None:
            return None
        message = msgspec.convert(raw | {"kind": kind}, _Message, strict=False)
    except _BROKEN as error:
        raise WireError(f"not a media message: {error}") from error
    match kind:
        case "AudioData" if message.audio_data is not None:
            return _whole(message.audio_data)
        case "AudioMetadata" if message.audio_metadata is not None:
            return _playable(message.audio_metadata)
        case "DtmfData" if message.dtmf_data is not None:
            return _key(message.dtmf_data)
        case "StopAudio":  # both null and {} are sent; the kind decides
            return StopAudio()
        case _:
            raise WireError(f"a message of kind {kind} without its content")


def _canonical(raw: dict[str, Any]) -> dict[str, Any]:
    """Keys in the spelling ACS sends, two levels deep; null means the same as absent."""
    known = {_SPELLINGS.get(key.lower(), key): value for key, value in raw.items() if value is not None}
    return {key: _canonical(value) if isinstance(value, dict) and key != "data" else value for key, value in known.items()}


def _whole(audio: AudioData) -> AudioData:
    if len(audio.data) & 1:
        raise WireError(f"sound is 16-bit samples, so {len(audio.data)} bytes cannot be")
    return audio


def _playable(metadata: AudioMetadata) -> AudioMetadata:
    if metadata.sample_rate not in RATES or metadata.channels != 1 or metadata.encoding.upper() != "PCM":
        raise WireError(
            f"sound is mono PCM at {' or '.join(map(str, RATES))} Hz, "
            f"not {metadata.channels} channels of {metadata.encoding} at {metadata.sample_rate} Hz"
        )
    return metadata


def _key(dtmf: DtmfData) -> DtmfData:
    key = _KEYS.get(dtmf.data.strip().lower())
    if key is None:
        raise WireError("a key is one of 0-9, *, #, A-D")
    return DtmfData(key)


def outgoing_audio(pcm: bytes) -> str:
    """Sound for the caller, in the spelling of the Python documentation."""
    return f'{{"Kind":"AudioData","AudioData":{{"Data":"{b2a_base64(pcm, newline=False).decode()}"}},"StopAudio":null}}'


STOP_AUDIO: Final = '{"Kind":"StopAudio","AudioData":null,"StopAudio":{}}'


def incoming_metadata(rate: int, subscription_id: str) -> str:
    """What ACS sends first: 20 ms packets at this rate."""
    metadata = AudioMetadata(rate, length=rate // 50 * 2, subscription_id=subscription_id)
    return msgspec.json.encode({"kind": "AudioMetadata", "audioMetadata": metadata}).decode()


def incoming_audio(pcm: bytes | None, timestamp: str, participant: str | None = None, *, silent: bool = False) -> str:
    """What ACS sends every 20 ms; `participant` only in unmixed mode, no `data` at all for None."""
    who = "" if participant is None else f'"participantRawID":{msgspec.json.encode(participant).decode()},'
    data = "" if pcm is None else f'"data":"{b2a_base64(pcm, newline=False).decode()}",'
    return f'{{"kind":"AudioData","audioData":{{"timestamp":"{timestamp}",{who}{data}"silent":{"true" if silent else "false"}}}}}'


def incoming_digit(key: str) -> str:
    return msgspec.json.encode({"kind": "DtmfData", "dtmfData": {"data": key}}).decode()


# --- Event Grid -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handshake:
    """Event Grid asks whether we want its events; it wants this code back."""

    code: str


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """It rings. `context` is what answers the call: a secret, good for once."""

    event_id: str
    raised_at: datetime
    caller: str
    """E.164 with `+`, or `anonymous`."""
    caller_raw_id: str
    called: str
    context: str = field(repr=False)
    correlation_id: str = ""


class _PhoneNumber(msgspec.Struct):
    value: str = ""


class _Identifier(msgspec.Struct, rename="camel"):
    raw_id: str = ""
    phone_number: _PhoneNumber | None = None

    def number(self) -> str:
        """The phone number in it; `anonymous` when there is none."""
        number = self.phone_number.value if self.phone_number else ""
        if self.raw_id.startswith("4:"):  # a suffix after `_` names the asserted identity
            number = self.raw_id[2:].partition("_")[0]
        number = "".join(sign for sign in number if sign not in " -./()\u00a0")  # carriers write it in many ways
        number = f"+{number[2:]}" if number.startswith("00") else number
        return number if re.fullmatch(r"\+[0-9]{3,15}", number, re.ASCII) else ANONYMOUS


class _HandshakeData(msgspec.Struct, rename="camel"):
    validation_code: str


class _IncomingCallData(msgspec.Struct, rename="camel"):
    to: _Identifier
    from_: _Identifier = msgspec.field(name="from")
    incoming_call_context: str
    correlation_id: str = ""


class _GridEvent(msgspec.Struct, rename="camel"):
    id: str
    event_type: str
    event_time: str
    data: msgspec.Raw


def read_events(body: bytes) -> list[Handshake | IncomingCall]:
    """The events of one Event Grid delivery that matter to us; other types are left out. Raises WireError."""
    _check_size(body)
    try:
        events = msgspec.json.decode(body, type=Annotated[list[_GridEvent], _MOST_EVENTS])
        return [known for event in events if (known := _grid_event(event)) is not None]
    except (*_BROKEN, ValueError) as error:
        raise WireError(f"not an Event Grid delivery: {bounds.cut(str(error), 300)}") from error


def _check_size(body: bytes) -> None:
    if len(body) > bounds.DELIVERY_BYTES:
        raise WireError(f"a delivery has at most {bounds.DELIVERY_BYTES:,} bytes, not {len(body):,}")


def _grid_event(event: _GridEvent) -> Handshake | IncomingCall | None:
    match event.event_type.lower():
        case "microsoft.eventgrid.subscriptionvalidationevent":
            return Handshake(bounds.id_(msgspec.json.decode(event.data, type=_HandshakeData).validation_code))
        case "microsoft.communication.incomingcall":
            data = msgspec.json.decode(event.data, type=_IncomingCallData)
            return IncomingCall(
                event_id=bounds.id_(event.id),
                raised_at=_utc(event.event_time),
                caller=data.from_.number(),
                caller_raw_id=bounds.id_(data.from_.raw_id),
                called=data.to.number(),
                context=bounds.context(data.incoming_call_context),
                correlation_id=bounds.id_(data.correlation_id),
            )
        case _:
            return None


def _utc(text: str) -> datetime:
    """ISO 8601, UTC when it does not say; Azure writes seven digits of a second, and Python reads any number since 3.11."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


# --- callbacks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Callback:
    """One thing that happened to a call. `code` and `sub_code` are 0 when ACS gave none."""

    id: str
    type: str
    """Without `Microsoft.Communication.`: CallConnected, MediaStreamingFailed …"""
    connection_id: str
    context: str = ""
    """Which of our requests it is about, where we said so in it."""
    code: int = 0
    sub_code: int = 0
    message: str = ""
    streaming_details: str = ""
    """Why media streaming changed: streamConnectionInterrupted, initialWebSocketConnectionFailed …"""


class _Result(msgspec.Struct, rename="camel"):
    code: int | None = None
    sub_code: int | None = None
    message: str | None = None


class _StreamingUpdate(msgspec.Struct, rename="camel"):
    media_streaming_status_details: str | None = None


class _CallbackData(msgspec.Struct, rename="camel"):
    call_connection_id: str | None = None
    operation_context: str | None = None
    result_information: _Result | None = None
    media_streaming_update: _StreamingUpdate | None = None


class _CloudEvent(msgspec.Struct):
    id: str
    type: str
    data: _CallbackData


def read_callbacks(body: bytes) -> list[Callback]:
    """The CloudEvents of one callback, a single one or an array; types are not judged here. Raises WireError."""
    _check_size(body)
    try:
        raw = msgspec.json.decode(body)
        events = msgspec.convert(
            raw if isinstance(raw, list) else [raw], Annotated[list[_CloudEvent], _MOST_EVENTS], strict=False
        )
        return [_callback(event) for event in events]
    except (*_BROKEN, bounds.TooMuch) as error:
        raise WireError(f"not a callback: {bounds.cut(str(error), 300)}") from error


def _callback(event: _CloudEvent) -> Callback:
    result = event.data.result_information or _Result()
    update = event.data.media_streaming_update or _StreamingUpdate()
    return Callback(
        id=bounds.id_(event.id),
        type=bounds.id_(event.type).removeprefix("Microsoft.Communication."),
        connection_id=bounds.id_(event.data.call_connection_id or ""),
        context=bounds.id_(event.data.operation_context or ""),
        code=result.code or 0,
        sub_code=result.sub_code or 0,
        message=bounds.cut(result.message or "", bounds.ID_CHARS),
        streaming_details=bounds.cut(update.media_streaming_status_details or "", bounds.ID_CHARS),
    )
