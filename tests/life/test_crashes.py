"""`kill -9` while people ask, hold and are called: nobody listens to silence, no order is lost, each result is told once.

Real processes, as in `test_killed`. `KILLS=100 pytest tests/life/test_crashes.py` kills a hundred times, as `make bench-crash`
does, which prints a table of it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.kit.crashing import round_of_kills

pytestmark = [pytest.mark.slow, pytest.mark.realcli, pytest.mark.timeout(400)]
KILLS: Final = int(os.environ.get("KILLS", "2"))


@pytest.mark.parametrize("seed", range(KILLS // 2))
async def test_whoever_was_on_the_line_lives_on(seed: int, tmp_path: Path) -> None:
    lives = await round_of_kills(tmp_path, seed, owners=2, kills=2)
    assert {life.owner.number: life.faults for life in lives if life.faults} == {}
