"""The public URL: does Azure, from outside, reach the server on this machine, and do WebSockets get through?

A running `pai-voice serve` is asked; where there is none, its routes are served for the moment of the check.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx2
from litestar import Litestar
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from telephony.acs import AcsListener
from telephony.acs_settings import AcsSettings
from telephony.serving import opened, served

NAME: Final = "public URL"
ASK_S: Final = 10.0
REFUSED: Final = 403  # what our media socket says to one without a token; a proxy that does not upgrade says 400, 404, 405 or 426


async def reached(settings: Settings) -> AsyncGenerator[Finding, None]:
    if settings.acs is None:
        yield Finding(NAME, "warn", "there is none: [acs] is not set", "set public_url in [acs]")
        return
    routes = AcsListener(settings.acs).routes
    async with AsyncExitStack() as stack:
        with suppress(OSError):  # the port is taken, most likely by the very server that is to answer
            application = served(
                lambda _url: Litestar(routes, openapi_config=None, logging_config=None),
                opened(settings.server.host, settings.server.port),
            )
            await stack.enter_async_context(application)
        yield await anyio.to_thread.run_sync(_webhook, settings.acs)
        yield await _socket(settings.acs)


def _webhook(acs: AcsSettings) -> Finding:
    """Event Grid's handshake: the code comes back only from a server that knows our secret."""
    code = secrets.token_hex(8)
    kind = "Microsoft.EventGrid.SubscriptionValidationEvent"
    event = {"id": code, "eventType": kind, "eventTime": datetime.now(UTC).isoformat(), "data": {"validationCode": code}}
    headers = {acs.webhook_header: acs.webhook_secret.get_secret_value()}
    url = f"{acs.public_url}/acs/events"
    try:
        answer = httpx2.post(url, json=[event], headers=headers, timeout=ASK_S, trust_env=_outside(acs))
        echoed: Any = answer.json() if answer.status_code == 200 else None
    except (httpx2.HTTPError, ValueError) as error:
        fix = (
            "start the tunnel or the proxy, see that the name resolves and the certificate is valid, and that it ends at our port"
        )
        return Finding(NAME, "broken", f"{url} does not answer as we do ({type(error).__name__})", fix)
    if echoed == {"validationResponse": code}:
        return Finding(NAME, "ok", f"{url} reaches this server")
    fix = "let the tunnel or the proxy end at host and port of [server], and pass headers on"
    return Finding(NAME, "broken", f"{url} answers {answer.status_code}: that is not this server, with this secret", fix)


async def _socket(acs: AcsSettings) -> Finding:
    url = f"{acs.media_url}/acs/media/doctor"
    fix = "let the proxy pass WebSockets on: HTTP/1.1, with the headers Upgrade and Connection"
    try:
        async with connect(url, open_timeout=ASK_S, proxy=True if _outside(acs) else None):
            return Finding(f"{NAME} upgraded", "broken", f"{url} takes a socket without a token: that is not this server", fix)
    except InvalidStatus as error:
        status = error.response.status_code
        if status == REFUSED:
            return Finding(f"{NAME} upgraded", "ok", "WebSockets get through, and one without a token is refused")
        return Finding(f"{NAME} upgraded", "broken", f"{url} answers {status} to a WebSocket", fix)
    except (OSError, InvalidHandshake) as error:
        return Finding(f"{NAME} upgraded", "broken", f"{url} takes no WebSocket ({type(error).__name__})", fix)


def _outside(acs: AcsSettings) -> bool:
    """Loopback is never behind a proxy."""
    return acs.public_url.startswith("https:")
