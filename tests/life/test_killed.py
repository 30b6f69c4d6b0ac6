"""`kill -9` of the server at any point of a task's life: its owner is told once, nothing is lost, and nothing is left over.

Real processes: `pai-voice serve`, the command line, and the Azure SDK before an emulated Azure that survives. Two tasks live in
each server, and each seed is a point in the life of one of them at which it dies. A plain run takes a seed for each stretch of
the life (run, dial, summary, and when it has been told); `SEEDS=20 pytest tests/life/test_killed.py` takes twenty.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import anyio
import pytest

from tests.kit.doomed import LAST_WORDS, Doomed, Point
from tests.kit.owner import Owner
from tests.kit.town import COUNTING, town

pytestmark = [pytest.mark.slow, pytest.mark.realcli, pytest.mark.timeout(300)]
SEEDS: Final = int(os.environ.get("SEEDS", "4"))
OWNERS: Final = ("+15550100", "+15550101")


@pytest.mark.parametrize("seeds", [(seed, seed + 1) for seed in range(0, SEEDS, 2)], ids=str)
async def test_a_task_is_told_once_wherever_its_server_dies(seeds: tuple[int, int], tmp_path: Path) -> None:
    async with town(tmp_path, COUNTING, OWNERS) as place:
        doomed = [Doomed(place, Owner(place, number), title) for number, title in zip(OWNERS, LAST_WORDS, strict=True)]

        async def lives(one: Doomed, seed: int) -> None:
            async with one.living():
                await one.dies(Point.of(seed), place.server)

        async with anyio.create_task_group() as group:
            for one, seed in zip(doomed, seeds, strict=True):
                group.start_soon(lives, one, seed)
        await place.leaves_no_run()
        assert place.server.deaths == len(seeds)
        cuts = {call: after_s for one in doomed for call, after_s in one.cuts.items()}
        for one in doomed:
            await one.was_told_once(cuts)
            await one.lost_nothing()
