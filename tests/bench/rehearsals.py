"""How long a hundred rehearsed calls take on one core: `python -m tests.bench.rehearsals`. Goal: 10 s."""

from __future__ import annotations

from importlib import import_module
from time import process_time
from typing import Final

from agents.script import Script
from agents.scripted import ScriptedTransport
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.virtual_time import run

CALLS: Final = 100


async def rehearsed() -> None:
    claude = StagedClaude(Script())
    claude.says("engineer", "Run the tests first, then read the first failure.")
    async with Rehearsal(ScriptedTransport(claude)).call() as call:
        await call.say("Engineer, why does the build fail?")


if __name__ == "__main__":
    import_module("anthropic")  # before the clock runs, as in a test session
    run(rehearsed)
    began_s = process_time()
    for _ in range(CALLS):
        run(rehearsed)
    print(f"{CALLS} rehearsed calls: {process_time() - began_s:.1f} s of one core")
