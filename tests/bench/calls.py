"""`make bench`: N simulated calls against one server process pinned to one core; the load runs on the others.

Measured as voice-frameworks.md (research, 1.1) does: everything at the caller's end of the wire, here exact to the sample.
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
from anyio.abc import Process, TaskGroup
from anyio.streams.text import TextReceiveStream

from orchestrator.events import Entry, Failed, SoundPaced
from orchestrator.journal import JOURNAL
from orchestrator.waterfall import percentiles
from telephony.acs_emulator import Emulator
from telephony.acs_emulator.call import Call as Phone
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
    load: tuple[int, ...]

    @classmethod
    def split(cls) -> Cores:
        """The first one is the server's; a machine with one core shares it, and its figures mean little."""
        first, *others = sorted(os.sched_getaffinity(0))
        return cls(first, tuple(others) or (first,))


@dataclass(frozen=True)
class Moment:
    """What is read at the window's beginning and at its end."""

    server: Usage
    load: Usage
    server_mb: float
    clocks_s: list[float]
    """Of each call's tape."""

    @classmethod
    def now(cls, pid: int, cores: Cores, talkers: Sequence[Talker]) -> Moment:
        clocks = [talker.call.clock_s() for talker in talkers]
        return cls(Usage.of(pid, cores.server), Usage.of(os.getpid(), cores.load[0]), rss_mb(pid), clocks)


@dataclass(frozen=True)
class Seen:
    tally: Tally
    before: Moment
    after: Moment
    load_late_s: float


@asynccontextmanager
async def server(emulator: Emulator, module: str, *arguments: str) -> AsyncGenerator[Process]:
    """This module as a process, from when it answers calls until it has ended."""
    command = [sys.executable, "-m", module, emulator.url, *arguments]
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
    calibration_ms = calibrate(cores.server)
    with tempfile.TemporaryDirectory(prefix="pai-voice-bench-") as folder:
        home = Path(folder)
        async with (
            Emulator.serve() as emulator,
            server(emulator, "tests.bench.house", folder, str(cores.server), routing) as process,
        ):
            pid = process.pid
            await _one_call(emulator, speech)
            idle_mb = rss_mb(pid)
            seen = await _under_load(emulator, pid, cores, calls, seconds, speech)
        late_ms = paced(home, calls)
    before, after = seen.before, seen.after
    return Row(
        calls=calls,
        routing=routing,
        seconds=round(after.server.clock_s - before.server.clock_s, 1),
        response_ms=_ms(seen.tally.responses),
        barge_in_ms=_ms(seen.tally.barge_ins),
        turns=len(seen.tally.responses),
        barge_ins=len(seen.tally.barge_ins),
        unanswered=seen.tally.unanswered,
        torn=seen.tally.torn,
        cpu_per_call=after.server.share(before.server) / calls,
        rss_mb_per_call=(after.server_mb - idle_mb) / calls,
        rss_mb=after.server_mb,
        pacer_late_p99_ms=late_ms,
        load=after.load.share(before.load),
        load_late_ms=1_000 * seen.load_late_s,
        others_on_core=after.server.others(before.server),
        calibration_ms=(calibration_ms, calibrate(cores.server)),
    )


async def _under_load(emulator: Emulator, pid: int, cores: Cores, calls: int, seconds: float, speech: Sequence[bytes]) -> Seen:
    talkers: list[Talker] = []
    moments: list[Moment] = []
    async with anyio.create_task_group() as tasks:
        for number in range(calls):
            talkers.append(_call(emulator, speech, number, tasks))
            await anyio.sleep(SPREAD_S / calls)
        await anyio.sleep(WARM_UP_S)
        for talker in talkers:
            talker.call.late_max_s = 0.0
        moments.append(Moment.now(pid, cores, talkers))
        await anyio.sleep(seconds)
        moments.append(Moment.now(pid, cores, talkers))
        await hang_up([talker.call for talker in talkers])
    before, after = moments
    tally = Tally()
    for talker, from_s, to_s in zip(talkers, before.clocks_s, after.clocks_s, strict=True):
        tally.add(talker.call.tape, talker.said[:-1], from_s, to_s)  # the last one was cut off by the end
    return Seen(tally, before, after, max(talker.call.late_max_s for talker in talkers))


async def _one_call(emulator: Emulator, speech: Sequence[bytes]) -> None:
    async with anyio.create_task_group() as tasks:
        talker = _call(emulator, speech, 0, tasks)
        await anyio.sleep(WARM_CALL_S)
        await hang_up([talker.call])


def _call(emulator: Emulator, speech: Sequence[bytes], number: int, tasks: TaskGroup) -> Talker:
    talker = Talker(emulator.place(CALLER, CALLED), speech, number)
    tasks.start_soon(talker.run)
    return talker


async def hang_up(calls: Sequence[Phone]) -> None:
    """All of them; returns when they are over."""
    for call in calls:
        call.end("hung up")
    with anyio.fail_after(END_S):
        for call in calls:
            await call.gone()


def paced(home: Path, calls: int) -> int:
    """The worst call's p99 of lateness; the first call of all, which warmed the server, does not count."""
    journals = sorted(home.glob(f"calls/*/{JOURNAL}"), key=lambda path: path.stat().st_mtime)
    events = [Entry.parse(line).event for path in journals[-calls:] for line in path.read_text(encoding="utf-8").splitlines()]
    lates = [event.late_p99_ms for event in events if isinstance(event, SoundPaced)]
    if len(lates) < calls:
        failures = {event.sentence for event in events if isinstance(event, Failed)}
        raise SystemExit(f"{calls - len(lates)} of {calls} calls broke: {'; '.join(failures) or 'see the log above'}")
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
    parser.add_argument("--seconds", type=float, default=35.0, help="measured per row, after the warm-up (default: %(default)s)")
    parser.add_argument("--routed", default="1", help="rows in which Claude routes each turn as well (default: %(default)s)")
    asked = parser.parse_args()
    plan = [(int(calls), Routing.ONE) for calls in asked.calls.split(",") if calls]
    plan += [(int(calls), Routing.CLAUDE) for calls in asked.routed.split(",") if calls]
    anyio.run(bench, plan, asked.seconds, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
