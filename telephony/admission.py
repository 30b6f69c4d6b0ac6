"""Who may call, how many at once, for how long, for how much, and with which PIN. Pure: time and money come in as arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import anyio
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from agents import bounds
from telephony.line import Refusal
from telephony.pin_tries import Book, Kept, PinVerdict, Rules, judge
from telephony.spoken_digits import spoken_keys


class AdmissionPolicy(BaseModel):
    """Deny by default: nobody is on the list until somebody is put there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    region: str | None = Field(default=None, description="Country of numbers without a country code: AT, US, GB …")
    allow: tuple[str, ...] = Field(default=(), description="Who may call, in any usual spelling; kept as E.164.")
    owners: tuple[str, ...] = Field(
        default=(), description="Whose house it is, of those who may call; the first of `allow` if left out."
    )
    say_ai: bool = Field(
        default=True, description="Whether a call with anybody but the owners begins with the word that an AI speaks."
    )
    max_calls: int = Field(default=4, ge=1, le=200, description="Calls at the same time; more hear the busy tone.")
    max_minutes: float = Field(default=60, gt=0, description="The longest call.")
    max_usd_per_call: Decimal = Field(default=Decimal(2), gt=0)
    max_usd_per_day: Decimal = Field(default=Decimal(10), gt=0)

    pin: SecretStr | None = Field(default=None, description="4 to 12 digits.")
    pin_mode: Literal["never", "risky", "always"] = Field(
        default="risky",
        description="When the PIN is asked for: never, before the first risky thing in a call, or at the start of every call.",
    )
    pin_tries: int = Field(default=3, ge=1, le=10)
    pin_rest_s: float = Field(
        default=900,
        gt=0,
        description="How long no PIN is taken from a number after so many wrong ones; twice as long each time, up to a day, "
        "or up to four hours from a number that has given the right one.",
    )

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str | None) -> str | None:
        if region is None:
            return None
        from phonenumbers import SUPPORTED_REGIONS

        if region.upper() not in SUPPORTED_REGIONS:
            raise ValueError(f"`{region}` is no country; write two letters, like AT or US")
        return region.upper()

    @field_validator("allow", "owners")
    @classmethod
    def _numbers(cls, allow: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e164(number, info.data.get("region")) for number in allow))

    @field_validator("pin")
    @classmethod
    def _digits(cls, pin: SecretStr | None) -> SecretStr | None:
        if pin is not None and not re.fullmatch("[0-9]{4,12}", pin.get_secret_value(), re.ASCII):
            raise ValueError("a PIN is 4 to 12 digits, in quotes, so that a leading zero stays")
        return pin

    @model_validator(mode="after")
    def _owners_may_call(self) -> AdmissionPolicy:
        if strangers := set(self.owners) - set(self.allow):
            raise ValueError(f"`owners` has {min(strangers)}, which is not in `allow`; add it there, or take it out here")
        return self

    @model_validator(mode="after")
    def _asks_for_what_there_is(self) -> AdmissionPolicy:
        if self.pin_mode == "always" and self.pin is None:
            raise ValueError("pin_mode is `always`, but there is no `pin`; set one, or use another mode")
        return self

    def must_say_ai(self, number: str) -> bool:
        """Whether who has that number is to be told that an AI speaks (EU AI Act, article 50)."""
        return self.say_ai and number not in (self.owners or self.allow[:1])


def e164(number: str, region: str | None = None) -> str:
    """A phone number in any usual spelling as `+` and digits. Raises ValueError, which says what is missing."""
    if len(number) > bounds.NUMBER_CHARS:
        raise ValueError(f"`{number[:20]}…` is no phone number: it has {len(number):,} characters; write it like +43 1 2345678")
    import phonenumbers  # 30 ms, and it reads each country's data on first use: at start, never during a call

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise ValueError(f"`{number}` needs a country code: write +43…, or set `region`") from None
        raise ValueError(f"`{number}` is no phone number; write it like +43 1 2345678") from None
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError(f"`{number}` has too few or too many digits for its country")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class Admitted:
    """In."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Out: what the carrier is told, and the reason for our journal."""

    why: Refusal
    reason: str


class Admission:
    """The door: counts the calls of those who may call, and judges their PINs. Times are one clock's seconds."""

    def __init__(self, policy: AdmissionPolicy, tries: Kept | None = None, clock: Callable[[], float] | None = None) -> None:
        """`tries`: where wrong PINs are kept; in memory, if left out. `clock`: the loop's, if left out."""
        self.policy = policy
        self.book = Book()
        """Of wrong PINs, as far as it is known here."""
        self.tries = tries
        self.clock = clock or anyio.current_time
        self._calls = 0

    @contextmanager
    def calling(self, caller: str) -> Generator[None]:
        """Count a call for as long as this lasts, from ringing on; one of somebody not on the list takes no place."""
        places = 1 if caller in self.policy.allow else 0
        self._calls += places
        try:
            yield
        finally:
            self._calls -= places

    def check(self, caller: str, *, spent_today: Decimal, now_s: float | None = None) -> Admitted | Refused:
        """Whether a call that rings, and is already counted by `calling`, may be answered; `caller` as a Line says it.

        Wrong PINs keep nobody out, at whatever time (`now_s`), for a number can be forged: what needs the PIN is not done then.
        """
        if caller not in self.policy.allow:
            return Refused(
                Refusal.FORBIDDEN, "the number is hidden" if caller == "anonymous" else "the number is not on the list"
            )
        if self._calls > self.policy.max_calls:
            return Refused(Refusal.BUSY, f"there are {self.policy.max_calls} calls already")
        if spent_today >= self.policy.max_usd_per_day:
            return Refused(Refusal.BUSY, f"today's budget of {self.policy.max_usd_per_day} USD is spent")
        return Admitted()

    @property
    def asks_for_pin(self) -> bool:
        """Whether a call begins with the PIN."""
        return self.policy.pin_mode == "always"

    @property
    def guards_risk(self) -> bool:
        """Whether risky things need the PIN, once in the call."""
        return self.policy.pin is not None and self.policy.pin_mode != "never"

    def judge(self, caller: str, answer: str, *, now_s: float) -> PinVerdict:
        """A PIN, keyed in or spoken, by the book that is known here; see `pin_tries.judge`."""
        return judge(self.book, self.rules, caller, spoken_keys(answer), now_s) if caller in self.policy.allow else "locked"

    @property
    def rules(self) -> Rules:
        """What a PIN is judged by."""
        policy = self.policy
        owners = frozenset(policy.owners or policy.allow[:1])
        return Rules(policy.pin.get_secret_value() if policy.pin else "", policy.pin_tries, policy.pin_rest_s, owners)
