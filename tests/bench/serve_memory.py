"""Memory of `pai-voice serve` with the embedded voices and ears, after a call: `python -m tests.bench.serve_memory`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import anyio

from agents.script import Script
from orchestrator.scripted_house import serving
from tests.bench.machine import rss_mb
from tests.kit.commands import lines, premises, run

CALLER: Final = "+15550100"
GOAL_MB: Final = 600
TALK: Final = ("question", "panel", "goodbye")


async def main() -> None:
    script = Script(defaults={"kai": "Quite a lot.", "engineer": "Measure first.", "researcher": "People say so."})
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serving(script) as claude,
            premises(
                Path(folder),
                ANTHROPIC_API_KEY="scripted",
                ANTHROPIC_BASE_URL=claude.url,
                PAI_VOICE_VOICES__ENGINES="embedded",
                PAI_VOICE_ADMISSION__ALLOW=CALLER,
            ) as at,
        ):
            idle_mb = rss_mb(at.server.process.pid)
            dialled = await run(*at.dial(CALLER, *lines(TALK), "--json"), env=at.env, cwd=at.folder, within_s=120)
            after_mb = rss_mb(at.server.process.pid)
            print(f"serve: {idle_mb:.0f} MB; after a call ({dialled.json['outcome']}): {after_mb:.0f} MB. Goal: {GOAL_MB}.")


if __name__ == "__main__":
    anyio.run(main)
