"""What the small Azure can be told: once at start, for each call, and for each fault."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# Well known on purpose, like Azurite's: whoever reaches the emulator may use it. Base64, as the SDK's HMAC wants it.
EMULATOR_KEY: Final = "cGFpLXZvaWNlIGEgc21hbGwgQXp1cmUgb24gbG9vcGJhY2s="
RESOURCE_ID: Final = "5e1f0c1a-7d52-4b0e-9d37-2f1c7f6f9a10"
ISSUER: Final = "https://acscallautomation.communication.azure.com"
API_VERSIONS: Final = ("2023-03-06", "2023-10-15", "2024-04-15", "2024-09-15", "2025-05-15", "2025-06-15", "2026-03-12")

TokenMode = Literal["valid", "missing", "expired", "wrong_audience", "wrong_issuer", "wrong_key", "unsigned"]
Moments = Annotated[float, Field(ge=0, le=3_600)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CallOptions(_Frozen):
    """How one call misbehaves. The default is Azure on a good day."""

    # Event Grid
    anonymous: bool = False
    display_name: str = ""
    kind: str = Field(default="phoneNumber", description="spelling of the identifier's kind; Azure's own docs differ")
    deliveries: int = Field(default=1, ge=1, le=10, description="how often IncomingCall arrives")
    batched: bool = Field(default=False, description="all in one POST, behind an event nobody asked for")
    delay_s: Moments = 0.0
    age_s: Moments = Field(default=0.0, description="how long ago the event says it happened")
    ring_s: Moments = 60.0
    # Callbacks and sockets
    socket_first: bool = Field(default=True, description="the media socket opens before CallConnected, as seen in the wild")
    socket_closes_first: bool = Field(default=True, description="at the end: the socket closes before CallDisconnected")
    callback_copies: int = Field(default=1, ge=1, le=10)
    callbacks_reordered: bool = Field(default=False, description="pairs change places; CallDisconnected stays last")
    callback_token: TokenMode = "valid"
    socket_token: TokenMode = "valid"
    tones_fail: bool = Field(default=False, description="keys that our server presses do not get through")
    # Sound
    silent_data: Literal["zeros", "empty", "absent"] = "zeros"
    digit_form: Literal["character", "word"] = Field(default="character", description="`#` or `pound` in DtmfData")
    jitter_s: float = Field(default=0.0, ge=0, le=1, description="each frame leaves up to this much late, in order")


class EmulatorSettings(_Frozen):
    """The resource: where it listens, what it calls, and which keys and identity it has."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535, description="0 takes a free one")
    access_key: SecretStr = SecretStr(EMULATOR_KEY)
    resource_id: str = RESOURCE_ID
    issuer: str = ISSUER
    events_url: str | None = Field(default=None, description="the Event Grid subscription's webhook")
    events_headers: dict[str, SecretStr] = Field(default={}, description="delivery properties, e.g. the shared secret")
    keep_calls: int = Field(default=200, ge=1, description="calls remembered with their sound, oldest forgotten first")
    outbound: CallOptions = Field(default=CallOptions(), description="how the calls behave that our server makes")


class Fault(_Frozen):
    """What one REST operation does instead of its duty, the next `times` times it is asked.

    `status` answers with that error and does nothing; `slow` waits first; `late` does it and answers after `seconds`;
    `drop` does nothing and cuts the connection; `lost` does it and cuts the connection.
    """

    operation: str = Field(description="as in the log (`answer`, `hang_up`, …), or `*`")
    kind: Literal["status", "slow", "late", "drop", "lost"] = "status"
    status: int = Field(default=503, ge=400, le=599)
    code: str = "8500"
    retry_after_s: int | None = Field(default=None, ge=0)
    seconds: Moments = 1.0
    times: int = Field(default=1, ge=1)
