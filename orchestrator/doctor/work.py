"""Long work: is there a claude command line, is it new enough, and how would it log in? Credentials are never read."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Final

import anyio
import anyio.to_thread

from agents.errors import NotInstalled
from agents.pai import PaiSettings, find_command, visible
from agents.sandbox import check_sandbox, consequence
from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding

NAME: Final = "long work"
OLDEST: Final = (2, 1, 248)  # the first that leaves a prompt as it is
ASK_S: Final = 10.0
UPDATE: Final = "install `pai-voice[pai]` anew, or set command in [pai] to a newer `claude`"


async def work(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Asks the command line its version; starts no run."""
    seen = visible(settings.pai, environ)
    try:
        command = await anyio.to_thread.run_sync(find_command, settings.pai.command, seen)
    except NotInstalled as error:
        return Finding(NAME, "warn", str(error), "pip install 'pai-voice[pai]'")
    version = await _version(command, seen)
    if version is None:
        return Finding(NAME, "warn", f"{command} does not tell its version", UPDATE)
    shown = ".".join(map(str, version))
    if version < OLDEST:
        return Finding(NAME, "warn", f"claude {shown} is too old; {'.'.join(map(str, OLDEST))} is needed", UPDATE)
    if settings.pai.auth == "inherit" and settings.claude.api_key is None:
        return Finding(NAME, "warn", f"claude {shown} should use the key of [claude], but there is none", "set ANTHROPIC_API_KEY")
    return Finding(NAME, "ok", f"claude {shown}, {_login(settings.pai)}")


async def sandbox(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Whether commands of the work can be held, and what follows where they cannot."""
    mode = settings.pai.sandbox
    check = await check_sandbox(visible(settings.pai, environ))
    fact = consequence(mode, check)
    if mode == "off":
        return Finding("sandbox", "warn", fact, 'set sandbox in [pai] to "preferred"')
    if check.works:
        return Finding("sandbox", "ok", fact)
    return Finding("sandbox", "broken" if mode == "required" else "warn", fact, check.fix)


async def _version(command: str, environ: Mapping[str, str]) -> tuple[int, ...] | None:
    with anyio.move_on_after(ASK_S):
        try:
            asked = await anyio.run_process([command, "--version"], env=environ, stdin=subprocess.DEVNULL, check=False)
        except OSError:
            return None
        found = re.match(rb"(\d+)\.(\d+)\.(\d+)", asked.stdout)
        return tuple(map(int, found.groups())) if found else None
    return None


def _login(pai: PaiSettings) -> str:
    ways = {"own_login": "with its own login (`claude` asks for it once)", "inherit": "with the key of [claude]"}
    return ways.get(pai.auth, "with the key of [pai]")
