"""`pai-voice voices bench`: how soon and how fast each engine speaks here, each in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import anyio
import anyio.to_thread

from orchestrator.config import Settings, surroundings
from orchestrator.errors import NotSpoken
from orchestrator.voice_commands.found import engine_named
from voices.engines.registry import LAST_RESORT

CHILD: Final = "orchestrator.voice_commands.bench_engine"
LONGEST_S: Final = 600.0
"""For one engine: a model may have to be loaded, and a slow machine is what this is to find out."""
COLUMNS: Final = ("engine", "voices", "first sound p50", "p95", "real-time factor", "CPU", "memory", "warm after")


@dataclass(frozen=True)
class Speed:
    """What one engine took, over the sentences of `bench_engine`."""

    engine: str
    voices: int
    """How many of the agents' voices spoke, in turn."""
    first_p50_ms: float
    """From the sentence to its first sound; the median."""
    first_p95_ms: float
    real_time_factor: float
    """Seconds that it took for each second of speech: below 1 it is faster than it is heard."""
    cpu: float
    """Seconds of this machine's CPU, of all its cores together, for each second of speech."""
    memory_mb: float
    """What its model and its libraries added to the process."""
    warm_s: float

    def as_row(self) -> tuple[str, ...]:
        first = (f"{self.first_p50_ms:.0f} ms", f"{self.first_p95_ms:.0f} ms")
        factors = (f"{self.real_time_factor:.3f}", f"{self.cpu:.3f}")
        return self.engine, str(self.voices), *first, *factors, f"{self.memory_mb:.0f} MB", f"{self.warm_s:.1f} s"


@dataclass(frozen=True)
class Silent:
    """An engine that was not measured."""

    engine: str
    why: str

    def as_row(self) -> tuple[str, ...]:
        return self.engine, "", self.why, *[""] * (len(COLUMNS) - 3)


async def bench(settings: Settings, engines: Sequence[str]) -> AsyncGenerator[Speed | Silent, None]:
    """As they come, one after the other; those of the settings if none is named. Raises NoSuchEngine."""
    for engine in [engine_named(name) for name in engines or dict.fromkeys((*settings.voices.engines, LAST_RESORT))]:
        if reason := await anyio.to_thread.run_sync(engine.missing, settings.voices.of(engine.name)):
            yield Silent(engine.name, reason)
            continue
        try:
            yield await _measured(engine.name)
        except NotSpoken as error:
            yield Silent(engine.name, str(error))


async def _measured(engine: str) -> Speed:
    """Raises NotSpoken, in the words of the process that should have spoken."""
    try:
        with anyio.fail_after(LONGEST_S):
            done = await anyio.run_process([sys.executable, "-m", CHILD, engine], check=False, env=surroundings())
    except TimeoutError:
        raise NotSpoken(f"it did not come to an end within {LONGEST_S:.0f} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotSpoken(said[0][:300] if said else f"its process ended with {done.returncode}")
    return parsed(done.stdout)


def parsed(line: bytes) -> Speed:
    """What `bench_engine` wrote; whatever libraries wrote before it does not count. Raises NotSpoken."""
    try:
        found: Any = json.loads(line.strip().splitlines()[-1])
        return Speed(**{field.name: found[field.name] for field in fields(Speed)})
    except (ValueError, IndexError, KeyError, TypeError):
        raise NotSpoken("its process did not say what it measured") from None


def as_markdown(found: Sequence[Speed | Silent]) -> str:
    """A table for a README."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(one.as_row() for one in found)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
