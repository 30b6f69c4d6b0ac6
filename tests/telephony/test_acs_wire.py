"""The wire of ACS: what the documents show is read, what they do not show is refused by one error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.acs_wire import (
    MAX_MESSAGE,
    STOP_AUDIO,
    AudioData,
    AudioMetadata,
    DtmfData,
    Handshake,
    IncomingCall,
    StopAudio,
    WireError,
    decode,
    incoming_audio,
    incoming_digit,
    incoming_metadata,
    outgoing_audio,
    read_callbacks,
    read_events,
)

PCM = bytes(range(256)) * 2 + bytes(128)
B64 = msgspec.to_builtins(PCM)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
media_like = st.fixed_dictionaries(
    {"kind": st.sampled_from(["AudioData", "audiodata", "AudioMetadata", "DtmfData", "StopAudio", "MarkData"]) | json_values},
    optional=dict.fromkeys(("audioData", "AudioData", "audioMetadata", "dtmfData", "StopAudio"), json_values),
)
grid_like = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=5) | json_values,
        "eventType": st.sampled_from(["Microsoft.Communication.IncomingCall", "Microsoft.EventGrid.SubscriptionValidationEvent"]),
        "eventTime": st.text(max_size=30) | st.just("2023-04-04T17:18:42.5542219Z"),
        "data": json_values | st.fixed_dictionaries({"to": json_values, "from": json_values, "incomingCallContext": st.text()}),
    },
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # as ACS sends (research 5.3)
        (
            '{"kind":"AudioMetadata","audioMetadata":{"subscriptionId":"s","encoding":"PCM","sampleRate":16000,"channels":1,"length":640}}',
            AudioMetadata(16_000, 1, "PCM", 640, "s"),
        ),
        (
            f'{{"kind":"AudioData","audioData":{{"timestamp":"t","participantRawID":"4:+1","data":"{B64}","silent":false}}}}',
            AudioData(PCM, False, "4:+1", "t"),
        ),
        ('{"kind":"AudioData","audioData":{"silent":true}}', AudioData(silent=True)),
        ('{"kind":"AudioData","audioData":{"data":null,"silent":true,"participantRawID":null}}', AudioData(silent=True)),
        ('{"kind":"AudioData","audioData":{"data":"","silent":true}}', AudioData(silent=True)),
        ('{"kind":"DtmfData","dtmfData":{"data":"3"}}', DtmfData("3")),
        ('{"kind":"DtmfData","dtmfData":{"data":"Pound","timestamp":"t"}}', DtmfData("#")),
        ('{"kind":"DtmfData","dtmfData":{"data":"asterisk"}}', DtmfData("*")),
        ('{"kind":"DtmfData","dtmfData":{"data":"d"}}', DtmfData("D")),
        # as the official SDKs send (research 5.4)
        (f'{{"Kind":"AudioData","AudioData":{{"Data":"{B64}"}},"StopAudio":null}}', AudioData(PCM)),
        ('{"Kind":"StopAudio","AudioData":null,"StopAudio":{}}', StopAudio()),
        (f'{{"kind":"audioData","audioData":{{"data":"{B64}","isSilent":false}},"stopAudio":{{}}}}', AudioData(PCM)),
        ('{"kind":"stopAudio","stopAudio":{}}', StopAudio()),
        ('{"kind":"StopAudio"}', StopAudio()),
        # what we do not know
        ('{"kind":"MarkData","markData":{"id":"1"}}', None),
        ('{"kind":"TranscriptionData"}', None),
        ("{}", None),
        ('{"kind":7}', None),
    ],
)
def test_every_documented_spelling(text: str, message: object) -> None:
    assert decode(text) == message
    assert decode(text.encode()) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not a media message"),
        ("Connection authenticated.", "not a media message"),
        ("[]", "JSON object"),
        ("[" * 60_000, "not a media message"),
        (b"\x00\x01\xff", "not a media message"),
        ("\ud800", "not a media message"),
        ('{"kind":"AudioData"}', "without its content"),
        ('{"kind":"AudioData","audioData":7}', "not a media message"),
        ('{"kind":"AudioData","audioData":{"data":AAAA}}', "not a media message"),  # what Java once sent
        ('{"kind":"AudioData","audioData":{"data":"@@@@"}}', "not a media message"),
        ('{"kind":"AudioData","audioData":{"data":"AAAA"}}', "3 bytes cannot be"),
        ('{"kind":"AudioMetadata","audioMetadata":{"sampleRate":8000}}', "16000 or 24000 Hz"),
        ('{"kind":"AudioMetadata","audioMetadata":{"sampleRate":16000,"channels":2}}', "2 channels"),
        ('{"kind":"AudioMetadata","audioMetadata":{"sampleRate":16000,"encoding":"opus"}}', "opus"),
        ('{"kind":"DtmfData","dtmfData":{"data":"11"}}', "a key is"),
        (" " * (MAX_MESSAGE + 1), "at most 65536 bytes"),
    ],
)
def test_what_is_malformed_says_how(text: str | bytes, expected: str) -> None:
    with pytest.raises(WireError, match=expected):
        decode(text)


@given(st.text() | st.binary() | (json_values | media_like).map(json.dumps))
def test_no_media_message_breaks_the_reader(text: str | bytes) -> None:
    try:
        message = decode(text)
    except WireError:
        return
    assert message is None or len(getattr(message, "data", b"") or b"") % 2 == 0 or isinstance(message, DtmfData)


@given(st.binary(max_size=960).filter(lambda pcm: len(pcm) % 2 == 0))
def test_sound_comes_through_both_ways(pcm: bytes) -> None:
    assert decode(outgoing_audio(pcm)) == AudioData(pcm)
    assert decode(incoming_audio(pcm, "t", "4:+1")) == AudioData(pcm, False, "4:+1", "t")


def test_what_the_emulator_sends_is_what_we_read() -> None:
    assert decode(incoming_metadata(24_000, "s")) == AudioMetadata(24_000, 1, "PCM", 960, "s")
    assert decode(incoming_audio(None, "t", silent=True)) == AudioData(silent=True, timestamp="t")
    assert decode(incoming_digit("#")) == DtmfData("#")
    assert decode(STOP_AUDIO) == StopAudio()


def grid(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": "e1",
        "topic": "/subscriptions/s",
        "subject": "/caller/4:+16041234567/recipient/4:+18331234567",
        "eventType": "Microsoft.Communication.IncomingCall",
        "eventTime": "2023-04-04T17:18:42.5542219Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {
            "to": {"kind": "phoneNumber", "rawId": "4:+18331234567", "phoneNumber": {"value": "+18331234567"}},
            "from": {"kind": "PhoneNumber", "rawId": "4:+16041234567", "phoneNumber": {"value": "+16041234567"}},
            "serverCallId": "x",
            "callerDisplayName": "",
            "incomingCallContext": "secret-context",
            "correlationId": "c1",
        },
    }
    event["data"] |= changes.pop("data", {})
    return event | changes


def test_it_rings() -> None:
    (call,) = read_events(json.dumps([grid()]).encode())
    assert call == IncomingCall(
        "e1",
        datetime(2023, 4, 4, 17, 18, 42, 554_221, UTC),
        "+16041234567",
        "4:+16041234567",
        "+18331234567",
        "secret-context",
        "c1",
    )
    assert "secret-context" not in repr(call)


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ({"rawId": "4:+43 (1) 234-56.78"}, "+4312345678"),
        ({"phoneNumber": {"value": "0043 1 2345678"}}, "+4312345678"),
        ({"rawId": "4:anonymous", "phoneNumber": {"value": "anonymous", "isAnonymous": True}}, "anonymous"),
        ({"rawId": "4:+16041234567_4:+1999"}, "+16041234567"),
        ({"phoneNumber": {"value": "+16041234567"}}, "+16041234567"),
        ({"rawId": "8:acs:1234_5678"}, "anonymous"),
        ({"rawId": "4:+1604\n123"}, "anonymous"),
        ({"rawId": "4:+٣٤٥٦٧"}, "anonymous"),
        ({}, "anonymous"),
    ],
)
def test_who_calls(caller: dict[str, Any], number: str) -> None:
    (call,) = read_events(json.dumps([grid(data={"from": caller})]).encode())
    assert isinstance(call, IncomingCall)
    assert call.caller == number


def test_handshake_and_other_events() -> None:
    handshake = {
        "id": "v",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2018-01-25T22:12:19.4556811Z",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://rp.eventgrid.azure.net/validate"},
    }
    other = grid(eventType="Microsoft.Communication.CallEnded", data={"to": 7})
    assert read_events(json.dumps([handshake, other]).encode()) == [Handshake("512d38b6")]
    assert read_events(b"[]") == []


@given(
    st.binary(max_size=60)
    | (json_values | grid_like | st.lists(grid_like, max_size=2)).map(lambda value: json.dumps(value).encode())
)
def test_no_delivery_breaks_the_readers(body: bytes) -> None:
    for read in (read_events, read_callbacks):
        try:
            assert isinstance(read(body), list)
        except WireError as error:
            assert str(error).startswith("not a")


def test_a_callback_is_read_with_what_went_wrong() -> None:
    event = {
        "id": "704a7a96",
        "source": "calling/callConnections/cc",
        "type": "Microsoft.Communication.MediaStreamingFailed",
        "data": {
            "callConnectionId": "cc",
            "serverCallId": "s",
            "resultInformation": {"code": 400, "subCode": 8581, "message": "Action failed", "sipDetails": None},
            "mediaStreamingUpdate": {"contentType": "audio", "mediaStreamingStatusDetails": "initialWebSocketConnectionFailed"},
        },
        "time": "2022-06-24T15:12:41.5556858+00:00",
        "specversion": "1.0",
    }
    for body in (event, [event]):
        (callback,) = read_callbacks(json.dumps(body).encode())
        assert (callback.type, callback.connection_id) == ("MediaStreamingFailed", "cc")
        assert (callback.code, callback.sub_code, callback.message) == (400, 8581, "Action failed")
        assert callback.streaming_details == "initialWebSocketConnectionFailed"


def test_a_callback_with_nulls_is_no_error() -> None:
    (callback,) = read_callbacks(b'[{"id":"1","type":"Microsoft.Communication.New","data":{"resultInformation":null}}]')
    assert (callback.type, callback.connection_id, callback.code) == ("New", "", 0)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]" + b" " * (1024 * 1024), b"[" + b"{}," * 5_000 + b"{}]"])
def test_a_delivery_has_a_bound(body: bytes) -> None:
    for read in (read_events, read_callbacks):
        with pytest.raises(WireError) as refused:
            read(body)
        assert len(str(refused.value)) < 400
