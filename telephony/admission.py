"""Who may call, how many at once, for how long, for how much, and with which PIN. Pure: time and money come in as arguments."""

from __future__ import annotations

import hmac
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from telephony.line import Refusal

PinVerdict = Literal["passed", "wrong", "unclear", "locked"]


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
    pin_rest_s: float = Field(default=900, gt=0, description="How long a number is refused after so many wrong tries.")

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


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    rests_until_s: float = 0.0


class Admission:
    """The door: counts the calls of those who may call, and remembers who got the PIN wrong. Times are one clock's seconds."""

    def __init__(self, policy: AdmissionPolicy) -> None:
        self.policy = policy
        self._tries = {number: _Tries() for number in policy.allow}
        self._calls = 0

    @contextmanager
    def calling(self, caller: str) -> Generator[None]:
        """Count a call for as long as this lasts, from ringing on; one of somebody not on the list takes no place."""
        places = 1 if caller in self._tries else 0
        self._calls += places
        try:
            yield
        finally:
            self._calls -= places

    def check(self, caller: str, *, now_s: float, spent_today: Decimal) -> Admitted | Refused:
        """Whether a call that rings, and is already counted by `calling`, may be answered; `caller` as a Line says it."""
        if caller not in self._tries:
            return Refused(
                Refusal.FORBIDDEN, "the number is hidden" if caller == "anonymous" else "the number is not on the list"
            )
        if now_s < self._tries[caller].rests_until_s:
            return Refused(Refusal.FORBIDDEN, "too many wrong PINs; the number rests")
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
        """A PIN, keyed in or spoken. What is not mainly digits is `unclear`, and no try. `locked` starts the number's rest."""
        tries = self._tries.get(caller)
        if tries is None or now_s < tries.rests_until_s:
            return "locked"
        keys = spoken_keys(answer)
        if not keys:
            return "unclear"
        pin = self.policy.pin.get_secret_value() if self.policy.pin else ""
        if pin and hmac.compare_digest(keys.encode(), pin.encode()):
            tries.wrong = 0
            return "passed"
        tries.wrong += 1
        if tries.wrong < self.policy.pin_tries:
            return "wrong"
        tries.wrong, tries.rests_until_s = 0, now_s + self.policy.pin_rest_s
        return "locked"


# --- spoken digits ----------------------------------------------------------------------------------------------------

_UNITS: Final = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "null": "0",
    "one": "1", "two": "2", "to": "2", "too": "2", "three": "3", "four": "4", "for": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TEENS: Final = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS: Final = {
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8", "ninety": "9",
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3}
_ALSO_WORDS: Final = ("to", "too", "for", "o", "oh")  # digits only beside other digits
_AROUND: Final = {
    "my", "the", "a", "pin", "code", "number", "is", "it's", "it", "that's", "that", "this", "and", "then", "please", "um", "uh",
    "er", "hm", "okay", "ok", "yes", "yeah", "well", "so", "sure", "here", "now", "sorry", "thanks", "thank", "you",
    "pressed", "keys",
}  # fmt: skip


def spoken_keys(text: str) -> str:
    """The digits in what was keyed in or said: `1 2 3 4`, `one two three four`, `double five oh`, `twelve thirty-four`.

    Nothing where it is not mainly digits: `wait for it` is no four.
    """
    words = re.findall(r"[0-9]|[a-z]+(?:'[a-z]+)?", text.lower())
    numbers = [_is_number(*around) for around in zip(["", *words], words, [*words[1:], ""], strict=False)]
    others = sum(not number and word not in _AROUND for word, number in zip(words, numbers, strict=True))
    if sum(numbers) < 2 * others:
        return ""
    keys, times = "", 1
    for (word, after), number in zip(pairwise([*words, ""]), numbers, strict=True):
        digits = _digits(word, after) if number else ""
        keys += digits * times
        times = 1 if digits else _TIMES.get(word, times)
    return keys


def _is_number(before: str, word: str, after: str) -> bool:
    if word not in _ALSO_WORDS:
        return word in _TIMES or bool(_digits(word, after))
    return any(beside in _TIMES or _digits(beside, "") for beside in (before, after))


def _digits(word: str, after: str) -> str:
    if word in _TENS:
        return _TENS[word] if _UNITS.get(after, "0") != "0" else _TENS[word] + "0"
    return word if word.isdigit() else _UNITS.get(word) or _TEENS.get(word, "")
