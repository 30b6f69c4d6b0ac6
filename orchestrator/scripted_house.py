"""A house in which a script answers in Claude's place: no key is used, and nothing is spent."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread
from pydantic import SecretStr

from agents.script import Entry, Script, ToolUse, When
from agents.scripted import ScriptedClaude
from agents.yaml_file import YamlFile
from orchestrator.config import Settings
from orchestrator.rosters import roster_of
from orchestrator.testing.scenario import Scenario
from telephony.door_guard import DoorGuard
from telephony.serving import served

NOT_SCRIPTED: Final = "My script has no answer to that."
_KEY: Final = SecretStr("scripted")


def read_script(path: Path, stays_with: str) -> Script:
    """A script, or the `claude` part of a scenario; what it does not route stays with that agent. Raises FileError."""
    file = YamlFile(path)
    script = file.validate(Scenario).claude if "turns" in file.data else file.validate(Script)
    stays = ToolUse(tool="route", input={"speakers": [{"agent": stays_with}]})
    return script.model_copy(update={"entries": (*script.entries, Entry(when=When(forced="route"), calls=(stays,)))})


@asynccontextmanager
async def serving(script: Script) -> AsyncGenerator[ScriptedClaude]:
    """A scripted Claude on a port of 127.0.0.1; its `url` is what `base_url` wants."""
    claude = ScriptedClaude(script)
    async with served(lambda _: claude, guard=DoorGuard(refused_s=0.0)) as claude.url:
        try:
            yield claude
        finally:
            claude.stop()


@asynccontextmanager
async def by_script(settings: Settings, script: Script) -> AsyncGenerator[tuple[Settings, ScriptedClaude]]:
    """Settings with which calls and long work reach a scripted Claude on a local port."""
    async with serving(script) as scripted:
        claude = settings.claude.model_copy(update={"base_url": scripted.url, "api_key": _KEY})
        work = settings.pai.model_copy(update={"auth": "api_key", "base_url": scripted.url, "api_key": _KEY})
        yield settings.model_copy(update={"claude": claude, "pai": work}), scripted


@asynccontextmanager
async def thinking(settings: Settings, script: Path | None) -> AsyncGenerator[Settings]:
    """The settings with which Claude is reached: itself, or that script. Raises FileError, AgentError."""
    if script is None:
        yield settings
        return
    async with by_script(settings, await anyio.to_thread.run_sync(_read, settings, script)) as (own, _):
        yield own


def _read(settings: Settings, path: Path) -> Script:
    """Whoever is not in it says so."""
    roster = roster_of(settings)
    script = read_script(path, roster.front_desk.id)
    return script.model_copy(update={"defaults": {agent.id: NOT_SCRIPTED for agent in roster} | script.defaults})
