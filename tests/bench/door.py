"""A call while strangers flood the door: `python -m tests.bench.door [SECONDS] [CONNECTIONS]`, 30 s of 600 if left out.

The server and the emulated Azure share this process; the strangers (tests/bench/flood.py) have one of their own.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import anyio
import numpy as np
from litestar import Litestar

from telephony.acs import AcsListener
from telephony.acs_emulator import Emulator
from telephony.acs_emulator.call import Call
from telephony.line import Line
from telephony.serving import served
from tests.bench.house import CALLER, SECRET, acs_settings
from voices.audio import RATE, Frame, frames, samples, to_pcm

CALLED: Final = "+15550199"
LONGEST_GAP_MS: Final = 60.0
TONE: Final = [
    Frame(piece) for piece in frames(to_pcm(8_000.0 * np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE)))
]  # a second of it, over and over, without a seam
AFTER_S: Final = 5.0  # for the next call to be answered
MOST_ANSWERED: Final = 10.0


@dataclass
class Seen:
    gap_ms: float
    """The longest silence in what the caller heard."""
    late_ms: float
    """The longest that the event loop kept us waiting."""
    next_answered: bool
    strangers: dict[str, int]
    connections: int
    """That the server had at most at the end."""

    @property
    def good(self) -> bool:
        return self.gap_ms <= LONGEST_GAP_MS and self.next_answered


async def attacked(seconds: float, connections: int) -> Seen:
    """A call in which a tone is heard for so long, and another after it, while so many connections come."""
    gc.collect()
    gc.freeze()  # as `serve` does: a pass over all that was imported holds the loop for 80 ms of the processor's time
    async with Emulator.serve() as emulator:
        listeners: list[AcsListener] = []

        def app(url: str) -> Litestar:
            listeners.append(AcsListener(acs_settings(emulator.url, url)))
            return Litestar(listeners[0].routes, openapi_config=None, logging_config=None)

        seen: list[Seen] = []
        async with served(app) as url, anyio.create_task_group() as tasks:
            await tasks.start(listeners[0].serve, _hums)
            assert await emulator.subscribe(f"{url}/acs/events", {"x-pai-voice-secret": SECRET})
            seen += [await _under_attack(emulator, url, seconds, connections)]
            for call in emulator.calls:
                call.end("hung up")
                await call.gone()
            tasks.cancel_scope.cancel()
    return seen[0]


async def _under_attack(emulator: Emulator, url: str, seconds: float, connections: int) -> Seen:
    first = emulator.place(CALLER, CALLED)
    await _hears(first)
    lates = [0.0]
    before_s = first.tape.length_s
    command = [sys.executable, "-m", "tests.bench.flood", url.rpartition(":")[2], str(seconds), str(connections)]
    answered, told = False, b""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch, lates)
        async with await anyio.open_process(command) as strangers:
            assert strangers.stdout is not None
            await anyio.sleep(seconds * 0.7)  # while they are all there
            with anyio.move_on_after(MOST_ANSWERED):
                await _hears(emulator.place(CALLER, CALLED))
                answered = True
            told = b"".join([piece async for piece in strangers.stdout])
        tasks.cancel_scope.cancel()
    heard = samples(first.tape.wav()[44:]).reshape(-1, 2)[round(before_s * RATE) :, 1]
    return Seen(_longest_gap_s(heard) * 1_000, max(lates) * 1_000, answered, json.loads(told), connections)


async def _hums(line: Line) -> None:
    await line.answer()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_listens, line, tasks.cancel_scope.cancel)
        while True:
            for frame in TONE:
                await line.play(frame)


async def _listens(line: Line, over: Callable[[], Any]) -> None:
    async with aclosing(line.hear()) as sounds:
        async for _ in sounds:
            pass
    over()


async def _hears(call: Call) -> None:
    """Until its tone has sounded."""
    async with aclosing(call.handset.items()) as items:
        async for item in items:
            if isinstance(item, Frame) and np.abs(samples(item)).max() > 4_000:
                return


async def _watch(lates: list[float]) -> None:
    while True:
        due_s = anyio.current_time() + 0.005
        await anyio.sleep(0.005)
        lates.append(anyio.current_time() - due_s)


def _longest_gap_s(heard: np.ndarray[Any, Any]) -> float:
    loud = np.flatnonzero(np.abs(heard.astype(int)) > 1_000)
    ends = np.concatenate([[0], loud, [len(heard)]]) if len(loud) else np.array([0, len(heard)])
    return float(np.diff(ends).max()) / RATE


async def main(seconds: float, connections: int) -> None:
    seen = await attacked(seconds, connections)
    print(seen)
    if not seen.good:
        raise SystemExit(1)


if __name__ == "__main__":
    anyio.run(main, float(sys.argv[1]) if len(sys.argv) > 1 else 30.0, int(sys.argv[2]) if len(sys.argv) > 2 else 600)
