"""`pai-voice emulate acs`: a small Azure on loopback, and the settings that make `pai-voice serve` its server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from orchestrator.config import FILE, Settings
from orchestrator.dialling import check_address, check_numbers
from telephony.acs_emulator import EMULATOR_KEY, EmulatorSettings, run_emulator
from telephony.acs_settings import AcsSettings

EVENTS: Final = "/acs/events"


async def emulate(
    settings: Settings, port: int, events_url: str | None, caller: str, number: str, say: Callable[[str], object]
) -> None:
    """Until cancelled. `say` gets a whole `pai-voice.toml`, for that `caller` and with our own `number`; a secret that is set
    already is used, and not told again.

    Events go to the server of the settings, unless `events_url` names another.
    Raises OSError when the port is taken; NoEmulator, NothingToSay.
    """
    check_numbers((caller, number))
    if events_url:
        check_address("--events", events_url, f"http://127.0.0.1:8060{EVENTS}")
    ours = settings.acs if settings.acs and settings.acs.endpoint.startswith("http:") else None  # never a real resource's
    secret = ours.webhook_secret.get_secret_value() if ours else secrets.token_urlsafe(32)
    events_url = events_url or f"http://127.0.0.1:{settings.server.port}{EVENTS}"
    header = ours.webhook_header if ours else AcsSettings.model_fields["webhook_header"].default
    emulated = EmulatorSettings(port=port, events_url=events_url, events_headers={header: SecretStr(secret)})

    def ready(url: str) -> None:
        say(_file(url, emulated, None if ours else secret, caller, number))

    await run_emulator(emulated, ready)


def _file(url: str, emulated: EmulatorSettings, secret: str | None, caller: str, number: str) -> str:
    public = urlsplit(emulated.events_url or "")
    port = f"\n[server]\nport = {public.port or 80}\n" if public.scheme == "http" else ""  # else a proxy knows it
    known = "# webhook_secret: the one that is set already" if secret is None else f'webhook_secret = "{secret}"'
    return f"""\
# Emulated ACS at {url}. With this in {FILE}, `pai-voice serve` answers it, and this rings it:
#   pai-voice dial --emulator {url} --from {caller} --text "Hello Kai"
{port}
[acs]
endpoint = "{url}"
access_key = "{EMULATOR_KEY}"
audience = "{emulated.resource_id}"
jwks_url = "{url}/calling/keys"
{known}
phone_number = "{number}"
public_url = "{public.scheme}://{public.netloc}"

[admission]
allow = ["{caller}"]
"""
