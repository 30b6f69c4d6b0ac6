"""The watch over the tests' loops finds what computes for too long in our own code, also in virtual time."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest

from orchestrator.testing.virtual_time import run
from tests.conftest import STALLS
from voices.spoken_form import spoken_form


def _compute(seconds: float) -> None:
    until_s = time.thread_time() + seconds
    while time.thread_time() < until_s:
        spoken_form("It cost 3.50.")


@pytest.mark.parametrize("runs", [anyio.run, run], ids=["real", "virtual"])
def test_a_stall_is_found_with_its_stack(runs: Any) -> None:
    async def stalls() -> None:
        await anyio.sleep(0.01)
        _compute(0.4)
        await anyio.sleep(0.01)

    with STALLS.over() as found:
        runs(stalls)
    assert any("voices/spoken_form/__init__.py" in str(stall) for stall in found)
    assert all(stall.computed_s < 5 for stall in found)


@pytest.mark.parametrize("runs", [anyio.run, run], ids=["real", "virtual"])
def test_waiting_and_short_steps_are_none(runs: Any) -> None:
    async def works() -> None:
        for _ in range(20):
            _compute(0.001)
            await anyio.sleep(0.02)

    spoken_form("It cost 3.50.")
    with STALLS.over() as found:
        runs(works)
    assert found == []
