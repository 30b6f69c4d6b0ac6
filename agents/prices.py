"""What Claude costs: USD per million tokens, as of 2026-10 (Claude's models overview page, read 2026-11-22)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import structlog

log = structlog.get_logger()
_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    input: Decimal
    output: Decimal
    cache_write: Decimal
    """Five-minute cache entries, the only ones we write."""
    cache_read: Decimal
    up_to: int | None = None
    """The longest prompt, in tokens, at this price; longer ones pay the next row."""


def _price(*usd: str, up_to: int | None = None) -> Price:
    return Price(*map(Decimal, usd), up_to=up_to)


# input, output, cache write, cache read; writes at 1.25 times the input where the page gives no figure
PRICES: Final[dict[str, tuple[Price, ...]]] = {
    "claude-haiku-5-5": (_price("0.10", "0.50", "0.125", "0.01", up_to=100_000), _price("0.50", "2.50", "0.625", "0.05")),
    "claude-haiku-4-5": (_price("1", "5", "1.25", "0.10"),),
    "claude-sonnet-5-5": (_price("2", "10", "2.50", "0.10"),),
    "claude-opus-5-5": (_price("4", "20", "5", "0.20"),),
    "claude-fable-5-1": (_price("10", "50", "12.50", "0.25"),),
}
CHARS_PER_TOKEN: Final = 4  # of English, roughly: for what Claude has not counted
DEAREST: Final = "claude-fable-5-1"


def is_known(model: str) -> bool:
    """Whether its price is in the table; else it is counted as the dearest."""
    return any(model == known or model.startswith(f"{known}-2") for known in PRICES)


@lru_cache(maxsize=64)
def _rows(model: str) -> tuple[Price, ...]:
    """A model's prices, dated ids included; cached, so that an unknown one warns once."""
    for known, rows in PRICES.items():
        if model == known or model.startswith(f"{known}-2"):
            return rows
    log.warning("price_unknown", model=model, counted_as=DEAREST, fix="add it to agents/prices.py")
    return PRICES[DEAREST]


def cost_usd(
    model: str,
    *,
    prompt_tokens: int,
    input_tokens: int = 0,
    output_tokens: int = 0,
    cache_write_tokens: int = 0,
    cache_read_tokens: int = 0,
) -> Decimal:
    """The exact cost. `prompt_tokens` is the whole prompt, cached or not: it decides the price of every token."""
    price = next(row for row in _rows(model) if row.up_to is None or prompt_tokens <= row.up_to)
    return (
        price.input * input_tokens
        + price.output * output_tokens
        + price.cache_write * cache_write_tokens
        + price.cache_read * cache_read_tokens
    ) / _MILLION
