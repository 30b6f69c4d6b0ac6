"""Chatterbox, and every other server that speaks OpenAI's audio dialect: one sentence per request, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any, Final, Literal

import anyio
import httpx2
import structlog
from anyio import to_thread
from pydantic import Field, SecretStr, field_validator

from voices.engine import Engine, EngineSettings, options_of
from voices.engines.chatterbox_options import ChatterboxOptions
from voices.engines.speech_answer import refusal, sounds
from voices.synthesis import Rendering, Sound, Synthesizer, SynthesizerFailed

_log = structlog.get_logger(__name__)

_START: Final = "start it with `pai-voice speech-server`, or correct url in [voices.chatterbox]"
_TIMEOUT: Final = httpx2.Timeout(30.0, connect=1.0)  # the catalogue is less patient, and cancels
_LIMITS: Final = httpx2.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=240)
_WARM_S: Final = 3.0
_SENT: Final = ("exaggeration", "cfg_weight", "temperature", "seed")


class ChatterboxSettings(EngineSettings):
    """`[voices.chatterbox]`."""

    url: str = Field(default="", description="The speech server: http://127.0.0.1:8092 is what `pai-voice speech-server` serves.")
    key: SecretStr = Field(default=SecretStr(""), description="Its bearer key, where it wants one.")
    model: str = Field(default="chatterbox", min_length=1, max_length=200, description="What the requests name as the model.")
    format: Literal["wav", "pcm"] = Field(
        default="wav", description="pcm comes as it is made: for a server that streams it. wav is understood by all."
    )
    rate: int = Field(default=24_000, ge=8_000, le=96_000, description="Of pcm, where the server does not say.")

    @field_validator("url")
    @classmethod
    def _a_server(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError("is an address such as http://127.0.0.1:8092")
        return url.rstrip("/").removesuffix("/v1")


def missing(settings: object) -> str | None:
    if isinstance(settings, ChatterboxSettings) and settings.url:
        return None
    return "no server is set: start `pai-voice speech-server` and set url in [voices.chatterbox]"


class ChatterboxSynthesizer:
    """Speaks as soon as sound comes. A sentence that the server sends whole is spoken only if all of it arrived.

    Cancelling closes the request, and our own server then stops making the sentence. Nothing is asked twice.
    """

    name = "chatterbox"

    def __init__(self, settings: ChatterboxSettings) -> None:
        self._settings = settings
        self._client: httpx2.AsyncClient | None = None
        self._making = anyio.Lock()

    async def warm(self) -> None:
        """Open the connection. A server that is down, or still loads, is told in the log only: it may come while calls run."""
        http = await self._http()
        try:
            with anyio.fail_after(_WARM_S):
                answer = await http.get("/health")
                if answer.status_code == 404:  # not all servers have it
                    answer = await http.get("/v1/models")
        except (httpx2.HTTPError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("speech_server_unreachable", url=self._settings.url, error=reason, fix=_START)
        else:
            if answer.status_code >= 400:
                _log.warning("speech_server_not_ready", url=self._settings.url, status=answer.status_code)

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        options = options_of(rendering, ChatterboxOptions)
        # Of the same length, so that marks point into the text as it was given.
        plain = "".join(char if char.isprintable() else " " for char in text)
        if not any(map(str.isalnum, plain)):
            return
        http = await self._http()
        try:
            async with http.stream("POST", "/v1/audio/speech", json=self._body(plain, options, rendering)) as response:
                if response.status_code != 200:
                    raise await refusal(response, options.voice or rendering.voice, rendering.voice)
                async for sound in sounds(response, plain, rendering, self._settings.rate):
                    yield sound
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise SynthesizerFailed(f"no speech server answers at {self._settings.url}; {_START}") from error
        except httpx2.TimeoutException as error:
            raise SynthesizerFailed(f"{self._settings.url} sends nothing for {_TIMEOUT.read:g} s") from error
        except httpx2.HTTPError as error:
            raise SynthesizerFailed(f"{self._settings.url} broke off: {str(error) or type(error).__name__}") from error

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.aclose()

    def _body(self, text: str, options: ChatterboxOptions, rendering: Rendering) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "input": " ".join(text.split()),
            "voice": options.voice or rendering.voice,
            "response_format": self._settings.format,
        }
        if rendering.speed != 1.0:
            body["speed"] = rendering.speed
        return body | {name: value for name in _SENT if (value := getattr(options, name)) is not None}

    async def _http(self) -> httpx2.AsyncClient:
        async with self._making:
            if self._client is None:
                self._client = await to_thread.run_sync(self._connected)  # reads certificates
        return self._client

    def _connected(self) -> httpx2.AsyncClient:
        key = self._settings.key.get_secret_value()
        return httpx2.AsyncClient(
            base_url=self._settings.url,
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=self._settings.url.startswith("https:"),  # no proxy reaches this machine or this network
        )


ENGINE: Final[Engine[Synthesizer]] = Engine(
    "chatterbox",
    "synthesizer",
    ChatterboxSynthesizer,
    missing,
    settings=ChatterboxSettings,
    options=ChatterboxOptions,
    any_voice=True,
    marking="Chatterbox's PerTh watermark is in all of it; another server behind this client marks as it does.",
)
