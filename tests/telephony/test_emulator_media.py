"""The emulator's media socket: who dials it and how, the sound on it, and what becomes of it when it breaks."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import anyio
import pytest

from telephony import acs_wire as wire
from telephony.acs_emulator import CallOptions, media
from tests.kit.commands import eventually
from tests.kit.office import CALLER, office
from voices.audio import FRAME_BYTES, FRAME_S, SILENCE, Frame, samples

LOUD = Frame(b"\x10\x20" * (FRAME_BYTES // 2))


def sound(pcm: bytes) -> str:
    return wire.outgoing_audio(pcm)


async def test_metadata_first_then_a_frame_every_20_ms_even_in_silence() -> None:
    async with office() as here, here.client() as client:
        await here.answered(client)
        socket = await here.socket()
        metadata = await socket.message()
        assert metadata["kind"] == "AudioMetadata"
        assert metadata["audioMetadata"] | {"subscriptionId": ""} == {
            "subscriptionId": "", "encoding": "PCM", "sampleRate": 16_000, "channels": 1, "length": 640,
        }  # fmt: skip
        began_s = anyio.current_time()
        messages = [await socket.message() for _ in range(20)]
        assert anyio.current_time() - began_s > 18 * FRAME_S
        for message in messages:
            assert message["audioData"] | {"timestamp": ""} == {
                "timestamp": "", "participantRawID": f"4:{CALLER}", "data": b64encode(SILENCE).decode(), "silent": True,
            }  # fmt: skip
            assert message["audioData"]["timestamp"][-5:].endswith("Z")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"silent_data": "empty"}, {"data": ""}),
        ({"silent_data": "absent"}, {"data": None}),
        ({"anonymous": True}, {"participantRawID": "4:anonymous"}),
    ],
)
async def test_the_forms_of_silence(options: dict[str, Any], expected: dict[str, Any]) -> None:
    async with office() as here, here.client() as client:
        await here.answered(client, CallOptions(**options))
        audio = (await (await here.socket()).of_kind("AudioData"))["audioData"]
        assert {key: audio.get(key) for key in expected} == expected


async def test_what_the_caller_says_arrives_whole_and_in_order() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client, CallOptions(jitter_s=0.03))
        socket = await here.socket()
        await here.told("MediaStreamingStarted")
        said = [Frame(bytes([number]) * FRAME_BYTES) for number in range(1, 21)]
        for frame in said:
            call.say(frame)
        heard: list[bytes] = []
        while len(heard) < len(said):
            audio = (await socket.of_kind("AudioData"))["audioData"]
            if not audio["silent"]:
                heard.append(b64decode(audio["data"]))
        assert heard == said


async def test_bursts_are_played_to_the_sample_and_a_stop_clears_the_rest() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        socket = await here.socket()
        for number in range(1, 51):
            await socket.say(sound(bytes([number]) * FRAME_BYTES))
        while call.tape.length_s < 0.2:
            await socket.message()
        await socket.say(wire.STOP_AUDIO)
        for _ in range(5):
            await socket.say(sound(LOUD))
        while call.clock_s() < 0.7:
            await socket.message()
        right = samples(call.tape.wav()[44:]).reshape(-1, 2)[:, 1]
        first, rest = right[(right != 0) & (right != 0x2010)], right[right == 0x2010]
        assert first.tobytes() == b"".join(bytes([number]) * FRAME_BYTES for number in range(1, 51))[: 2 * first.size]
        assert (rest.size, first.size < 16_000) == (5 * 320, True)
        (stop,) = call.ear.figures.stops
        assert stop.dropped_s == pytest.approx(1.0 - first.size / 16_000, abs=0.001)
        assert call.ear.figures.bytes_after_stop == 5 * FRAME_BYTES
        assert call.ear.figures.lead_max_s == pytest.approx(1.0, abs=0.1)


SPELLINGS = [
    '{"Kind":"AudioData","AudioData":{"Data":"%s"},"StopAudio":null}',
    '{"kind":"audioData","audioData":{"data":"%s","isSilent":false},"stopAudio":{}}',
    '{"kind":"AudioData","audioData":{"data":"%s"}}',
]


async def test_every_official_spelling_is_understood_and_nonsense_dropped_and_counted() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        socket = await here.socket()
        nonsense = ["Connection authenticated.", "{", "[]", '{"kind":"AudioData","audioData":{"data":7}}', sound(b"odd")]
        for text in nonsense:
            await socket.say(text)
        await socket.say_bytes(LOUD)
        await socket.say('{"kind":"Transcription","text":"hello"}')
        for spelling in SPELLINGS:
            await socket.say(spelling % b64encode(LOUD).decode())
        await socket.say('{"kind":"stopAudio","stopAudio":{}}')
        while not call.ear.figures.stops:
            await socket.message()
        assert call.stream is not None
        assert (call.ear.figures.frames, call.stream.malformed, call.stream.ignored) == (3, len(nonsense) + 1, 1)


async def test_the_word_form_of_keys() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client, CallOptions(digit_form="word"))
        socket = await here.socket()
        await here.told("MediaStreamingStarted")
        await call.press("*")
        message = await socket.of_kind("DtmfData")
        assert message["dtmfData"]["data"] == "asterisk"
        assert wire.decode(json.dumps(message)) == wire.DtmfData("*")


# --- which comes first ------------------------------------------------------------------------------------------------


async def test_the_socket_comes_before_callconnected_or_after_it() -> None:
    for first in (True, False):
        async with office() as here, here.client() as client:
            await here.answered(client, CallOptions(socket_first=first))
            await here.socket()
            await here.told("MediaStreamingStarted")
            order = [
                entry.detail.get("type") or "socket"
                for entry in here.emulator.record.entries()
                if entry.what in ("socket", "callback")
            ]
            assert (order.index("socket") < order.index("CallConnected")) is first


async def test_a_socket_that_does_not_open_fails_by_callback_and_the_call_stays_up() -> None:
    async with office() as here, here.client() as client:
        here.refuses = True
        call, context = here.emulator.place("+431234567", "+15550100"), ""
        here.refuses = False
        await here.until(lambda: here.deliveries)
        context = call.context
        here.refuses = True
        properties = await client.answer_call(context, here.callback_url, media_streaming=here.streaming())
        failed = await here.told("MediaStreamingFailed")
        assert failed.result == (400, 8581)
        assert failed.data["mediaStreamingUpdate"]["mediaStreamingStatusDetails"] == "initialWebSocketConnectionFailed"
        here.refuses = False
        connection = client.get_call_connection(properties.call_connection_id)
        assert (await connection.get_call_properties()).call_connection_state == "connected"


async def test_a_dropped_socket_is_dialled_again_at_the_same_address() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        first = await here.socket()
        await here.told("MediaStreamingStarted")
        assert call.drop_socket(0.1, redial=True)
        await first.closed()
        second = await here.socket()
        assert (await second.message())["kind"] == "AudioMetadata"
        assert second.headers["x-ms-call-connection-id"] == first.headers["x-ms-call-connection-id"]
        assert second.headers["authorization"] != first.headers["authorization"]
        await here.told("MediaStreamingStarted", 2)
        details = [
            one.data["mediaStreamingUpdate"]["mediaStreamingStatusDetails"] for one in here.callbacks if "Media" in one.kind
        ]
        assert details == ["subscriptionStarted", "streamConnectionInterrupted", "streamConnectionReestablished"]


async def test_a_socket_that_our_server_closes_stays_closed() -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        await (await here.socket()).send({"type": "websocket.close", "code": 1000, "reason": ""})
        await here.told("MediaStreamingStopped")
        call.end("caller hung up")
        await call.gone()
        assert call.sockets == 1


async def test_callbacks_come_twice_and_out_of_order_and_the_last_one_last() -> None:
    async with office() as here, here.client() as client:
        options = CallOptions(callback_copies=2, callbacks_reordered=True, socket_closes_first=False)
        call, connection = await here.answered(client, options)
        await here.told("MediaStreamingStarted", 2)
        await connection.hang_up(is_for_everyone=True)
        await call.gone()
        kinds = [one.kind for one in here.callbacks]
        assert kinds[:4] == ["ParticipantsUpdated"] * 2 + ["CallConnected"] * 2
        assert kinds[-2:] == ["CallDisconnected"] * 2
        assert kinds.count("MediaStreamingStopped") == 2
        ids = [one.event["id"] for one in here.callbacks]
        assert len(set(ids)) == len(ids) / 2


async def test_a_server_that_does_not_read_loses_frames_and_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with office() as here, here.client() as client:
        call, _ = await here.answered(client)
        await (await here.socket()).of_kind("AudioData")
        assert call.stream is not None
        monkeypatch.setattr(media, "WRITE_LIMIT", 0)  # as if it had been reached: to fill the kernel's buffers takes a minute
        taped_s = call.tape.length_s
        stream = call.stream

        async def lost() -> int:
            return stream.lost

        await eventually(lost, lambda frames: frames >= 5)
        assert call.tape.length_s >= taped_s + 4.5 * FRAME_S
