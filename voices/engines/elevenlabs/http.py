"""ElevenLabs over HTTP: sentences where no WebSocket opens, and new voices for the account."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from anyio import to_thread

from voices.audio import RATE
from voices.engines.elevenlabs.errors import LONGEST_BODY, plain, refusal
from voices.engines.elevenlabs.wire import FORMAT, LONGEST_MESSAGE, Message, Order, aligned, parsed, sound
from voices.synthesis import SynthesizerFailed

if TYPE_CHECKING:
    import ssl

    import httpx

CONNECT_S: Final = 1.5
_ANSWER_S: Final = 5.0
_CLONE_S: Final = 120.0
_MOST_CLIPS: Final = 25
_LONGEST_CLIP: Final = 10 * 1024 * 1024


def client(base_url: str, key: str) -> tuple[ssl.SSLContext | None, httpx.AsyncClient]:
    """Kept open between sentences; with what it trusts, if it speaks TLS. Reads certificates: call it in a thread."""
    import httpx

    tls = httpx.create_ssl_context() if base_url.startswith("https:") else None
    return tls, httpx.AsyncClient(
        base_url=base_url,
        headers={"xi-api-key": key, "user-agent": "pai-voice"},
        timeout=httpx.Timeout(_ANSWER_S, connect=CONNECT_S),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=120),
        verify=tls or False,  # without TLS it is loopback
        trust_env=tls is not None,
    )


async def stream(http: httpx.AsyncClient, order: Order) -> AsyncGenerator[Message]:
    """One sentence, with the times of its characters. Raises SynthesisError; nothing is tried twice."""
    body: dict[str, Any] = {"text": order.text, "model_id": order.model}
    if order.language:
        body["language_code"] = order.language
    if order.settings:
        body["voice_settings"] = dict(order.settings)
    path, received_s = f"/v1/text-to-speech/{order.voice}/stream/with-timestamps", 0.0
    async with _answer(http, "POST", path, params={"output_format": FORMAT}, json=body) as response:
        async for line in _lines(response):
            fields = parsed(line)
            pcm = sound(fields.get("audio_base64"))
            chars, starts_s = aligned(fields.get("alignment"), "characters", ("character_start_times_seconds",))
            yield Message(pcm=pcm, chars=chars, starts_s=[at_s - received_s for at_s in starts_s])
            received_s += len(pcm) / 2 / RATE
    yield Message(done=True)


async def clone(http: httpx.AsyncClient, name: str, clips: Sequence[Path], description: str) -> str:
    """An instant clone from recordings of one person, who has agreed; returns the new voice's id. Raises SynthesisError."""
    if not 1 <= len(clips) <= _MOST_CLIPS:
        raise SynthesizerFailed(f"a clone is made from 1 to {_MOST_CLIPS} clips, not {len(clips)}")
    files = [("files", (clip.name, await to_thread.run_sync(_clip, clip), "audio/wav")) for clip in clips]
    fields = {"name": name, "description": description, "remove_background_noise": "false"}
    async with _answer(http, "POST", "/v1/voices/add", data=fields, files=files, timeout=_CLONE_S) as response:
        answer = parsed(await _body(response))
    voice = answer.get("voice_id")
    if not isinstance(voice, str) or not voice:
        raise SynthesizerFailed("ElevenLabs made no clone: its answer has no voice_id")
    return voice


async def check_key(http: httpx.AsyncClient) -> None:
    """Raises SynthesizerUnavailable if the key is wrong, and SynthesisError if nothing answers."""
    async with _answer(http, "GET", "/v1/models"):
        pass


@asynccontextmanager
async def _answer(http: httpx.AsyncClient, method: str, path: str, **given: Any) -> AsyncGenerator[httpx.Response]:
    """A 2xx answer with JSON in it, or lines of JSON. Raises SynthesisError for every other one, and for none."""
    import httpx

    try:
        async with http.stream(method, path, **given) as response:
            kind = response.headers.get("content-type", "")
            if not response.is_success:
                raise refusal(response.status_code, await _body(response), kind)
            if not any(part in kind for part in ("json", "event-stream", "octet-stream")):
                raise SynthesizerFailed(
                    f"ElevenLabs' server answered with {plain(kind) or 'no content type'}; look at `base_url`"
                )
            yield response
    except httpx.HTTPError as error:
        told = plain(str(error)) or type(error).__name__
        raise SynthesizerFailed(f"no answer from {urlsplit(str(http.base_url)).netloc}: {told}") from error


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LONGEST_MESSAGE:
            break
    return bytes(body[:LONGEST_BODY] if not response.is_success else body)


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes]:
    rest = b""
    async for part in response.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.removeprefix(b"data:")
        if len(rest) > LONGEST_MESSAGE:
            raise SynthesizerFailed(f"ElevenLabs sent a line of more than {LONGEST_MESSAGE} bytes")
    if rest.strip():
        yield rest


def _clip(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LONGEST_CLIP:
            raise SynthesizerFailed(f"{path}: over {_LONGEST_CLIP // 1024 // 1024} MB; one or two minutes of speech are enough")
        return path.read_bytes()
    except OSError as error:
        raise SynthesizerFailed(f"{path}: {error.strerror or error}") from error
