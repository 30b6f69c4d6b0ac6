"""Ears and mouths: what is installed, and whether it hears and speaks, with the time it takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
import anyio.to_thread

from agents.definition import Agent
from agents.roster import Roster
from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.rosters import lineup_of
from voices.catalogue import Catalogue, Charge, Fallback
from voices.engines.registry import RECOGNIZERS_BY_NAME
from voices.inventory import choose_recognizer, choose_synthesizers, inventory
from voices.recognition import RecognitionError
from voices.settings import EarSettings
from voices.synthesis import SynthesisError
from voices.vad import VadUnavailable, load_silero


def engines(settings: Settings) -> list[Finding]:
    """Every engine there could be; one that is missing is a better call missed. Reads the disk."""
    parts = inventory(settings.voices, settings.ears)
    return [
        Finding(f"{part.kind} {part.name}", "warn" if part.fix else "ok", "not usable" if part.fix else "usable", part.fix or "")
        for part in parts
    ]


async def vad() -> Finding:
    began_s = anyio.current_time()
    try:
        await anyio.to_thread.run_sync(load_silero)
    except VadUnavailable as error:
        return Finding.of("speech detector", error)
    return Finding("speech detector", "ok", f"Silero loaded in {1_000 * (anyio.current_time() - began_s):.0f} ms")


async def ear(settings: EarSettings) -> Finding:
    """The one that calls would use, warmed; a model that is not here is not fetched now."""
    if reason := await anyio.to_thread.run_sync(RECOGNIZERS_BY_NAME[settings.engine].missing, settings):
        return Finding("ear", "warn", "cannot hear yet", reason)
    began_s = anyio.current_time()
    try:
        recognizer, choice = await anyio.to_thread.run_sync(choose_recognizer, settings)
        try:
            await recognizer.warm()
        finally:
            await recognizer.aclose()
    except RecognitionError as error:
        return Finding.of("ear", error)
    return Finding("ear", "ok", f"{choice.name} warm in {anyio.current_time() - began_s:.1f} s; chosen because {choice.why}")


async def mouths(settings: Settings, roster: Roster) -> AsyncGenerator[Finding, None]:
    """One sentence by each agent."""
    try:
        voices = (await anyio.to_thread.run_sync(lineup_of, settings)).voices
        synthesizers, choice = await anyio.to_thread.run_sync(choose_synthesizers, settings.voices)
        catalogue = Catalogue(voices, synthesizers)
        await catalogue.warm()
    except SynthesisError as error:
        yield Finding.of("mouth", error)
        return
    yield Finding("mouth", "ok", f"{choice.name}, chosen because {choice.why}")
    try:
        for agent in roster:
            yield await _voice(catalogue, agent)
    finally:
        with anyio.CancelScope(shield=True):
            await catalogue.aclose()


async def _voice(catalogue: Catalogue, agent: Agent) -> Finding:
    """How soon the first sound of a sentence is there."""
    name = f"voice of {agent.name}"
    began_s = anyio.current_time()
    first_ms: float | None = None
    try:
        engine = catalogue.renderings(agent.voice)[0][0].name
        async with aclosing(catalogue.speak(f"Hello, this is {agent.name}.", agent.voice)) as parts:
            async for part in parts:
                if isinstance(part, Fallback):
                    fix = f"see the engine's own installation, or take {part.engine} out of `engines` in [voices]"
                    return Finding(name, "warn", f"{part.engine} failed: {part.error}", fix)
                if isinstance(part, Charge):
                    continue
                first_ms = first_ms or 1_000 * (anyio.current_time() - began_s)
    except SynthesisError as error:
        return Finding.of(name, error)
    if first_ms is None:
        return Finding(name, "broken", f"{engine} said nothing", f"try another voice in {agent.id}.yaml")
    return Finding(name, "ok", f"{agent.voice} on {engine}, first sound after {first_ms:.0f} ms")
