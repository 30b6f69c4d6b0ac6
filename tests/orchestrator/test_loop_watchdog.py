"""Stalls of the event loop are reported with what it was doing; waiting is none."""

from __future__ import annotations

import time

import anyio

from orchestrator.loop_watchdog import Stall, watched


def _compute(seconds: float) -> None:
    until_s = time.thread_time() + seconds
    while time.thread_time() < until_s:
        pass


async def test_a_stall_is_reported_with_its_stack() -> None:
    stalls, found = list[Stall](), anyio.Event()

    def report(stall: Stall) -> None:
        stalls.append(stall)
        if "_compute" in stall.stack:
            found.set()

    async with watched(report):
        await anyio.sleep(0.05)
        _compute(0.3)
        with anyio.fail_after(10):
            await found.wait()
    assert max(stall.computed_s for stall in stalls) >= 0.2


async def test_waiting_and_threads_are_no_stall() -> None:
    stalls = list[Stall]()
    async with watched(stalls.append):
        await anyio.to_thread.run_sync(_compute, 0.1)
        await anyio.sleep(0.1)
    assert not any("_compute" in stall.stack for stall in stalls)
