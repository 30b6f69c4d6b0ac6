"""One engine, measured: `python -m orchestrator.voice_commands.bench_engine NAME` writes one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from statistics import quantiles
from typing import Final

import anyio
import anyio.to_thread

from orchestrator.config import Settings, load
from orchestrator.errors import NotSpoken
from orchestrator.rosters import lineup_of
from orchestrator.terminal import fail
from orchestrator.voice_commands.bench import Speed
from orchestrator.voice_commands.found import engine_named
from voices.audio import duration_s
from voices.synthesis import Rendering, SynthesisError, Synthesizer

SENTENCES: Final = (
    "Good question.",
    "Let me look that up for you.",
    "It is ten past four, and the build has passed.",
    "I found three articles that agree, and one that does not.",
    "That will take about four minutes; shall I call you back?",
    "Your order number is four two seven nine, and it arrives on Thursday.",
    "First we draw the rooms, then we decide where the doors go, and only then do we talk about the price.",
    "No, it is not safe to do that without a copy, because the old version cannot read the new files.",
)
"""As agents say them on calls: from a filler to a long sentence."""
MOST_VOICES: Final = 4
ROUNDS: Final = 3


async def measure(engine: Synthesizer, renderings: Sequence[Rendering], rounds: int = ROUNDS) -> Speed:
    """Every sentence in every round, the voices in turn. Raises SynthesisError, NotSpoken."""
    before_mb = await anyio.to_thread.run_sync(_memory_mb)
    began_s = anyio.current_time()
    await engine.warm()
    first_s: list[float] = []
    spoken_s = took_s = cpu_s = 0.0
    for number in range(len(renderings)):  # each voice once, uncounted: what is loaded with it is loaded once
        await _say(engine, SENTENCES[0], renderings[number])
    warm_s = anyio.current_time() - began_s
    for number in range(rounds * len(SENTENCES)):
        cpu_began_s = time.process_time()
        heard_s, first, took = await _say(engine, SENTENCES[number % len(SENTENCES)], renderings[number % len(renderings)])
        cpu_s += time.process_time() - cpu_began_s
        first_s.append(first)
        spoken_s, took_s = spoken_s + heard_s, took_s + took
    memory_mb = await anyio.to_thread.run_sync(_memory_mb) - before_mb
    cuts = quantiles(first_s, n=20, method="inclusive")
    return Speed(
        engine.name,
        len({rendering.voice for rendering in renderings}),
        round(1_000 * cuts[9], 1),
        round(1_000 * cuts[18], 1),
        round(took_s / spoken_s, 4),
        round(cpu_s / spoken_s, 4),
        round(max(0.0, memory_mb), 1),
        round(warm_s, 2),
    )


async def _say(engine: Synthesizer, text: str, rendering: Rendering) -> tuple[float, float, float]:
    """Seconds of speech, until its first sound, and until its last. Raises NotSpoken if there was none."""
    began_s, first_s, heard_s = anyio.current_time(), 0.0, 0.0
    async with aclosing(engine.speak(text, rendering)) as sounds:
        async for sound in sounds:
            first_s = first_s or anyio.current_time() - began_s
            heard_s += duration_s(sound.pcm)
    if not heard_s:
        raise NotSpoken(f"{engine.name} said nothing with the voice {rendering.voice}")
    return heard_s, first_s, anyio.current_time() - began_s


def renderings_of(settings: Settings, engine: str) -> list[Rendering]:
    """Of the agents' voices, else of any. Raises NotSpoken."""
    lineup = lineup_of(settings)
    voices = [*dict.fromkeys(agent.voice for agent in lineup.found.agents.values()), *sorted(lineup.voices)]
    parts = (voice.renderings.get(engine) for name in dict.fromkeys(voices) if (voice := lineup.voices.get(name)))
    if not (found := [part for part in parts if part][:MOST_VOICES]):
        raise NotSpoken(f"no voice has a part for {engine}")
    return found


def _memory_mb() -> float:
    """Of this process, now; where the system does not tell, the most it ever had."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize() / 1e6
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


async def _measured(engine: Synthesizer, renderings: Sequence[Rendering]) -> Speed:
    try:
        return await measure(engine, renderings)
    finally:
        with anyio.CancelScope(shield=True):
            await engine.aclose()


def _main(name: str) -> None:
    settings = load().settings
    engine = engine_named(name).make(settings.voices.of(name))
    speed = anyio.run(_measured, engine, renderings_of(settings, name))
    sys.stdout.write(json.dumps(asdict(speed)) + "\n")


if __name__ == "__main__":
    try:
        _main(sys.argv[1])
    except (NotSpoken, SynthesisError) as error:
        fail(str(error), "`pai-voice doctor` shows what is here")
