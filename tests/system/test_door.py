"""A call goes on, and the next one is answered, while strangers flood the door; `make bench-trust` has many more of them."""

from __future__ import annotations

import pytest

from tests.bench.door import LONGEST_GAP_MS, attacked

pytestmark = pytest.mark.timeout(120)  # a process of its own, and eight seconds of a call


async def test_a_call_while_strangers_flood_the_door() -> None:
    seen = await attacked(seconds=8, connections=150)
    assert seen.next_answered
    assert seen.gap_ms <= LONGEST_GAP_MS, seen
    assert seen.strangers["closed"] > 100, "they were sent away"
    assert seen.strangers["answered"] > 50, "they did come"
