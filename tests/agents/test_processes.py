"""A run's processes are found and ended, whatever they do about it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from anyio.abc import Process

from agents import processes
from tests.kit.commands import eventually

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine


@asynccontextmanager
async def shell(script: str, mark: str) -> AsyncGenerator[tuple[Process, str]]:
    """A shell with that mark, and the first line it says."""
    environment = {"PATH": "/usr/bin:/bin", processes.MARK: mark}
    async with await anyio.open_process(["/bin/sh", "-c", script], env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            assert process.stdout
            yield process, (await process.stdout.receive()).decode().strip()
        finally:
            if process.returncode is None:
                process.kill()


async def family(mark: str) -> set[int]:
    return set(await anyio.to_thread.run_sync(processes.family, mark))


async def test_only_the_runs_own_are_found() -> None:
    async with (
        shell("echo up; read x < /dev/zero", "one") as (one, _),
        shell("echo up; read x < /dev/zero", "one-b") as (other, _),
    ):
        assert await family("one") == {one.pid}
        assert await processes.end("one")
        assert await one.wait() < 0
        assert other.returncode is None
        assert not await processes.end("one")


async def test_a_child_that_hides_is_ended_with_its_parent() -> None:
    hidden = "env -i setsid sh -c 'echo $$; while true; do sleep 0.1; done' & wait"
    async with shell(hidden, "two") as (_, child):
        assert int(child) in await family("two")
        assert await processes.end("two")
        await eventually(lambda: anyio.Path(f"/proc/{child}/cmdline").exists(), lambda there: not there or not alive(int(child)))


async def test_one_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE_S", 0.2)
    async with shell("trap '' TERM; echo up; while true; do sleep 0.05; done", "three") as (process, _):
        assert await processes.end("three")
        assert await process.wait() == -9


async def test_what_is_started_meanwhile_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE_S", 0.2)
    environment = {"PATH": "/usr/bin:/bin", processes.MARK: "four"}
    late: list[int] = []

    def signalled(pids: Collection[int], number: int, really: Any = processes._signal) -> None:  # pyright: ignore[reportPrivateUsage]
        if number == signal.SIGKILL and not late:
            late.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], environment))
        really(pids, number)

    monkeypatch.setattr(processes, "_signal", signalled)
    async with shell("trap '' TERM; echo up; while true; do sleep 0.05; done", "four"):
        assert await processes.end("four")
    assert await anyio.to_thread.run_sync(os.waitpid, late[0], os.WNOHANG) == (late[0], signal.SIGKILL)


async def test_one_may_be_spared() -> None:
    async with shell("echo up; read x < /dev/zero", "five") as (process, _):
        assert not await processes.end("five", spare=process.pid)
        assert process.returncode is None


def test_when_a_process_started() -> None:
    assert processes.started(os.getpid()) == int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    assert processes.started(2**22) is None  # above the highest pid there can be


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
