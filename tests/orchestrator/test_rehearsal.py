"""The test kit: calls that are rehearsed."""

from __future__ import annotations

from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal


async def test_engineer_takes_build_questions(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.says("engineer", "Run the tests first, then read the first failure.")
    async with rehearsal.call(agents="agents/") as call:
        await call.say("Engineer, why does the build fail?")
        assert call.said[-1].agent == "engineer"
        assert "tests" in call.said[-1].text
