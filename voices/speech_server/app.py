"""The server's HTTP side: OpenAI's audio dialect, a health page and the list of voices."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Final, Literal, TypeVar

import anyio
import structlog
from anyio import to_thread
from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.response import Stream
from litestar.types import Message, Scope
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voices.speech_server.disconnect import until_gone
from voices.speech_server.ears import Ears
from voices.speech_server.model import BadRequest, SentenceFailed, ServerError, Style, WrongKey
from voices.speech_server.sentences import sentences
from voices.speech_server.wav import wav
from voices.speech_server.worker import Worker

_log = structlog.get_logger(__name__)
T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]

_LARGEST_JSON: Final = 64_000  # bytes: 4,096 characters, each escaped
_LARGEST_UPLOAD: Final = 25_000_000  # bytes, as at OpenAI
_PAUSE_S: Final = 0.15  # between two sentences of one request


class SpeechRequest(BaseModel):
    """The body of /v1/audio/speech. Keys of others' dialects are ignored."""

    model_config = ConfigDict(frozen=True)

    input: str = Field(min_length=1, max_length=4_096)
    voice: str = Field(min_length=1, max_length=100)
    model: str = Field(default="", max_length=200, description="Taken as it is: there is only one.")
    response_format: Literal["wav", "pcm"] = "wav"
    speed: float | None = Field(default=None, ge=0.5, le=2)
    exaggeration: float | None = Field(default=None, ge=0, le=2)
    cfg_weight: float | None = Field(default=None, ge=0, le=1)
    temperature: float | None = Field(default=None, ge=0.05, le=2)
    seed: int | None = Field(default=None, ge=0, lt=2**31)

    def style(self, usual: Style) -> Style:
        """As the voice speaks, but for what the request says."""
        asked = self.model_dump(include={"speed", "exaggeration", "cfg_weight", "temperature", "seed"}, exclude_none=True)
        kept = {name: getattr(usual, name) for name in Style.__dataclass_fields__}
        return Style(**{**kept, **asked})


