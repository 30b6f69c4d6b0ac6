"""The real command line at work in folders of a test's own, before a scripted Claude."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agents.pai import PaiRunner, PaiSettings
from agents.permission import WorkWords
from agents.scripted import ScriptedClaude
from orchestrator.scripted_house import serving
from tests.agents.stage import PROMPTS, script

PHONE_WORDS = WorkWords.read(PROMPTS)
SAY = "mcp__phone__say"
ASK = "mcp__phone__ask_caller"


def says(text: str, **more: bool) -> dict[str, Any]:
    return {"tool": SAY, "input": {"text": text, **more}}


def runs(command: str, description: str = "Run it") -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command, "description": description}}


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """What a server's environment holds; the command line's own files land in `folder`."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "CLAUDE_CONFIG_DIR": str(folder / "home" / ".claude"),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        **more,
    }


@asynccontextmanager
async def command_line(
    folder: Path, *entries: dict[str, Any], environ: dict[str, str] | None = None, private: Sequence[Path] = (), **settings: Any
) -> AsyncGenerator[tuple[PaiRunner, ScriptedClaude]]:
    """The work's own folder is `folder/work`. `private`: what no work sees."""
    for name in ("home", "work"):
        (folder / name).mkdir(exist_ok=True)
    async with serving(script(*entries, first_token_s=0.01, tokens_per_s=5_000)) as claude:
        whole: dict[str, Any] = {
            "auth": "api_key",
            "api_key": "scripted",
            "base_url": claude.url,
            "model": "claude-haiku-5-5",
            "environment": ["CLAUDE_CODE_MAX_RETRIES"],
            "sandbox": "off",  # tests/agents/test_sandbox*.py have it on
            **settings,
        }
        around = surroundings(folder, **(environ or {}))
        yield PaiRunner(PaiSettings.model_validate(whole), PHONE_WORDS, environ=around, private=private), claude
