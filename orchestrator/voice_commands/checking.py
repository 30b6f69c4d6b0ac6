"""`pai-voice voices check`: are the voices equally loud, clean, and far enough apart? `agents lint` knows it afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol, cast

import anyio
import anyio.to_thread

from orchestrator.config import Settings
from orchestrator.rosters import lineup_of
from orchestrator.voice_commands.found import engine_named
from orchestrator.voice_pairs import Twins, keep
from voices.catalogue import CALLER
from voices.engine import Engine
from voices.engines.registry import BY_NAME, LAST_RESORT
from voices.synthesis import Rendering, SynthesisError, Synthesizer

COLUMNS: Final = ("voice", "level", "peak", "silence", "pitch", "")


class Sounding(Protocol):
    """How one voice sounds."""

    @property
    def voice(self) -> str: ...
    @property
    def level_dbfs(self) -> float: ...
    @property
    def peak_dbfs(self) -> float: ...
    @property
    def silence_s(self) -> float:
        """The longest within a sentence or around it."""
        ...

    @property
    def pitch_hz(self) -> float: ...
    @property
    def problems(self) -> Sequence[str]:
        """What is wrong, and how to fix it."""
        ...


class Pair(Protocol):
    """How alike two voices are."""

    @property
    def one(self) -> str: ...
    @property
    def other(self) -> str: ...
    @property
    def similarity(self) -> float:
        """Of a speaker embedding: 1 for one and the same voice."""
        ...

    @property
    def confused(self) -> bool:
        """Whether a caller could take the one for the other."""
        ...


class Report(Protocol):
    """Of one engine."""

    @property
    def voices(self) -> Sequence[Sounding]: ...
    @property
    def pairs(self) -> Sequence[Pair]: ...


class Check(Protocol):
    async def __call__(self, engine: Synthesizer, renderings: Sequence[Rendering], /) -> Report:
        """Lets each voice speak. Raises SynthesisError."""
        ...


@dataclass(frozen=True)
class Checked:
    """One engine's voices, or why they could not be heard."""

    engine: str
    report: Report | None = None
    why_not: str = ""

    @property
    def errors(self) -> list[str]:
        if self.report is None:
            return []
        alone = [f"{one.voice} on {self.engine}: {problem}" for one in self.report.voices for problem in one.problems]
        pairs = (pair for pair in self.report.pairs if pair.confused)
        return alone + [f"{pair.one} and {pair.other} could be confused: they {_why(pair, self.engine)}" for pair in pairs]

    def tables(self) -> list[list[tuple[str, ...]]]:
        """How each voice sounds, and how alike each two are; the first line of each table names its columns."""
        if self.report is None:
            return []
        names = [one.voice for one in self.report.voices]
        alike = {frozenset((pair.one, pair.other)): f"{pair.similarity:.2f}" for pair in self.report.pairs}
        matrix = [(one, *(alike.get(frozenset((one, other)), "") for other in names)) for one in names]
        rows = [
            (
                one.voice,
                f"{one.level_dbfs:.1f} dBFS",
                f"{one.peak_dbfs:.1f} dBFS",
                f"{one.silence_s:.2f} s",
                f"{one.pitch_hz:.0f} Hz",
                "; ".join(one.problems) or "right",
            )
            for one in self.report.voices
        ]
        return [[COLUMNS, *rows], [("", *names), *matrix]]

    def as_json(self) -> dict[str, Any]:
        fields = ("voice", "level_dbfs", "peak_dbfs", "silence_s", "pitch_hz", "problems")
        found = self.report
        return {
            "engine": self.engine,
            "why_not": self.why_not or None,
            "voices": [{field: getattr(one, field) for field in fields} for one in (found.voices if found else ())],
            "pairs": [
                {"one": pair.one, "other": pair.other, "similarity": pair.similarity, "confused": pair.confused}
                for pair in (found.pairs if found else ())
            ],
        }


def usual_check() -> Check:
    """That of `voices/check.py`, which needs a speaker embedder. Raises ImportError."""
    return cast("Check", import_module("voices.check").check)


async def check_voices(settings: Settings, engines: Sequence[str], check: Check) -> AsyncGenerator[Checked, None]:
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
        checked = await _checked(settings, engine, parts, check)
        twins += _twins(checked, parts)
        heard |= {engine.name} if checked.report else set()
        yield checked
    await anyio.to_thread.run_sync(keep, settings.home, twins, heard)


async def _checked(settings: Settings, engine: Engine[Synthesizer], parts: Mapping[str, Rendering], check: Check) -> Checked:
    section = settings.voices.of(engine.name)
    if reason := await anyio.to_thread.run_sync(engine.missing, section):
        return Checked(engine.name, why_not=reason)
    synthesizer = engine.make(section)
    try:
        await synthesizer.warm()
        return Checked(engine.name, await check(synthesizer, [*parts.values()]))
    except SynthesisError as error:
        return Checked(engine.name, why_not=str(error))
    finally:
        with anyio.CancelScope(shield=True):
            await synthesizer.aclose()


def _twins(checked: Checked, parts: Mapping[str, Rendering]) -> list[Twins]:
    return [
        Twins(
            engine=checked.engine,
            one=pair.one,
            one_digest=parts[pair.one].digest,
            other=pair.other,
            other_digest=parts[pair.other].digest,
            why=_why(pair, checked.engine),
        )
        for pair in (checked.report.pairs if checked.report else ())
        if pair.confused
    ]


def _why(pair: Pair, engine: str) -> str:
    return f"are {pair.similarity:.2f} alike on {engine}"
