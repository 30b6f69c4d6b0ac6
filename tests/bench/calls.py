"""`make bench`: N simulated calls against one server process pinned to one core; the load runs on the others.

Measured as voice-frameworks.md (research, 1.1) does: everything at the caller's end of the wire, exact to the sample.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from orchestrator.events import Entry, SoundPaced
from orchestrator.journal import JOURNAL
from orchestrator.waterfall import percentiles
from telephony.acs_emulator import Emulator
from tests.bench import report
from tests.bench.callers import Talker, Tally
from tests.bench.house import CALLER, SECRET, Routing
from tests.bench.machine import Usage, calibrate, rss_mb
from tests.bench.report import Row
from tests.bench.speech import utterances

ROOT: Final = Path(__file__).parents[2]
CALLED: Final = "+15550199"
SPREAD_S: Final = 7.0  # calls begin one after the other, over about one turn
WARM_UP_S: Final = 8.0  # after the last one began: the greeting, and a first turn
WARM_CALL_S: Final = 8.0  # one call comes and goes before: what is loaded once is not what a call needs
END_S: Final = 10.0


@dataclass(frozen=True)
class Cores:
    server: int
    load: frozenset[int]

    @classmethod
    def split(cls) -> Cores:
        """The first one is the server's; a machine with one core shares it, and its figures mean little."""
        first, *others = sorted(os.sched_getaffinity(0))
        return cls(first, frozenset(others or [first]))


@asynccontextmanager
async def server(emulator: Emulator, home: Path, cores: Cores, routing: Routing) -> AsyncGenerator[Process]:
    command = [sys.executable, "-m", "tests.bench.house", emulator.url, str(home), str(cores.server), routing]
    async with await anyio.open_process(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=None) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = (await TextReceiveStream(process.stdout).receive()).strip()
            assert await emulator.subscribe(f"{url}/acs/events", {"x-pai-voice-secret": SECRET})
            yield process
        finally:
            await process.stdin.aclose()


async def measure(calls: int, seconds: float, routing: Routing, cores: Cores, speech: Sequence[bytes]) -> Row:
    calibration = calibrate(cores.server)
    with tempfile.TemporaryDirectory(prefix="pai-voice-bench-") as folder:
        home = Path(folder)
        async with Emulator.serve() as emulator, server(emulator, home, cores, routing) as process:
            pid = process.pid
            await _one_call(emulator, speech)
            idle_mb = rss_mb(pid)
            async with anyio.create_task_group() as tasks:
                talkers: list[Talker] = []
                for number in range(calls):
                    talker = Talker(emulator.place(CALLER, CALLED), speech, number)
                    talkers.append(talker)
                    tasks.start_soon(talker.run)
                    await anyio.sleep(SPREAD_S / calls)
                await anyio.sleep(WARM_UP_S)
                from_s, before = [talker.call.clock_s() for talker in talkers], Usage.of(pid, cores.server)
                for talker in talkers:
                    talker.call.late_max_s = 0.0
                await anyio.sleep(seconds)
                to_s, after = [talker.call.clock_s() for talker in talkers], Usage.of(pid, cores.server)
                used_mb, load_late_s = rss_mb(pid), max(talker.call.late_max_s for talker in talkers)
                for talker in talkers:
                    talker.call.end("hung up")
                with anyio.move_on_after(END_S):
                    for talker in talkers:
                        await talker.call.gone()
            tally = Tally()
            for talker, start_s, end_s in zip(talkers, from_s, to_s, strict=True):
                tally.add(talker, start_s, end_s)
        late_ms = paced(home, calls)
    span_s = after.clock_s - before.clock_s
    process_s = after.process_s - before.process_s
    return Row(
        calls=calls,
        routing=routing,
        seconds=round(span_s, 1),
        response_ms=_ms(tally.responses),
        barge_in_ms=_ms(tally.barge_ins),
        turns=len(tally.responses),
        barge_ins=len(tally.barge_ins),
        unanswered=tally.unanswered,
        torn=tally.torn,
        cpu_per_call=process_s / span_s / calls,
        rss_mb_per_call=(used_mb - idle_mb) / calls,
        rss_mb=used_mb,
        pacer_late_p99_ms=late_ms,
        load_late_ms=1_000 * load_late_s,
        others_on_core=max(0.0, (after.core_s - before.core_s - process_s) / span_s),
        calibration_ms=(calibration, calibrate(cores.server)),
    )


async def _one_call(emulator: Emulator, speech: Sequence[bytes]) -> None:
    talker = Talker(emulator.place(CALLER, CALLED), speech, 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(talker.run)
        await anyio.sleep(WARM_CALL_S)
        talker.call.end("hung up")
        await talker.call.gone()


def paced(home: Path, calls: int) -> int:
    """The worst call's p99 of lateness; the warm-up call, the first of all, does not count."""
    lates: list[int] = []
    for journal in sorted(home.glob(f"calls/*/{JOURNAL}"), key=lambda path: path.stat().st_mtime)[-calls:]:
        events = [Entry.parse(line).event for line in journal.read_text(encoding="utf-8").splitlines()]
        lates += [event.late_p99_ms for event in events if isinstance(event, SoundPaced)]
    return max(lates)


def _ms(seconds: Sequence[float]) -> dict[str, float]:
    return {name: round(1_000 * value, 1) for name, value in percentiles(seconds).items()}


async def bench(plan: Sequence[tuple[int, Routing]], seconds: float) -> None:
    cores = Cores.split()
    os.sched_setaffinity(0, cores.load)
    speech = await utterances()
    print(report.preamble(speech))
    rows: list[Row] = []
    for calls, routing in plan:
        rows.append(await measure(calls, seconds, routing, cores, speech))
        print(rows[-1].line(), flush=True)
    print(report.conclusion(rows))
    await anyio.to_thread.run_sync(report.write, ROOT / "build" / "bench.json", rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.calls", description=__doc__)
    parser.add_argument("--calls", default="1,10,25,50", help="how many at a time, a row each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=40.0, help="measured per row, after the warm-up (default: %(default)s)")
    parser.add_argument("--routed", default="1", help="rows in which Claude routes each turn as well (default: %(default)s)")
    asked = parser.parse_args()
    plan: list[tuple[int, Routing]] = [(int(calls), "one") for calls in asked.calls.split(",") if calls]
    plan += [(int(calls), "claude") for calls in asked.routed.split(",") if calls]
    anyio.run(bench, plan, asked.seconds, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
