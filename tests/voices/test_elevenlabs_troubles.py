"""What ElevenLabs and its network can do to a sentence: each has its error, in time, and says what to do."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import anyio
import httpx
import pytest
import respx
from anyio import to_thread

from tests.voices.test_elevenlabs import SENTENCE, WAYS, rendering, said, speaking
from voices.catalogue import Catalogue, Fallback
from voices.engines.elevenlabs import ElevenLabsSettings, ElevenLabsSynthesizer
from voices.engines.elevenlabs import http as over_http
from voices.engines.elevenlabs.errors import SocketClosed, TooManyRequests, WrongKey, refusal
from voices.engines.tones import TonesSynthesizer, tone
from voices.imitations.elevenlabs import GONE, KEY, Trouble
from voices.imitations.elevenlabs_sound import VOICES
from voices.synthesis import Rendering, Sound, SynthesisError, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice
from voices.voice import Voice

TROUBLES: list[tuple[Trouble, type[SynthesisError], str]] = [
    ("no_credit", SynthesizerUnavailable, "credit is used up; add credit"),
    ("busy", SynthesizerFailed, "ElevenLabs is busy"),
    ("crowded", TooManyRequests, "lower `sessions` to the plan's number"),
    ("html", SynthesizerFailed, "look at `base_url`"),
    ("stops", SynthesizerFailed, "closed|no answer"),
    ("stalls", SynthesizerFailed, "stopped in mid-sentence: nothing came for 0.6 s"),
    ("mp3", SynthesizerFailed, "sent a file"),
    ("fast", SynthesizerFailed, "at another rate"),
    ("silence", SynthesizerFailed, "s of silence in place of speech"),
]
ONLY_SOCKETS: list[tuple[Trouble, type[SynthesisError], str]] = [
    ("huge", SynthesizerFailed, "broke the protocol"),
    ("binary", SynthesizerFailed, "bytes where JSON belongs"),
    ("no_json", SynthesizerFailed, "sent no JSON but '<!doctype html>"),
    ("error", SynthesizerFailed, "Something went wrong"),
]
LONG = SENTENCE * 2


@pytest.mark.parametrize(("model", "transport"), WAYS)
@pytest.mark.parametrize(("trouble", "kind", "told"), TROUBLES)
async def test_each_trouble_has_its_error(model: str, transport: str, trouble: Trouble, kind: type, told: str) -> None:
    async with speaking(model=model, transport=transport) as (engine, service):
        service.trouble = trouble
        with anyio.fail_after(5), pytest.raises(kind, match=told):
            await said(engine, LONG)
        service.trouble = None
        assert await said(engine)  # nothing of it stays


@pytest.mark.parametrize(("model", "transport"), WAYS[:2])
@pytest.mark.parametrize(("trouble", "kind", "told"), ONLY_SOCKETS)
async def test_what_only_a_socket_can_send(model: str, transport: str, trouble: Trouble, kind: type, told: str) -> None:
    async with speaking(model=model, transport=transport) as (engine, service):
        await said(engine)
        service.trouble = trouble
        with pytest.raises(kind, match=told):
            await said(engine, LONG)
        service.trouble = None
        assert await said(engine)


@pytest.mark.parametrize(("model", "transport"), WAYS)
async def test_a_wrong_key_and_a_voice_that_was_deleted(model: str, transport: str) -> None:
    async with speaking(model=model, transport=transport) as (engine, service):
        with pytest.raises(UnknownVoice, match="or it was deleted; the account's ids are at"):
            await said(engine, how=rendering({"voice_id": GONE}))
        other = ElevenLabsSynthesizer(
            ElevenLabsSettings.model_validate({"key": "secret", "base_url": service.url, "transport": transport, "model": model})
        )
        for ask in (said(other), other.warm()):
            with pytest.raises(WrongKey, match="set another ELEVENLABS_API_KEY, or `key` in") as raised:
                await ask
            assert "secret" not in str(raised.value)
        await other.aclose()


async def test_without_a_socket_there_is_http() -> None:
    async with speaking(trouble="no_socket") as (engine, service):
        assert await said(engine)
        assert await said(engine)
        assert (service.opened, len(service.heard)) == (0, 2)
    async with speaking(trouble="no_socket", transport="websocket") as (engine, service):
        with pytest.raises(SynthesizerFailed, match="the plan or the key does not allow"):
            await said(engine)


async def test_nobody_there() -> None:
    settings = ElevenLabsSettings.model_validate({"key": KEY, "base_url": "http://127.0.0.1:9"})
    engine = ElevenLabsSynthesizer(settings)
    await engine.warm()  # it may be there later
    with pytest.raises(SynthesizerFailed, match=r"no answer from 127\.0\.0\.1:9"):
        await said(engine)
    await engine.aclose()


async def test_the_plans_sessions_are_one_queue_for_all_calls() -> None:
    spoken: list[int] = []

    async with speaking(sessions=2, faster=20) as (engine, service):

        async def call(number: int) -> None:
            await said(engine, "Some words for each of them.", rendering({"voice_id": VOICES[number % 4]}))
            spoken.append(number)

        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(call, number)
                await anyio.sleep(0.001)
        assert spoken == sorted(spoken)  # first come, first served
        assert service.speaking == 0


async def test_a_plan_that_is_full_fails_after_half_a_second() -> None:
    async with speaking(sessions=1, faster=1) as (engine, _), anyio.create_task_group() as tasks:
        tasks.start_soon(said, engine, LONG)
        await anyio.sleep(0.2)
        with anyio.fail_after(3), pytest.raises(TooManyRequests, match="all 1 sessions are in use"):
            await said(engine, how=rendering({"voice_id": VOICES[1]}))
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(("model", "transport"), WAYS)
@pytest.mark.parametrize("trouble", ["stops", "stalls"])
async def test_another_engine_goes_on_at_the_next_word(model: str, transport: str, trouble: Trouble) -> None:
    voice = Voice("test", "", {"elevenlabs": rendering(), "tones": Rendering("test", "tones")})
    async with speaking(model=model, transport=transport, trouble=trouble) as (engine, _):
        catalogue = Catalogue({"test": voice}, [engine, TonesSynthesizer(delay_s=0.0)])
        parts = [part async for part in catalogue.speak(SENTENCE, "test")]
    (fallback,) = [part for part in parts if isinstance(part, Fallback)]
    assert 0 < fallback.char < len(SENTENCE)
    words = [SENTENCE[mark.char :].split()[0] for part in parts if isinstance(part, Sound) for mark in part.marks]
    assert words == SENTENCE.split()


# --- answers, word for word -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}, WrongKey, "key is wrong"),
        (401, {"detail": {"status": "quota_exceeded", "message": "…"}}, SynthesizerUnavailable, "credit is used up"),
        (401, {"detail": {"status": "missing_permissions"}}, SynthesizerUnavailable, "may not do this; allow it at"),
        (401, {}, WrongKey, "key is wrong"),
        (
            402,
            {"detail": {"type": "payment_required", "code": "insufficient_credits"}},
            SynthesizerUnavailable,
            "credit is used up",
        ),
        (402, {"detail": "Payment Required"}, SynthesizerUnavailable, "payment is due"),
        (403, {"detail": {"status": "only_for_creator+"}}, SynthesizerUnavailable, "does not allow this voice or model"),
        (404, {"detail": {"status": "voice_not_found", "message": "A voice"}}, UnknownVoice, "or it was deleted"),
        (400, {"detail": {"status": "voice_not_found"}}, UnknownVoice, "or it was deleted"),
        (422, {"detail": [{"loc": ["path", "voice_id"], "msg": "bad id"}]}, UnknownVoice, r"path\.voice_id: bad id"),
        (422, {"detail": [{"loc": ["body", "text"], "msg": "too short"}]}, SynthesizerFailed, r"422: body\.text: too short"),
        (429, {"detail": {"status": "too_many_concurrent_requests"}}, TooManyRequests, "lower `sessions`"),
        (429, {"detail": {"status": "system_busy"}}, SynthesizerFailed, "is busy"),
        (500, [], SynthesizerFailed, "refused"),
        (500, {"detail": {"message": "\x1b[31m" + "x" * 5_000}}, SynthesizerFailed, "refused"),
    ],
)
def test_what_each_refusal_means(status: int, body: Any, kind: type, told: str) -> None:
    error = refusal(status, json.dumps(body).encode())
    assert isinstance(error, kind)
    assert (status == 429) == isinstance(error, TooManyRequests) or "busy" in told
    assert len(str(error)) < 500
    assert str(error).isprintable()
    with pytest.raises(kind, match=told):
        raise error


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * 1_000_000])
def test_a_refusal_of_nonsense(body: bytes) -> None:
    assert len(str(refusal(500, body))) < 500


URL = "https://api.elevenlabs.io/v1/text-to-speech/abc/stream/with-timestamps"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"}), "answered with text/html"),
        (httpx.Response(200, content=b"\x00\x01", headers={"content-type": "audio/mpeg"}), "answered with audio/mpeg"),
        (httpx.Response(200, content=b"[" * 100_000, headers={"content-type": "application/json"}), "sent no JSON"),
        (httpx.Response(200, content=b"[]", headers={"content-type": "application/json"}), "sent list"),
        (httpx.Response(200, json={"audio_base64": "!!"}), "not base64"),
        (httpx.Response(200, json={"audio_base64": ""}), "no sound"),
        (httpx.Response(200, content=b"x" * 5_000_000, headers={"content-type": "application/json"}), "more than 4194304 bytes"),
        (httpx.Response(502, content=b"<html>", headers={"content-type": "text/html"}), "answered 502 with text/html"),
        (httpx.ConnectError("refused"), r"no answer from api\.elevenlabs\.io: refused"),
        (httpx.ReadTimeout(""), "ReadTimeout"),
        (httpx.RemoteProtocolError("peer closed connection"), "peer closed connection"),
    ],
)
async def test_what_is_no_speech_over_http(respx_mock: respx.MockRouter, answer: Any, told: str) -> None:
    route = respx_mock.post(URL, params={"output_format": "pcm_16000"})
    route.mock(side_effect=[answer])
    engine = ElevenLabsSynthesizer(ElevenLabsSettings.model_validate({"key": "a-key", "transport": "http"}))
    with pytest.raises(SynthesizerFailed, match=told):
        await said(engine, how=rendering({"voice_id": "abc"}))
    assert route.call_count == 1  # nothing is tried twice
    sent = route.calls.last.request
    assert json.loads(sent.content) == {
        "text": SENTENCE, "model_id": "eleven_flash_v2_5", "language_code": "en", "voice_settings": {"speed": 1.0}
    }  # fmt: skip
    assert sent.headers["xi-api-key"] == "a-key"
    await engine.aclose()


async def test_a_crowded_plan_is_asked_again_for_half_a_second(respx_mock: respx.MockRouter) -> None:
    crowded = httpx.Response(429, json={"detail": {"status": "too_many_concurrent_requests", "message": "…"}})
    fine = httpx.Response(200, json={"audio_base64": b64encode(tone(220, 1.0, 3_000)).decode()})
    route = respx_mock.post(URL).mock(side_effect=[crowded, crowded, fine])
    engine = ElevenLabsSynthesizer(ElevenLabsSettings.model_validate({"key": "a-key", "transport": "http"}))
    assert await said(engine, how=rendering({"voice_id": "abc"}))
    assert route.call_count == 3
    await engine.aclose()


async def test_a_restricted_key_may_speak(respx_mock: respx.MockRouter) -> None:
    refused = {"detail": {"status": "missing_permissions", "message": "models_read"}}
    respx_mock.get("https://api.elevenlabs.io/v1/models").mock(httpx.Response(401, json=refused))
    engine = ElevenLabsSynthesizer(ElevenLabsSettings.model_validate({"key": "a-key"}))
    await engine.warm()
    await engine.aclose()


async def test_a_clone_that_is_refused(respx_mock: respx.MockRouter, tmp_path: Any) -> None:
    clip = tmp_path / "me.wav"
    await anyio.Path(clip).write_bytes(b"RIFF, not really")
    route = respx_mock.post("https://api.elevenlabs.io/v1/voices/add")
    route.mock(
        side_effect=[
            httpx.Response(401, json={"detail": {"status": "can_not_use_instant_voice_cloning", "message": "…"}}),
            httpx.Response(400, json={"detail": {"status": "voice_limit_reached", "message": "…"}}),
            httpx.Response(200, json={}),
        ]
    )
    _, http = await to_thread.run_sync(over_http.client, "https://api.elevenlabs.io", "a-key")
    async with http:
        for told in ("they begin with Starter", "delete a voice at", "its answer has no voice_id"):
            with pytest.raises(SynthesisError, match=told):
                await over_http.clone(http, "Me", [clip], "")
    assert b'name="files"; filename="me.wav"' in route.calls.last.request.content


def test_a_closed_socket_may_be_tried_again() -> None:
    assert SocketClosed.retryable
    assert not WrongKey.retryable
