"""Speech whose words are known, cut where an engine without marks could die: how often a word is lost or said twice then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import anyio
import numpy as np
import yaml

from voices.audio import RATE, resample, samples, to_pcm
from voices.engines.registry import BY_NAME
from voices.handover import HELD_BACK_S
from voices.settings import VoiceSettings
from voices.synthesis import Mark, Rendering, Sound
from voices.voice import load_voices

DATA: Final = Path(__file__).parents[1] / "data"
TEXTS: Final = (
    "Keep the data in one place, and let everything else read from it.",
    "Photographs are stored twice, once at home and once somewhere far away, so that a fire takes only one.",
    "You could use a queue, but then you must think about what happens when the consumer dies in the middle of the work.",
    "Everything that can break will break at night, and somebody will have to get up and look at it with tired eyes.",
    "Most studies agree that the batteries last longer than the cars. The samples are small, though.",
    "Ten minutes to find it, if you start with the lock file. An hour, if you start with an opinion.",
    "It works until the very first voice is gone, and then it goes on with the next one.",
    "Well, that depends: do you want it quickly, cheaply, or well?",
    "The quick answer is no. The long answer is that nobody has measured it, and that you should.",
    "Seven swans swam past the old stone bridge while we were waiting for a bus that never came.",
    "Nothing is lost, because every change is written down before it is made.",
    "We will all be here tomorrow, and the day after, and the day after that.",
    "Internationalization and responsibility are long words, internationalization is the same word again.",
    "No, no, no, not that one, the other one, the one behind it.",
)
VOICES: Final = ("kai", "researcher", "engineer", "architect")
OTHER: Final = {"embedded": "espeak", "espeak": "embedded"}
"""With whose sound an engine's is compared here: never with its own."""
EARLIEST_S, LATEST_S = 0.6, 0.1
"""No cut before so much sound, and none so near to its end."""


def texts(commands: int) -> tuple[str, ...]:
    """Those above, and so many of the callers' commands."""
    data = yaml.safe_load((DATA / "commands.yaml").read_text("utf-8"))
    return (*TEXTS, *[one for one in data["commands"] if len(one) > 20][:commands])


def rendering(engine: str, voice: str, speed: float = 1.0) -> Rendering:
    return replace(load_voices()[voice].renderings[engine], speed=speed)


def spoken(asked: Sequence[tuple[str, Rendering]]) -> list[Sound]:
    """Each whole, with its marks."""

    async def speak() -> list[Sound]:
        engines: dict[str, Any] = {}
        found: list[Sound] = []
        for text, how in asked:
            engine = engines.setdefault(how.engine, BY_NAME[how.engine].make(VoiceSettings().of(how.engine)))
            sounds = [sound async for sound in engine.speak(text, how)]
            found.append(Sound(b"".join(one.pcm for one in sounds), tuple(mark for one in sounds for mark in one.marks)))
        return found

    return anyio.run(speak)


def begins_s(text: str, sound: Sound) -> dict[int, float]:
    """When each word begins. Those that share a mark ("of the", to espeak) share its time by their letters."""
    starts = [word.start() for word in re.finditer(r"\S+", text)]
    chars = [*(mark.char for mark in sound.marks), len(text)]
    times = [*(mark.at_s for mark in sound.marks), len(sound.pcm) / 2 / RATE]
    return {start: float(np.interp(start, chars, times)) for start in starts}


def wrong(text: str, sound: Sound, cut: int, char: int) -> int:
    """Words that are left out, or said twice: what was heard by half counts as heard."""
    begins = begins_s(text, sound)
    ends = [*list(begins.values())[1:], len(sound.pcm) / 2 / RATE]
    return sum(((at + end) / 2 * RATE < cut) != (start < char) for (start, at), end in zip(begins.items(), ends, strict=True))


def cuts(sound: Sound, count: int, seed: int) -> Iterator[tuple[int, int]]:
    """Samples that came, and those of them that were heard already."""
    last_s = len(sound.pcm) / 2 / RATE - LATEST_S
    for at_s in np.random.default_rng(seed).uniform(EARLIEST_S, max(EARLIEST_S, last_s), count):
        yield int(at_s * RATE), max(0, int((at_s - HELD_BACK_S) * RATE))


def through(sound: Sound, rate: int) -> Sound:
    """As it is behind a server that speaks at another rate."""
    return replace(sound, pcm=resample(resample(sound.pcm, RATE, rate), rate, RATE))


def uneven(sound: Sound, seed: int) -> Sound:
    """Faster and slower by up to a fifth within the sentence, its pitch with it, over a little noise."""
    random, step = np.random.default_rng(seed), 4 * RATE // 10
    values = samples(sound.pcm).astype(np.float64)
    knots = np.arange(0, values.size + step, step)
    moved = np.concatenate([[0], np.cumsum(step / random.uniform(0.82, 1.22, knots.size - 1))])
    at = np.interp(np.arange(int(np.interp(values.size, knots, moved))), moved, knots)
    marks = tuple(Mark(mark.char, float(np.interp(mark.at_s * RATE, knots, moved)) / RATE) for mark in sound.marks)
    return Sound(to_pcm(np.interp(at, np.arange(values.size), values) + random.normal(0, 20, at.size)), marks)
