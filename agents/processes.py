"""A run's processes: all that carry its mark in their environment, and all that those started. By /proc, so on Linux."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

MARK: Final = "PAIVOICE_RUN"  # not PAI_VOICE_…, which a `pai-voice` in the run's shell would take for a setting
_PROC: Final = Path("/proc")
_PATIENCE_S: Final = 2.0  # to end after SIGTERM: the command line takes 0.25 s, with its shell
_LOOK_S: Final = 0.05


def started(pid: int) -> int | None:
    """When the process started, in ticks since boot; None if there is no such process, or no /proc."""
    stat = _stat(pid)
    return int(stat[19]) if stat else None


def family(mark: str) -> dict[int, int]:
    """The run's processes that live, and when each started. A child that hides its environment is found by its parent."""
    wanted = f"{MARK}={mark}".encode()
    stats = {pid: stat for pid in _pids() if (stat := _stat(pid))}
    found = {pid for pid in stats if wanted in _environment(pid)}
    while more := {pid for pid, stat in stats.items() if int(stat[1]) in found} - found:
        found |= more
    return {pid: int(stats[pid][19]) for pid in found}


def children_ended() -> int:
    """Page faults of all child processes that have ended: grows with each of them, and no counter of children exists."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt


def named(name: str) -> bool:
    """Whether a program of that name is running."""
    for pid in _pids():
        with suppress(OSError):
            if (_PROC / str(pid) / "comm").read_text().strip() == name:
                return True
    return False


async def end(mark: str, *, spare: int = 0) -> bool:
    """End the run's processes but the one to `spare`: asked first, so that they end their own, then killed.

    What they start meanwhile is ended too. False if there were none.
    """
    known, left = await anyio.to_thread.run_sync(_living, mark, spare, {})
    for number in (signal.SIGTERM, signal.SIGKILL):
        signalled = set[int]()
        with anyio.move_on_after(_PATIENCE_S):
            while left:
                _signal(left.keys() - signalled, number)
                signalled |= left.keys()
                await anyio.sleep(_LOOK_S)
                known, left = await anyio.to_thread.run_sync(_living, mark, spare, known)
    return bool(known)


def _living(mark: str, spare: int, known: dict[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """All that were ever found, and those of them that still live: a child whose parent has just ended is known from before."""
    known = {pid: ticks for pid, ticks in (known | family(mark)).items() if pid != spare}
    return known, {pid: ticks for pid, ticks in known.items() if started(pid) == ticks}


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdigit()]
    except OSError:
        return []


def _stat(pid: int) -> list[str] | None:
    """The fields behind the name, from the state on; None for what is gone, or only waits to be buried."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields


def _environment(pid: int) -> Collection[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return ()
