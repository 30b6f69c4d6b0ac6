"""Azure Communication Services: does it accept our signature, and can we have the keys that prove it is Azure who calls?"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import anyio
import anyio.to_thread
import httpx2

from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.ready import lacks
from telephony.acs_rest import CallControl
from telephony.acs_settings import AcsSettings
from telephony.line import LineError

NAME: Final = "Azure"
ASK_S: Final = 15.0  # the SDK tries three times


async def azure(settings: Settings) -> AsyncGenerator[Finding, None]:
    """By the real SDK, with a request that is free of charge. What Azure refuses is a warning, as `serve` starts all the same."""
    for lack in lacks(settings):  # `serve` does not start without them
        yield Finding(lack.name, "broken", lack.what, lack.fix)
    if settings.acs is None:
        return
    yield await _signature(settings.acs)
    yield await anyio.to_thread.run_sync(_keys, settings.acs)
    yield _calls_back(settings.acs)
    if settings.admission.allow:
        yield Finding("admission", "ok", f"{len(settings.admission.allow)} on the list")


def _calls_back(acs: AcsSettings) -> Finding:
    if acs.phone_number is None:
        fix = 'set phone_number in [acs] to the number of the resource: "+15550199"'
        return Finding("call-back", "warn", "nobody is called when work is done: we have no number to call from", fix)
    return Finding("call-back", "ok", f"from {acs.phone_number}, when work is done")


async def _signature(acs: AcsSettings) -> Finding:
    try:
        with anyio.fail_after(ASK_S):
            async with CallControl.open(acs) as control:
                await control.check()
    except LineError as error:
        return Finding(NAME, "warn", f"{acs.endpoint}: {error}", "copy endpoint and primary key from the resource's Keys page")
    except TimeoutError:
        return Finding(
            NAME, "warn", f"{acs.endpoint} did not answer in {ASK_S:.0f} s", "see that the endpoint is right, and the network"
        )
    return Finding(NAME, "ok", f"{acs.endpoint} accepts our signature")


def _keys(acs: AcsSettings) -> Finding:
    try:
        answer = httpx2.get(acs.jwks_url, timeout=ASK_S, trust_env=not acs.jwks_url.startswith("http:"))
        answer.raise_for_status()
        count = len(answer.json()["keys"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        fix = "without them no callback is believed: see jwks_url in [acs], and the network"
        return Finding(f"{NAME}'s keys", "warn", f"{acs.jwks_url} gives none ({type(error).__name__})", fix)
    return Finding(f"{NAME}'s keys", "ok", f"{count} at {acs.jwks_url}")
