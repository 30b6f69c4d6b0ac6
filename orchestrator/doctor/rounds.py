"""The order of the checks: what later ones need comes first, and what hangs on something broken is left out."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio.to_thread

from agents.roster import Roster
from orchestrator.config import Config, LogSettings, Settings, load, surroundings
from orchestrator.doctor.agents import agents
from orchestrator.doctor.azure import azure
from orchestrator.doctor.claude import claude
from orchestrator.doctor.engines import ear, engines, mouths, vad
from orchestrator.doctor.finding import Finding
from orchestrator.doctor.kept import kept
from orchestrator.doctor.machine import data_folder, port
from orchestrator.doctor.music import music
from orchestrator.doctor.public import reached
from orchestrator.doctor.tools import tools
from orchestrator.doctor.work import sandbox, work
from orchestrator.errors import ConfigError
from orchestrator.log import set_up
from orchestrator.rosters import roster_of


async def rounds(*, live: bool, public: bool) -> AsyncGenerator[Finding, None]:
    set_up(LogSettings(level="error"))  # what the parts would log stands in the findings
    try:
        config = await anyio.to_thread.run_sync(load)
    except ConfigError as error:
        yield Finding("settings", "broken", str(error), error.fix)
        return
    yield _settings(config)
    for warning in config.warnings:
        yield Finding("settings", "warn", warning, "correct its name, or leave it to the program that it is for")
    settings = config.settings
    for check in (port, data_folder, kept):
        yield await anyio.to_thread.run_sync(check, settings)
    found = await anyio.to_thread.run_sync(agents, settings)
    for finding in found:
        yield finding
    if any(finding.state == "broken" for finding in found):
        return
    roster = await anyio.to_thread.run_sync(roster_of, settings)
    async for finding in _parts(settings, roster):
        yield finding
    async for finding in tools(settings, roster):
        yield finding
    async for finding in claude(settings, roster, live=live):
        yield finding
    yield await work(settings, surroundings())
    yield await sandbox(settings, surroundings())
    yield await music(settings)
    async for finding in azure(settings):
        yield finding
    if public:
        async for finding in reached(settings):
            yield finding


async def _parts(settings: Settings, roster: Roster) -> AsyncGenerator[Finding, None]:
    for finding in await anyio.to_thread.run_sync(engines, settings):
        yield finding
    yield await vad()
    yield await ear(settings.ears)
    async for finding in mouths(settings, roster):
        yield finding


def _settings(config: Config) -> Finding:
    origins = sorted(set(config.origins.values()))
    if not origins:
        return Finding("settings", "ok", "all at their defaults; there is no pai-voice.toml")
    return Finding("settings", "ok", f"{len(config.origins)} set, by {', '.join(origins)}")
