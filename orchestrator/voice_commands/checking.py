"""`pai-voice voices check`: are the voices equally loud, clean, and far enough apart? `agents lint` knows it afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.to_thread

from orchestrator.config import Settings
from orchestrator.errors import NotSpoken
from orchestrator.rosters import lineup_of
from orchestrator.voice_commands.found import engine_named
from orchestrator.voice_pairs import Twins, keep
from voices import similarity
from voices.catalogue import CALLER
from voices.check import Report, check
from voices.engine import Engine
from voices.engines.registry import BY_NAME, LAST_RESORT
from voices.inventory import engine_version
from voices.synthesis import Rendering, SynthesisError, Synthesizer

MEASURED: Final = ("voice", "level_dbfs", "peak_dbfs", "silence_s", "gain_db", "pitch_hz", "formants_hz", "words_per_minute")


Check = Callable[[Synthesizer, Sequence[Rendering]], Awaitable[Report]]


@dataclass(frozen=True)
class Checked:
    """One engine, or why its voices could not be heard."""

    engine: str
    report: Report | None = None
    why_not: str | None = None

    @property
    def ok(self) -> bool:
        return self.report is None or not self.report.errors

    def as_text(self) -> str:
        return f"{self.engine}\n{self.report.as_text()}" if self.report else f"{self.engine}: {self.why_not}"

    def as_json(self) -> dict[str, Any]:
        found = self.report
        return {
            "engine": self.engine,
            "why_not": self.why_not,
            "voices": [{name: getattr(one, name) for name in MEASURED} for one in (found.voices if found else ())],
            "pairs": [
                {"one": pair.one.voice, "other": pair.other.voice, "similarity": pair.similarity, "verdict": pair.verdict}
                for pair in (found.pairs if found else ())
            ],
            "errors": [*(found.errors if found else ())],
            "warnings": [*(found.warnings if found else ())],
        }


def usual_check() -> Check:
    """That of `voices/check.py`, with its speaker embedder loaded. Raises NotSpoken where that is not installed.

    The last resort's voices are not compared: nobody keeps them apart.
    """
    if reason := similarity.missing():
        raise NotSpoken(reason, "do that and run the command again")
    embedder = similarity.Embedder()
    return lambda engine, renderings: check(engine, renderings, embedder, compared=engine.name != LAST_RESORT)


async def check_voices(settings: Settings, engines: Sequence[str], hear: Check) -> AsyncGenerator[Checked, None]:
    """Those engines, else all of the settings that are free of charge; what is found is kept when all are done.

    Raises NoSuchEngine, OSError.
    """
    lineup = await anyio.to_thread.run_sync(lineup_of, settings)
    named = [engine_named(name) for name in dict.fromkeys(engines)]
    usual = (BY_NAME[name] for name in dict.fromkeys((*settings.voices.engines, LAST_RESORT)))
    twins: list[Twins] = []
    heard: set[str] = set()
    for engine in named or [engine for engine in usual if not engine.usd_per_1000_chars]:
        found = (voice.renderings.get(engine.name) for name, voice in sorted(lineup.voices.items()) if name != CALLER)
        parts = {part.voice: part for part in found if part}
        checked = await _checked(settings, engine, parts, hear)
        twins += await anyio.to_thread.run_sync(_twins, checked, parts)
        heard |= {engine.name} if checked.report else set()
        yield checked
    await anyio.to_thread.run_sync(keep, settings.home, twins, heard)


async def _checked(settings: Settings, engine: Engine[Synthesizer], parts: Mapping[str, Rendering], hear: Check) -> Checked:
    section = settings.voices.of(engine.name)
    if reason := await anyio.to_thread.run_sync(engine.missing, section):
        return Checked(engine.name, why_not=reason)
    synthesizer = engine.make(section)
    try:
        await synthesizer.warm()
        return Checked(engine.name, await hear(synthesizer, [*parts.values()]))
    except SynthesisError as error:
        return Checked(engine.name, why_not=str(error))
    finally:
        with anyio.CancelScope(shield=True):
            await synthesizer.aclose()


def _twins(checked: Checked, parts: Mapping[str, Rendering]) -> list[Twins]:
    return [
        Twins(
            engine=checked.engine,
            version=engine_version(checked.engine),
            one=pair.one.voice,
            one_digest=parts[pair.one.voice].digest,
            other=pair.other.voice,
            other_digest=parts[pair.other.voice].digest,
            why=f"are {pair.similarity:.2f} alike on {checked.engine}",
        )
        for pair in (checked.report.pairs if checked.report else ())
        if pair.verdict != "apart"
    ]
