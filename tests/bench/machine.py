"""What Linux says about a process and its core, and how fast the core is right now."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
ROUNDS: Final = 400_000


@dataclass(frozen=True)
class Usage:
    """Seconds since some start: of a process with its children, of everything on its core, of the clock."""

    process_s: float
    core_s: float
    clock_s: float

    @classmethod
    def of(cls, pid: int, core: int) -> Usage:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        lines = Path("/proc/stat").read_text().splitlines()
        times = [int(number) for number in next(line for line in lines if line.startswith(f"cpu{core} ")).split()[1:]]
        busy = sum(times[:8]) - times[3] - times[4]  # all but idle and waiting for a disk; steal counts
        return cls(sum(map(int, fields[11:15])) * TICK_S, busy * TICK_S, perf_counter())

    def share(self, before: Usage) -> float:
        """Of a core, by the process, since then."""
        return (self.process_s - before.process_s) / (self.clock_s - before.clock_s)

    def others(self, before: Usage) -> float:
        """Of the core, by everything else."""
        core = (self.core_s - before.core_s) / (self.clock_s - before.clock_s)
        return max(0.0, core - self.share(before))


def rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1_024


@contextmanager
def on_core(core: int) -> Generator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def calibrate(core: int) -> float:
    """Milliseconds for always the same work: what else the core has to do shows in it."""
    with on_core(core):
        return median(_work() for _ in range(5))


def _work() -> float:
    began_s, total = perf_counter(), 0
    for number in range(ROUNDS):
        total += number & 7
    return 1_000 * (perf_counter() - began_s)
