"""A scenario, played for somebody who watches."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agents.yaml_file import YamlFile
from orchestrator.config import Settings
from orchestrator.errors import ConfigError, NotScripted
from orchestrator.rosters import agent_named
from orchestrator.terminal import run, screen
from orchestrator.testing import cast
from orchestrator.testing.claude import Unscripted
from orchestrator.testing.performing import equipped, perform, scripted
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import VirtualLoop
from orchestrator.trying.keyboard import PatientLoop
from orchestrator.trying.shown import Shown


def scenario(settings: Settings, name: str, path: Path, *, live: bool, as_json: bool) -> None:
    """As pytest plays it; `live` with Claude itself. Raises FileError at the first line that does not hold, NoSuchAgent,
    NotScripted, and ConfigError where there is no key."""
    file = YamlFile(path)
    told = file.validate(Scenario)
    roster = cast.read(Path(told.agents)).roster
    agent_named(roster, name)
    if live and settings.claude.api_key is None:
        raise ConfigError("--live plays it with Claude itself, and there is no key", "set ANTHROPIC_API_KEY, or leave --live out")
    shown = Shown(screen, roster, as_json=as_json)
    rehearsal = equipped(Rehearsal(None, settings.claude, watch=shown), told) if live else scripted(told, shown)
    try:
        run(partial(perform, file, told, rehearsal, judging=live), PatientLoop if live else VirtualLoop)
    except Unscripted as error:
        raise NotScripted(str(error), f"script that answer in {path}, under `claude`") from None
    finally:
        shown.end()
    if not as_json:
        screen.print(
            f"{path}: holds" + ("" if live or not any(turn.judge for turn in told.turns) else ", but for what --live judges")
        )
