"""What Azure's lines cost: USD a minute, by the country of our own number.

Numbers as of 2022-01 (Azure's page of PSTN prices, local numbers; what calls out cost is for the same country), streaming as of
2024-12 (README of microsoft/call-center-ai, West Europe); both read 2026-11-22. They change, so there is a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

_STREAMING: Final = Decimal("0.004")


@dataclass(frozen=True, slots=True)
class Rate:
    """With the streaming of the sound."""

    inbound: Decimal
    outbound: Decimal


def _rate(inbound: str, outbound: str) -> Rate:
    return Rate(Decimal(inbound) + _STREAMING, Decimal(outbound) + _STREAMING)


FREE: Final = Rate(Decimal(0), Decimal(0))
RATES: Final[dict[str, Rate]] = {
    "+1": _rate("0.0085", "0.0130"),
    "+41": _rate("0.0100", "0.0234"),
    "+43": _rate("0.0100", "0.1550"),
    "+44": _rate("0.0090", "0.0150"),
    "+49": _rate("0.0100", "0.0150"),
}
USUAL: Final = _rate("0.0100", "0.0150")


def rate_of(number: str) -> Rate:
    """Of our own number, E.164; the usual one for a country that is not in the table."""
    return next((rate for prefix, rate in RATES.items() if number.startswith(prefix)), USUAL)


@dataclass
class Minutes:
    """What one call costs: each minute that has begun, on the loop's clock, from when it is up until it is over."""

    usd_per_minute: Decimal
    up_s: float | None = None
    over_s: float | None = None

    def usd(self, now_s: float) -> Decimal:
        if self.up_s is None:
            return Decimal(0)
        length_s = (now_s if self.over_s is None else self.over_s) - self.up_s
        return self.usd_per_minute * max(1, ceil(length_s / 60))
