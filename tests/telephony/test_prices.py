"""What a line costs, by hand-made sums."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telephony.prices import Minutes


@pytest.mark.parametrize(
    ("up_s", "over_s", "now_s", "minutes"),
    [
        (None, None, 100.0, 0),
        (None, 90.0, 100.0, 0),
        (100.0, None, 100.0, 1),
        (100.0, None, 160.0, 1),
        (100.0, None, 160.1, 2),
        (100.0, 150.0, 500.0, 1),
        (100.0, 3_700.0, 3_800.0, 60),
    ],
)
def test_each_minute_that_has_begun_is_paid(up_s: float | None, over_s: float | None, now_s: float, minutes: int) -> None:
    assert Minutes(Decimal("0.014"), up_s, over_s).usd(now_s) == minutes * Decimal("0.014")
