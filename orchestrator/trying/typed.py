"""A whole call, typed: the real brain, mind and mixer; the caller's lines and the voices are hummed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path

from agents.claude import BrainSettings
from agents.roster import Roster
from agents.script import Entry, Script, ToolUse, When
from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.call import Parts
from orchestrator.config import Settings
from orchestrator.errors import ConfigError, NotScripted
from orchestrator.failures import leaves
from orchestrator.patience import Limits
from orchestrator.rosters import agent_named, roster_of
from orchestrator.terminal import run, screen
from orchestrator.testing import cast
from orchestrator.testing.caller import Caller
from orchestrator.testing.claude import StagedClaude, Unscripted
from orchestrator.testing.rehearsal import on_a_line
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import VirtualLoop
from orchestrator.trying.keyboard import PatientLoop, typed_lines
from orchestrator.trying.shown import Shown
from orchestrator.zones import zones
from telephony.rehearsal import RehearsalLine


@dataclass(frozen=True)
class Rehearsed:
    """Who is on the line, and who plays Claude."""

    cast: cast.Cast
    claude: BrainSettings
    script: Script | None
    """None for Claude itself."""


def rehearsed(settings: Settings, name: str, script: Path | None) -> Rehearsed:
    """With that agent at the front desk. Raises NoSuchAgent, AgentError, ConfigError where there is neither script nor key."""
    roster = roster_of(settings)
    agent = agent_named(roster, name)
    zones()
    players = cast.of(Roster((one.model_copy(update={"front_desk": one.id == agent.id}) for one in roster), roster.files))
    if script is not None:
        import_module("anthropic")  # inside a call it would be a thread, which virtual time cannot see
        return Rehearsed(players, cast.SCRIPTED, read_script(script, agent.id))
    if settings.claude.api_key is None:
        raise ConfigError(
            f"{agent.name} thinks with Claude, and there is no key",
            "set ANTHROPIC_API_KEY, or say in a file what Claude answers: "
            f"`defaults: {{{agent.id}: Tell me more.}}`, and give it as --script FILE",
        )
    return Rehearsed(players, settings.claude, None)


def read_script(path: Path, stays_with: str) -> Script:
    """A script, or the `claude` part of a scenario; what it does not route stays with that agent. Raises FileError."""
    file = YamlFile(path)
    script = file.validate(Scenario).claude if "turns" in file.data else file.validate(Script)
    stays = ToolUse(tool="route", input={"speakers": [{"agent": stays_with}]})
    return script.model_copy(update={"entries": (*script.entries, Entry(when=When(forced="route"), calls=(stays,)))})


def call(settings: Settings, name: str, script: Path | None, *, as_json: bool) -> None:
    """On a virtual clock where Claude is scripted, else on a real one."""
    who = rehearsed(settings, name, script)
    shown = Shown(screen, who.cast.roster, as_json=as_json)
    run(lambda: talk(settings, who, typed_lines(), shown), PatientLoop if who.script is None else VirtualLoop)


async def talk(settings: Settings, who: Rehearsed, lines: Iterator[str], shown: Shown) -> None:
    """To the last line, or until the call is over. Raises NotScripted for a question that the script does not answer."""
    line = RehearsalLine()
    caller = Caller(line, who.cast.roster.names(), char_s=0.0)
    network = None if who.script is None else ScriptedTransport(StagedClaude(who.script))
    limits = Limits(settings.admission.max_minutes, settings.admission.max_usd_per_call)
    try:
        async with (
            cast.equipped(who.cast, network, caller, limits=limits, claude=who.claude) as parts,
            on_a_line(_here(parts, settings) if who.script is None else parts, line, caller, watch=shown) as call,
        ):
            for said in lines:
                await call.pause(caller.hum(said))
                await call.answered()
                shown.turn_over()
                if call.why:
                    break
    except (Unscripted, BaseExceptionGroup) as error:
        raise _told(error) from None
    finally:
        shown.end()


def _here(parts: Parts, settings: Settings) -> Parts:
    here = {"now": lambda: datetime.now().astimezone(), "place": settings.house.place}
    return replace(parts, minds=replace(parts.minds, router_model=settings.mind.router_model, **here))


def _told(error: BaseException) -> BaseException:
    first = next(leaves(error)) if isinstance(error, BaseExceptionGroup) else error
    return NotScripted(str(first)) if isinstance(first, Unscripted) else first
