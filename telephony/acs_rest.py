"""Telling Azure what to do with a call: the real SDK behind six verbs, its errors turned into ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from uuid import uuid4

import anyio
import anyio.to_thread
import structlog

from telephony.acs_settings import AcsSettings
from telephony.line import LineClosed, LineDown, LineError, LineRefused, Refusal

CONNECT_S: Final = 5.0  # the SDK's own limits are 300 s
READ_S: Final = 10.0
RETRIES: Final = 2  # of what azure-core retries at all: 500, 503, 504, and 429 with Retry-After
_GONE: Final = ("8522", "8528")  # no such call, call terminated

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """Answer the call that rings as `context`, or make the phone of `number` ring.

    Sent again, it connects nothing more and returns the same connection (OASIS Repeatable Requests 1.0).
    """

    callback_url: str
    media_url: str
    context: str = ""
    number: str = ""
    own_number: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))
    first_sent: str = field(default_factory=lambda: format_datetime(datetime.now(UTC), usegmt=True))


class CallControl:
    """The SDK's client. Every verb has its deadline in the SDK's timeouts; callers put their own around it."""

    def __init__(self, client: Any, sdk: Any) -> None:
        self._client = client
        self._sdk = sdk

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: AcsSettings) -> AsyncGenerator[CallControl]:
        client, sdk = await anyio.to_thread.run_sync(_make_client, settings)
        async with client:
            yield cls(client, sdk)

    async def connect(self, request: ConnectRequest) -> str:
        """The connection's id; empty if Azure did not say. Raises LineClosed (it rings no more), LineRefused, LineDown."""
        more = {
            "media_streaming": self._streaming(request.media_url),
            "headers": {"Repeatability-Request-ID": request.id, "Repeatability-First-Sent": request.first_sent},
        }
        with _converted():
            if request.context:
                call = await self._client.answer_call(request.context, request.callback_url, **more)
            else:
                number, own = map(self._sdk.PhoneNumberIdentifier, (request.number, request.own_number))
                call = await self._client.create_call(number, request.callback_url, source_caller_id_number=own, **more)
            return call.call_connection_id or ""

    async def reject(self, context: str, why: Refusal) -> None:
        """Raises LineClosed, LineRefused, LineDown."""
        with _converted():
            await self._client.reject_call(incoming_call_context=context, call_reject_reason=why.value)

    async def hang_up(self, connection_id: str) -> None:
        """End the call for everyone. Raises LineClosed, LineRefused, LineDown."""
        with _converted():
            await self._client.get_call_connection(connection_id).hang_up(is_for_everyone=True)

    async def send_tones(self, connection_id: str, number: str, raw_id: str, tones: list[str], context: str) -> None:
        """Press keys, named by their tones; callbacks about it carry `context`. Raises LineClosed, LineRefused, NotAnswered."""
        with _converted():
            who = self._sdk.PhoneNumberIdentifier(number, raw_id=raw_id)
            await self._client.get_call_connection(connection_id).send_dtmf_tones(tones, who, operation_context=context)

    async def check(self) -> None:
        """Ask for a call that does not exist: free, and it tells if our key is accepted. Raises LineRefused, LineDown."""
        with suppress(LineClosed), _converted():
            await self._client.get_call_connection("00000000-0000-0000-0000-000000000000").get_call_properties()

    def _streaming(self, media_url: str) -> Any:
        """Unmixed: only then are frames marked with who speaks, and our own sound is surely not among them."""
        return self._sdk.MediaStreamingOptions(
            transport_url=media_url,
            transport_type=self._sdk.StreamingTransportType.WEBSOCKET,
            content_type=self._sdk.MediaStreamingContentType.AUDIO,
            audio_channel_type=self._sdk.MediaStreamingAudioChannelType.UNMIXED,
            start_media_streaming=True,
            enable_bidirectional=True,
            audio_format=self._sdk.AudioFormat.PCM16_K_MONO,
            enable_dtmf_tones=True,
        )


def _make_client(settings: AcsSettings) -> tuple[Any, Any]:
    """In a thread: the import takes a fifth of a second, and azure-core asks `uname` in a process for its user agent."""
    from azure.communication import callautomation
    from azure.communication.callautomation import aio
    from azure.core.credentials import AzureKeyCredential

    client = aio.CallAutomationClient(
        settings.endpoint,
        AzureKeyCredential(settings.access_key.get_secret_value()),
        connection_timeout=CONNECT_S,
        read_timeout=READ_S,
        retry_total=RETRIES,
        use_env_settings=False,  # a proxy set for the browser breaks loopback
    )
    return client, callautomation


@contextmanager
def _converted() -> Generator[None]:
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        raise _refused(error) from error
    except AzureError as error:  # no connection, a time limit, a body the SDK cannot read
        raise LineDown(f"Azure cannot be reached: {type(error).__name__}") from error
    except (AttributeError, TypeError, ValueError) as error:  # an empty or odd body breaks inside the SDK
        raise LineDown(f"Azure answered with something its own SDK cannot read: {type(error).__name__}") from error


def _refused(error: Any) -> LineError:
    status, code = error.status_code or 0, getattr(error.error, "code", None) or ""  # 0: the connection broke off
    log.warning("acs_refused", status=status, code=code)
    if status == 404 or code in _GONE:
        return LineClosed(f"Azure knows no such call ({status} {code})")
    if status >= 500 or status in (0, 408, 429):
        return LineDown(f"Azure could not ({status} {code})")
    return LineRefused(f"Azure refused ({status} {code}); 401 or 403 mean the access key, or a number that is not ours")
