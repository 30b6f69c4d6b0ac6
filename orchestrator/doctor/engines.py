"""Ears and mouths: what is installed, and whether it hears and speaks, with the time it takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
import anyio.to_thread

from agents.definition import Agent
from agents.roster import Roster
from orchestrator.config import EarSettings, Settings
from orchestrator.doctor.finding import Finding
from orchestrator.rosters import lineup_of
from voices.catalogue import Catalogue, Fallback
from voices.engines import whisper_models
from voices.inventory import choose_recognizer, choose_synthesizers, inventory
from voices.recognition import RecognitionError
from voices.synthesis import SynthesisError
from voices.vad import VadUnavailable, load_silero


def engines(settings: Settings) -> list[Finding]:
    """Every engine there could be; one that is missing is a better call missed. Reads the disk."""
    findings: list[Finding] = []
    for part in inventory(settings.voices, model=settings.ears.whisper_model):
        fact = f"{part.version or ('not usable' if part.fix else 'usable')}{f', {part.where}' if part.where else ''}"
        findings.append(Finding(f"{part.kind} {part.name}", "warn" if part.fix else "ok", fact, part.fix or ""))
    return findings


async def vad() -> Finding:
    began_s = anyio.current_time()
    try:
        await anyio.to_thread.run_sync(load_silero)
    except VadUnavailable as error:
        return Finding.of("speech detector", error)
    return Finding("speech detector", "ok", f"Silero loaded in {1_000 * (anyio.current_time() - began_s):.0f} ms")


async def ear(settings: EarSettings, hints: tuple[str, ...]) -> Finding:
    """The one that calls would use, warmed; a model that is not here is not fetched now."""
    model = settings.whisper_model
    if settings.engine == "whisper" and await anyio.to_thread.run_sync(whisper_models.find, model) is None:
        fix = "let the next `pai-voice serve` fetch it, or set engine in [ears] to auto"
        return Finding("ear", "warn", f"Whisper's model {model} is not on this machine", fix)
    began_s = anyio.current_time()
    try:
        recognizer, choice = await anyio.to_thread.run_sync(
            lambda: choose_recognizer(settings.engine, model=model, hints=hints, workers=1)
        )
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
                first_ms = first_ms or 1_000 * (anyio.current_time() - began_s)
    except SynthesisError as error:
        return Finding.of(name, error)
    if first_ms is None:
        return Finding(name, "broken", f"{engine} said nothing", f"try another voice in {agent.id}.yaml")
    return Finding(name, "ok", f"{agent.voice} on {engine}, first sound after {first_ms:.0f} ms")
