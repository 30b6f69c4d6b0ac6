"""What long work costs its server: nothing going on, calls in silence, the same calls on hold. `python -m tests.bench.hold`.

One server process, pinned to one core, goes through all three, so the differences are what music, narration and the work itself
add. The run is scripted: the command line that does real work is a process of its own, and not counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

import anyio
from anyio.abc import Process

from orchestrator.events import HoldStarted, Narrated
from orchestrator.journal import JOURNAL, read
from telephony.acs_emulator import Emulator
from telephony.acs_emulator.call import Call
from tests.bench.calls import CALLED, SPREAD_S, Cores, hang_up, server
from tests.bench.machine import Usage, calibrate
from tests.bench.working_house import STEP_S, number
from voices.audio import SILENCE, Frame

SETTLED_S: Final = 62.0  # DBOS looks for schedules every second in its first minute, and every 30 s from then on
WARM_UP_S: Final = 14.0  # after the last call began: the greeting, 4 s to answer "stay, or call back?", the music composed
KEY_S: Final = 5.0  # a key that means nothing, or the call would ask whether anybody is there
MOST_ADDED: Final = 0.01


async def window(process: Process, cores: Cores, seconds: float) -> float:
    """The share of its core that the server needs."""
    before = Usage.of(process.pid, cores.server)
    await anyio.sleep(seconds)
    return Usage.of(process.pid, cores.server).share(before)


@asynccontextmanager
async def on_the_line(emulator: Emulator, calls: int, *, keys: str) -> AsyncGenerator[None]:
    """So many calls of people who say nothing, and press these keys now and then."""
    phones: list[Call] = []
    async with anyio.create_task_group() as tasks:
        for caller in range(calls):
            phones.append(emulator.place(number(caller), CALLED))
            tasks.start_soon(_listen, phones[-1])
            tasks.start_soon(_press, phones[-1], keys)
            await anyio.sleep(SPREAD_S / calls)
        await anyio.sleep(WARM_UP_S)
        yield
        assert all(phone.live for phone in phones)
        await hang_up(phones)
        tasks.cancel_scope.cancel()


async def _listen(phone: Call) -> None:
    async with aclosing(phone.handset.items()) as items:
        async for item in items:
            if isinstance(item, Frame):
                phone.say(SILENCE)


async def _press(phone: Call, keys: str) -> None:
    while keys:
        await anyio.sleep(KEY_S)
        await phone.press(keys)


async def bench(calls: int, seconds: float) -> None:
    cores = Cores.split()
    os.sched_setaffinity(0, cores.load)
    before_ms = calibrate(cores.server)
    with tempfile.TemporaryDirectory(prefix="pai-voice-bench-") as home:
        async with (
            Emulator.serve() as emulator,
            server(emulator, "tests.bench.working_house", home, str(cores.server), str(calls)) as process,
        ):
            assert process.stdin is not None
            await anyio.sleep(SETTLED_S)
            idle = await window(process, cores, seconds)
            async with on_the_line(emulator, calls, keys="*"):
                silent = (await window(process, cores, seconds) - idle) / calls
            await process.stdin.send(b"work\n")
            async with on_the_line(emulator, calls, keys=""):
                held = (await window(process, cores, seconds) - idle) / calls
        told(Path(home), calls)
    added = held - silent
    print(f"A server that waits for calls: {100 * idle:.2f} % of a core, most of it DBOS, which looks for work every second.")
    print(f"{calls} calls in silence: {100 * silent:.2f} % each. The same on hold: {100 * held:.2f} %, news every {STEP_S:g} s.")
    print(f"So work on hold adds {100 * added:.2f} % of a core ({held / silent:.1f}x; at most {100 * MOST_ADDED:g} %), ", end="")
    print(f"music and narration included. Calibration {before_ms:.0f}/{calibrate(cores.server):.0f} ms.")


def told(home: Path, calls: int) -> None:
    """Raises SystemExit unless the last calls were on hold, and heard how the work goes."""
    journals = sorted(home.glob(f"calls/*/{JOURNAL}"), key=lambda path: path.stat().st_mtime)[-calls:]
    for journal in journals:
        events = [entry.event for entry in read(journal)]
        if not any(isinstance(event, HoldStarted) for event in events) or not any(
            isinstance(event, Narrated) for event in events
        ):
            raise SystemExit(f"{journal}: this call was not on hold, so nothing was measured.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hold", description=__doc__)
    parser.add_argument("--calls", type=int, default=10, help="how many at a time (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="measured for each of the three (default: %(default)s)")
    asked = parser.parse_args()
    anyio.run(bench, asked.calls, asked.seconds, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
