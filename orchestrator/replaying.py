"""A replay on this machine: its ears and voices, its agents, and Claude as it was or as it is."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from agents.script import Script
from orchestrator.app import open_house
from orchestrator.config import ConfigError, Settings
from orchestrator.differences import Comparison, compared_with
from orchestrator.errors import NotWritten
from orchestrator.journal import JOURNAL, RECORDING
from orchestrator.recorded import Recorded, with_its_agents
from orchestrator.replay import Replayed, check, replay
from orchestrator.scripted_house import by_script
from orchestrator.terminal import run
from voices.audio import write_wav


def replay_again(settings: Settings, call: Recorded, *, live: bool, keep: Path | None) -> Comparison:
    """In real time. `keep`: a new folder for today's journal and sound.

    Raises ConfigError, NotWritten, CannotReplay, NoSuchRecording, and what opening the house raises.
    """
    if live and settings.claude.api_key is None:
        raise ConfigError("--against live talks to Claude itself and needs ANTHROPIC_API_KEY", "set it, or leave the option out")
    if keep is not None and keep.exists():
        raise NotWritten(f"{keep} is there already", "give a folder that is not")
    check(call)  # before all that takes time is opened
    with with_its_agents(call, settings) as own:
        replayed, comparison = run(lambda: _replayed(own, call, live=live))
    if keep is not None:
        keep.mkdir(parents=True)
        (keep / JOURNAL).write_text("".join(f"{entry.line()}\n" for entry in replayed.entries), encoding="utf-8")
        write_wav(keep / RECORDING, replayed.sound, channels=2)
    return comparison


async def _replayed(settings: Settings, call: Recorded, *, live: bool) -> tuple[Replayed, Comparison]:
    claude = nullcontext((settings, None)) if live else by_script(settings, Script())
    async with claude as (own, scripted), open_house(own, forgiving=True) as house:
        replayed = await replay(call, house.parts, scripted)
        return replayed, compared_with(call.entries, replayed, house.parts.minds.lines, words_count=not live)
