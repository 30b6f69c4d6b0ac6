"""The house under load, with long work and all that keeps it.

`python -m tests.bench.working_house EMULATOR_URL HOME CORE CALLERS` prints its URL. At the first line on its standard input
work begins for each caller; it ends when the input does.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from agents.definition import Task
from agents.scripted_work import ScriptedRunner, WorkScript
from orchestrator.app import House
from orchestrator.config import LogSettings
from orchestrator.hold_words import HoldWords
from orchestrator.holding import LongWork
from orchestrator.keeping import doing
from orchestrator.log import set_up
from orchestrator.music.source import Composed, Kept
from orchestrator.rosters import PROMPTS
from orchestrator.serve import answering
from orchestrator.tasks import Tasks, Wish
from telephony.admission import Admission
from tests.bench.house import Routing, acs_settings, build
from voices.vad import load_silero

STEP_S: Final = 4.0  # a tool call now and then, as the command line makes them, and a sentence every fifth time
STEPS: Final = 500
TOOLS: Final = ("Read", "Grep", "Edit", "Bash")


def number(caller: int) -> str:
    return f"+1555{caller:07}"


def busy() -> WorkScript:
    steps: list[dict[str, Any]] = [
        {"after_s": STEP_S, "says": f"Part {count} stands."}
        if count % 5 == 0
        else {"after_s": STEP_S, "working": {"what": tool, "detail": f"Look at part {count}"}}
        for count, tool in enumerate(islice(cycle(TOOLS), STEPS), 1)
    ]
    return WorkScript.model_validate({"works": [{"steps": steps}]})


async def main(emulator_url: str, home: Path, callers: int) -> None:
    house = await anyio.to_thread.run_sync(build, home, Routing.ONE)
    await anyio.to_thread.run_sync(load_silero)
    words = await anyio.to_thread.run_sync(HoldWords.read, PROMPTS / "hold.yaml")
    now = house.parts.minds.now
    async with doing(ScriptedRunner(busy()), house.settings, now) as tasks:
        work = LongWork(tasks, words, Kept(Composed()), now)
        async with answering(_working(house, work, callers), lambda url: acs_settings(emulator_url, url)) as url:
            print(url, flush=True)
            if await anyio.to_thread.run_sync(sys.stdin.buffer.readline):
                _begin(house, tasks, callers)
                await anyio.to_thread.run_sync(sys.stdin.buffer.read)


def _working(house: House, work: LongWork, callers: int) -> House:
    policy = house.settings.admission.model_copy(update={"allow": tuple(number(caller) for caller in range(callers))})
    parts = replace(house.parts, minds=replace(house.parts.minds, work=work))
    return replace(house, parts=parts, admission=Admission(policy), tasks=work.tasks)


def _begin(house: House, tasks: Tasks, callers: int) -> None:
    agent = house.roster.front_desk.model_copy(update={"task": Task()})
    for caller in range(callers):
        tasks.start(Wish(number(caller), "Write a blog post.", "a blog post", minutes=30), agent)


if __name__ == "__main__":
    emulator, folder, core, count = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    set_up(LogSettings(level="error"))
    anyio.run(main, emulator, Path(folder), int(count), backend_options={"use_uvloop": True})
