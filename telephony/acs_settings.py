"""What the Azure Communication Services line needs to know, checked once, at start."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from telephony.prices import FREE, rate_of

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1", re.ASCII)


def _https(url: str) -> str:
    """Without a slash at the end: the SDK would sign another host than it calls."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("an address like https://voice.example.org is needed") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address like https://voice.example.org is needed")
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname):
        raise ValueError("http is for loopback only; Azure and we talk https")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("an address without user, query or fragment is needed")
    return url.rstrip("/")


def _base64(key: SecretStr) -> SecretStr:
    try:
        if not b64decode(key.get_secret_value(), validate=True):
            raise ValueError("the access key is empty; copy `Primary key` from the resource's Keys page")
    except binascii.Error:
        raise ValueError("the access key is not base64; copy `Primary key`, not the connection string") from None
    return key


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 16:
        raise ValueError("the secret needs at least 16 characters; make one with `openssl rand -hex 32`")
    return secret


Address = Annotated[str, AfterValidator(_https)]


class AcsSettings(BaseModel):
    """One ACS resource and how it reaches us."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: Address = Field(description="The resource's endpoint: https://<name>.<region>.communication.azure.com.")
    access_key: Annotated[SecretStr, AfterValidator(_base64)] = Field(description="The resource's primary or secondary key.")
    public_url: Address = Field(description="Where Azure reaches this server: https, or http on loopback.")
    phone_number: str | None = Field(
        default=None, pattern=r"^\+[1-9][0-9]{5,14}$", description="Our own number: +4312345670; needed for calling out only."
    )

    webhook_secret: Annotated[SecretStr, AfterValidator(_long)] = Field(
        description="Event Grid sends it in a header of the delivery (set there as a secret delivery property)."
    )
    webhook_header: str = Field(
        default="x-pai-voice-secret", pattern=r"^[A-Za-z0-9-]{1,64}$", description="A header's name: letters, digits and -."
    )
    max_event_age_s: float = Field(default=60, gt=0, description="A ringing call older than this is not answered any more.")

    audience: str = Field(min_length=1, description="`aud` of Azure's tokens: the resource's immutable resource id (a GUID).")
    issuer: str = "https://acscallautomation.communication.azure.com"
    jwks_url: Address = "https://acscallautomation.communication.azure.com/calling/keys"
    leeway_s: float = Field(default=60, ge=0, le=300, description="How far Azure's clock and ours may be apart.")
    socket_jwt: Literal["require", "accept_if_valid", "off"] = Field(
        default="require",
        description="Azure's token on the media socket; our own per-call token is always needed. "
        "accept_if_valid: none is fine, a wrong one is not.",
    )

    answer_s: float = Field(default=10, gt=0, description="From answering to sound, at most.")
    media_s: float = Field(default=5, gt=0, description="From a connected call to its sound, at most.")
    ring_s: float = Field(default=30, gt=0, description="How long a phone that we call may ring.")

    usd_per_minute_in: Decimal | None = Field(
        default=None, ge=0, description="What a minute costs that we are called, with streaming; by our number if left out."
    )
    usd_per_minute_out: Decimal | None = Field(default=None, ge=0, description="And one that we call.")

    def usd_per_minute(self, number: str, *, outbound: bool) -> Decimal:
        """Of a call with that number of ours; an emulator takes nothing."""
        own = self.usd_per_minute_out if outbound else self.usd_per_minute_in
        usual = FREE if self.endpoint.startswith("http:") else rate_of(number)
        return own if own is not None else usual.outbound if outbound else usual.inbound

    @property
    def media_url(self) -> str:
        """`public_url` for WebSockets: wss, or ws on loopback."""
        return "ws" + self.public_url.removeprefix("http")
