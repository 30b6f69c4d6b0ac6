"""For tests that run pytest in pytest: pytester forgets what its runs import first, and a class could be there twice."""

from __future__ import annotations

from importlib import import_module

from agents.scripted import ScriptedTransport
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.virtual_time import run


def preload() -> None:
    """All that a rehearsed call and a scenario import, some of it late."""
    import_module("anthropic")
    import_module("orchestrator.testing.scenario_item")

    async def rehearsed() -> None:
        claude = StagedClaude()
        claude.says("engineer", "Because.")
        async with Rehearsal(ScriptedTransport(claude)).call() as call:
            await call.say("Engineer, why?")
            call.transcript()

    run(rehearsed)
