"""A call that is tried: who is on it, who plays Claude, with which ears and voices. All of it real, but for the telephone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path

import anyio
import anyio.to_thread

from agents.claude import BrainSettings
from agents.functions import Functions
from agents.roster import Roster
from agents.script import Script
from agents.scripted import ScriptedTransport
from orchestrator.config import Settings
from orchestrator.engines import open_ears, open_voices
from orchestrator.errors import ConfigError
from orchestrator.hints import hints
from orchestrator.journal import Watch
from orchestrator.minds import Cast, cast_of
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.rosters import agent_named, lineup_of, roster_of
from orchestrator.scripted_house import read_script
from orchestrator.testing import cast
from orchestrator.testing.caller import Caller
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import RehearsedCall, on_a_line
from orchestrator.trying.belongings import functions_on_paper, open_belongings
from orchestrator.trying.sound import Sound, listen, speak
from orchestrator.zones import zones
from telephony.rehearsal import RehearsalLine
from voices.vad import SileroVad, load_silero


@dataclass(frozen=True)
class Rehearsed:
    """Who is on the line, and who plays Claude."""

    cast: Cast
    claude: BrainSettings
    script: Script | None
    """None for Claude itself."""
    on_paper: Functions | None = None
    """With a script: the agents' functions, which run at once."""


@dataclass(frozen=True)
class Device:
    """How a person hears and is heard; without it the voices are hummed, and the caller types."""

    sound: Sound
    microphone: bool


def rehearsed(settings: Settings, name: str, script: Path | None) -> Rehearsed:
    """With that agent at the front desk. Raises NoSuchAgent, AgentError, ConfigError where there is neither script nor key."""
    roster = roster_of(settings)
    agent = agent_named(roster, name)
    zones()
    # Long work needs a telephone: it is not offered, and `open_belongings` says so.
    update = {"task": None}
    players = cast_of(
        Roster((one.model_copy(update={**update, "front_desk": one.id == agent.id}) for one in roster), roster.files)
    )
    if script is not None:
        import_module("anthropic")  # inside a call it would be a thread, which virtual time cannot see
        return Rehearsed(players, cast.SCRIPTED, read_script(script, agent.id), functions_on_paper(settings, roster))
    if settings.claude.api_key is None:
        raise ConfigError(
            f"{agent.name} thinks with Claude, and there is no key",
            "set ANTHROPIC_API_KEY, or say in a file what Claude answers: "
            f"`defaults: {{{agent.id}: Tell me more.}}`, and give it as --script FILE",
        )
    return Rehearsed(players, settings.claude, None)


@asynccontextmanager
async def on_the_line(
    settings: Settings, who: Rehearsed, shown: Watch, device: Device | None = None, tell: Callable[[str], object] = str
) -> AsyncGenerator[RehearsedCall]:
    """From the greeting to hanging up; `tell` gets a line for each thing of theirs that is not there.

    Raises NoSound; RecognitionError, SynthesisError for engines that are not here."""
    line = RehearsalLine()
    caller = Caller(line, hints(who.cast.roster), char_s=0.0)
    network = None if who.script is None else ScriptedTransport(StagedClaude(who.script))
    limits = Limits(settings.admission.max_minutes, settings.admission.max_usd_per_call)
    owner = next(iter(settings.admission.owners or settings.admission.allow), line.caller)
    async with AsyncExitStack() as stack:
        on_paper = who.on_paper if device is None else None
        things = await stack.enter_async_context(open_belongings(settings, who.cast.roster, owner, on_paper))
        for lack in things.lacks:
            tell(lack)
        parts = await stack.enter_async_context(
            cast.equipped(who.cast, network, caller, limits=limits, claude=who.claude, notes=things.notes, toolbox=things.toolbox)
        )
        if who.script is None:
            parts = _here(parts, settings)
        if device is not None:
            parts = await _with_engines(parts, settings, device, stack)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(tasks.cancel_scope.cancel)
            if device.microphone:
                await tasks.start(listen, line, device.sound.record)
            tasks.start_soon(speak, line, device.sound.play)
        typed = device is None or not device.microphone  # an open microphone is never silent enough to wait for
        yield await stack.enter_async_context(on_a_line(parts, line, caller, greeted=typed, watch=shown))


def _here(parts: Parts, settings: Settings) -> Parts:
    """With the clock, the place and the router of this house, not of a rehearsal."""
    minds = replace(
        parts.minds,
        now=lambda: datetime.now().astimezone(),
        place=settings.house.place,
        router_model=settings.mind.router_model,
        history_tokens=settings.mind.history_tokens,
    )
    return replace(parts, minds=minds)


async def _with_engines(parts: Parts, settings: Settings, device: Device, stack: AsyncExitStack) -> Parts:
    lineup = await anyio.to_thread.run_sync(lineup_of, settings)
    catalogue, _ = await open_voices(settings.voices, lineup.voices, lineup.words, stack)
    parts = replace(parts, catalogue=catalogue)
    if not device.microphone:
        return parts
    recognizer, _ = await open_ears(settings.ears, stack)
    await anyio.to_thread.run_sync(load_silero)
    return replace(parts, minds=replace(parts.minds, recognizer=recognizer), vad=SileroVad)
