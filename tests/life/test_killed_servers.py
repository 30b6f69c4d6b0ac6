"""Two servers share their work over PostgreSQL, and the one that owns a task dies: the other takes it over and tells it, once.

Real processes, as in `test_killed`. A plain run has them look after one another ten times as often as they do; with `SEEDS=20`
they do so at their own pace as well, at more points.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio
import pytest

from tests.kit.commands import COMMAND, eventually
from tests.kit.doomed import LAST_WORDS, Doomed, Point
from tests.kit.owner import Owner
from tests.kit.postgres import postgres
from tests.kit.town import COUNTING, DATABASE, Server, town
from tests.life.test_killed import SEEDS

pytestmark = [pytest.mark.slow, pytest.mark.realcli, pytest.mark.system, pytest.mark.timeout(400)]
OWNER: Final = "+15550100"
QUICK: Final = (sys.executable, "-m", "tests.kit.quick_server")
ALL: Final = [(QUICK, 0, 2), (QUICK, 4, 1), ((COMMAND,), 8, 6)]
"""The servers, and the seeds: when the first dies, and when the second."""


@pytest.mark.parametrize(("program", "first", "second"), ALL if SEEDS >= 20 else ALL[:1])
async def test_the_other_server_takes_over(program: Sequence[str], first: int, second: int, tmp_path: Path) -> None:
    with postgres() as url:
        async with town(tmp_path, COUNTING, [OWNER], ["one", "other"], program=program, env={DATABASE: url}) as place:
            one, other = place.servers
            doomed = Doomed(place, Owner(place, OWNER), next(iter(LAST_WORDS)))
            async with doomed.living():
                await doomed.dies(Point.of(first), one, for_good=True)
                await takes_over(other, one)
                await doomed.dies(Point.of(second), other, for_good=True)
                one.rise()
                await takes_over(one, other)
            await place.leaves_no_run()
            await doomed.was_told_once(doomed.cuts)
            await doomed.lost_nothing()


async def takes_over(server: Server, dead: Server) -> None:
    """Within a minute of its death, or of when it is up itself."""
    await server.up.wait()

    async def log() -> int:
        return (await anyio.Path(server.folder / "serve.log").read_text()).count('"server_is_dead"')

    assert not dead.up.is_set()
    await eventually(log, bool, within_s=60)