def application(worker: Worker, *, key: str = "", ears: Ears | None = None) -> Litestar:
    """The ASGI application. With a `key`, all but /health wants it as a bearer token. The worker runs beside it."""

    def admit(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        given = connection.headers.get("authorization", "")
        if key and not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            raise WrongKey("the key is missing or wrong; send it as `Authorization: Bearer …`")

    @get("/health", guards=[])
    async def health() -> Response[Any]:
        """200 when it can speak at once, 503 while it loads."""
        model, ready = worker.model, worker.ready.is_set()
        state = {
            "ready": ready,
            "loaded": model is not None,
            "model": model.key if model else None,
            "device": model.device if model else None,
            "memory_bytes": model.memory_bytes() if model else None,
            "queue": worker.waiting,
            "voices": sorted(await to_thread.run_sync(worker.shelf.voices)),
        }
        return Response(state, status_code=200 if ready else 503)

    @get("/v1/audio/voices", guards=[admit])
    async def voices() -> dict[str, list[str]]:
        return {"voices": sorted(await to_thread.run_sync(worker.shelf.voices))}

    @post("/v1/audio/speech", guards=[admit], status_code=200, request_max_body_size=_LARGEST_JSON)
    async def speech(request: AnyRequest) -> Response[Any]:
        asked = _speech_request(await request.body())
        voice = await to_thread.run_sync(worker.shelf.voice, asked.voice)
        pieces = [piece for piece in sentences(asked.input) if any(map(str.isalnum, piece))]
        if not pieces:
            raise BadRequest("there is nothing to say: `input` has no letter or digit", "input")
        style = asked.style(voice.style)

        async def made() -> AsyncGenerator[tuple[bytes, int]]:
            for number, piece in enumerate(pieces):
                pcm, rate = await worker.speak(piece, voice, style)
                yield (bytes(int(_PAUSE_S * rate) * 2) if number else b"") + pcm, rate

        if asked.response_format == "wav" or len(pieces) == 1:
            return _whole(asked.response_format, await _until_gone(request, lambda: _all(made())))
        rest = made()
        first, rate = await _until_gone(request, lambda: anext(rest))
        return Stream(_streamed(first, rest), media_type="audio/pcm", headers={"x-sample-rate": str(rate)})

    @post("/v1/audio/transcriptions", guards=[admit], status_code=200, request_max_body_size=_LARGEST_UPLOAD)
    async def transcriptions(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        upload = form.get("file")
        content = await upload.read() if isinstance(upload, UploadFile) else b""
        await form.close()
        if ears is None:
            raise BadRequest("this server does not transcribe; start it with --ears MODEL")
        if not content:
            raise BadRequest("send the sound as a file in the field `file`", "file")
        wanted = str(form.get("response_format") or "json")
        if wanted not in ("json", "text"):
            raise BadRequest("response_format is json or text", "response_format")
        prompt, language = str(form.get("prompt") or "")[:1_000], str(form.get("language") or "")
        text = await _until_gone(request, partial(ears.transcribe, content, prompt=prompt, language=language))
        return Response(text, media_type="text/plain") if wanted == "text" else Response({"text": text})

    return Litestar(
        [health, voices, speech, transcriptions],
        exception_handlers={ServerError: _refusal, HTTPException: _refusal, Exception: _refusal},
        openapi_config=None,
        logging_config=None,
        before_request=_begin,
        before_send=[_with_id],
        after_response=_end,
    )


def _speech_request(body: bytes) -> SpeechRequest:
    try:
        return SpeechRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        raise BadRequest(f"{where or 'the body'}: {first['msg']}", where) from None


async def _all(made: AsyncGenerator[tuple[bytes, int]]) -> tuple[bytes, int]:
    pieces = [piece async for piece in made]
    return b"".join(pcm for pcm, _ in pieces), pieces[0][1]


def _whole(wanted: Literal["wav", "pcm"], sound: tuple[bytes, int]) -> Response[bytes]:
    """With its length, so that the client knows a transfer that broke off."""
    pcm, rate = sound
    content = wav(pcm, rate) if wanted == "wav" else pcm
    return Response(content, media_type=f"audio/{wanted}", headers={"x-sample-rate": str(rate)})


async def _streamed(first: bytes, rest: AsyncGenerator[tuple[bytes, int]]) -> AsyncGenerator[bytes]:
    """A failure breaks the transfer off, which is all that can be said after the headers."""
    async with aclosing(rest):
        yield first
        async for pcm, _ in rest:
            yield pcm


async def _until_gone(request: AnyRequest, work: Callable[[], Awaitable[T]]) -> T:
    """The work's result; the work is cancelled when the client hangs up. Raises what the work raises."""
    async with until_gone(request.receive):
        return await work()
    raise SentenceFailed("the client hung up")


def _id(scope: Scope) -> str:
    """In the log and in the answer, so that one is found by the other."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state.setdefault("request_id", uuid.uuid4().hex[:12])


async def _begin(request: AnyRequest) -> None:
    request.state.began = anyio.current_time()


async def _with_id(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (b"x-request-id", _id(scope).encode())]


async def _end(request: AnyRequest) -> None:
    took_s = round(anyio.current_time() - request.state.began, 3)
    _log.info("request", id=_id(request.scope), path=request.url.path, took_s=took_s)


def _refusal(request: AnyRequest, error: Exception) -> Response[Any]:
    """In the shape of OpenAI's errors."""
    match error:
        case ServerError():
            status, kind, code, param = error.status, error.kind, error.code, error.param
            message = str(error)
        case HTTPException():
            status, kind, code, param = error.status_code, "invalid_request_error", "bad_request", None
            message = error.detail
        case _:
            status, kind, code, param = 500, "server_error", "server_error", None
            message = f"the server failed: {type(error).__name__}"
            _log.error("request_failed", exc_info=error)
    _log.info("refused", id=_id(request.scope), path=request.url.path, status=status, code=code)
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Response(body, status_code=status, media_type="application/json")
