"""`pai-voice voices preview`: a voice says a sentence, as on a call."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import anyio
import anyio.to_thread

from orchestrator.config import Settings
from orchestrator.engines import open_voices
from orchestrator.errors import NoSound, NotSpoken
from orchestrator.lineup import Lineup
from orchestrator.rosters import lineup_of
from orchestrator.trying.sound import play, player
from orchestrator.voice_commands.found import engine_named, part_of, voice_named
from voices.audio import duration_s, write_wav
from voices.catalogue import Catalogue, Fallback
from voices.synthesis import Sound
from voices.voice import Voice

SAYS = "Hello, this is {}. It is ten past four, the build has passed, and two questions are left for you."


@dataclass(frozen=True)
class Preview:
    voice: str
    engine: str
    pcm: bytes
    first_ms: float
    cost_usd: Decimal
    failed: tuple[str, ...]
    """Engines that were to speak first, and a program that was to play it: why they did not."""
    out: Path | None = None
    """Where it lies, where it was not played."""

    def as_text(self) -> str:
        paid = f", {self.cost_usd} USD" if self.cost_usd else ""
        end = f"it is in {self.out}" if self.out else "played"
        said = (
            f"{self.voice} on {self.engine}: {duration_s(self.pcm):.1f} s, first sound after {self.first_ms:.0f} ms{paid}; {end}"
        )
        return "\n".join((*self.failed, said))


async def preview(settings: Settings, name: str, text: str | None, engine: str | None, out: Path | None) -> Preview:
    """Played where there is a player that can, and no `out`; else a wav.

    Raises NoSuchVoice, NoSuchEngine, NotSpoken, SynthesisError.
    """
    lineup = await anyio.to_thread.run_sync(lineup_of, settings)
    voice = voice_named(lineup, name)
    async with AsyncExitStack() as stack:
        if engine is None:
            catalogue, _ = await open_voices(settings.voices, lineup.voices, lineup.words, stack)
        else:
            catalogue = await _on(engine, voice, lineup, settings, stack)
        spoken = await _spoken(catalogue, voice.id, text or SAYS.format(_called(voice, lineup)))
    failed = spoken.failed
    if out is None and (program := player()):
        try:
            await play(spoken.pcm, program)
        except NoSound as error:
            failed += (str(error),)
        else:
            return spoken
    path = out or Path(f"{voice.id}.wav")
    await anyio.to_thread.run_sync(write_wav, path, spoken.pcm)
    return replace(spoken, failed=failed, out=path)


async def _on(name: str, voice: Voice, lineup: Lineup, settings: Settings, stack: AsyncExitStack) -> Catalogue:
    """That engine and no other. Raises NoSuchEngine, NotSpoken, SynthesizerUnavailable."""
    engine = engine_named(name)
    if part_of(voice, name, lineup) is None:
        raise NotSpoken(f"{voice.id} has no part for {name}", f"add `engines: {{{name}: …}}` to its file, or leave --engine out")
    section = settings.voices.of(name)
    if reason := await anyio.to_thread.run_sync(engine.missing, section):
        raise NotSpoken(f"{name} cannot speak here: {reason}", "do that, or leave --engine out")
    catalogue = Catalogue(lineup.voices, [engine.make(section)])
    stack.push_async_callback(catalogue.aclose)
    await catalogue.warm()
    return catalogue


async def _spoken(catalogue: Catalogue, voice: str, text: str) -> Preview:
    sounds: list[Sound] = []
    failed: list[str] = []
    first_s, began_s = 0.0, anyio.current_time()
    renderings = catalogue.renderings(voice)
    async with aclosing(catalogue.speak(text, voice)) as parts:
        async for part in parts:
            match part:
                case Sound():
                    first_s = first_s or anyio.current_time() - began_s
                    sounds.append(part)
                case Fallback():
                    failed.append(f"{part.engine} failed: {part.error}")
                case _:
                    continue
    pcm, cost = b"".join(sound.pcm for sound in sounds), sum((sound.cost_usd for sound in sounds), Decimal(0))
    if not pcm:
        raise NotSpoken(f"nothing was heard of {text!r:.60}", "give a text with words in it")
    engine = renderings[min(len(failed), len(renderings) - 1)][0].name
    return Preview(voice, engine, pcm, 1_000 * first_s, cost, tuple(failed))


def _called(voice: Voice, lineup: Lineup) -> str:
    named = (agent.name for agent in lineup.found.agents.values() if agent.voice == voice.id)
    return next(named, voice.id)
