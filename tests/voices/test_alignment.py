"""Sound without marks, cut anywhere: how often the next engine says a word twice or leaves one out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

import anyio
import numpy as np
import pytest
from anyio import to_thread

from voices.alignment import by_time, word_after
from voices.audio import RATE
from voices.catalogue import Catalogue, Fallback
from voices.engines import espeak
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.registry import BY_NAME
from voices.engines.troubled import Troubled
from voices.settings import VoiceSettings
from voices.synthesis import Rendering, Sound
from voices.voice import Voice

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(bool(espeak.missing(None)), reason="needs espeakng-loader"),
]
TEXTS: Final = (
    "Keep the data in one place, and let everything else read from it.",
    "Photographs are stored twice, once at home and once somewhere far away, so that a fire takes only one.",
    "You could use a queue, but then you must think about what happens when the consumer dies in the middle of the work.",
    "Everything that can break will break at night, and somebody will have to get up and look at it with tired eyes.",
    "Most studies agree that the batteries last longer than the cars. The samples are small, though.",
    "Ten minutes to find it, if you start with the lock file. An hour, if you start with an opinion.",
)
HELD: Final = 3 * RATE // 10
REFERENCE: Final = Rendering("x", "espeak", -1.0, {"variant": "en-gb-x-rp+m4", "pitch": 74, "words_per_minute": 145})
VOICES: Final = (
    Rendering("x", "espeak", -1.0, {"variant": "en-us+f3"}),
    Rendering("x", "espeak", -1.0, {"variant": "en-us", "words_per_minute": 190}),
    *((Rendering("x", "embedded"),) if "embedded" in BY_NAME else ()),
)


@lru_cache
def said(text: str, number: int) -> Sound:
    rendering = REFERENCE if number < 0 else VOICES[number]

    async def speak() -> Sound:
        engine = BY_NAME[rendering.engine].make(VoiceSettings().of(rendering.engine))
        sounds = [sound async for sound in engine.speak(text, rendering)]
        return Sound(b"".join(sound.pcm for sound in sounds), tuple(mark for sound in sounds for mark in sound.marks))

    return anyio.run(speak)


def wrong(sound: Sound, cut: int, char: int) -> int:
    """Words that are left out, or said twice: what was heard by half counts as heard."""
    ends_s = [*(mark.at_s for mark in sound.marks[1:]), len(sound.pcm) / 2 / RATE]
    middles = [(mark.char, RATE * (mark.at_s + end_s) / 2) for mark, end_s in zip(sound.marks, ends_s, strict=True)]
    return sum((middle < cut) is not (start < char) for start, middle in middles)


@pytest.mark.parametrize("number", range(len(VOICES)))
def test_a_cut_without_marks_is_mostly_between_two_words(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    cuts = np.random.default_rng(11)
    mistakes: list[tuple[int, int]] = []
    for text in TEXTS:
        sound = said(text, number)
        for at_s in cuts.uniform(0.6, len(sound.pcm) / 2 / RATE - 0.3, 5):
            heard, released = sound.pcm[: 2 * int(at_s * RATE)], int(at_s * RATE) - HELD
            compared = word_after(heard, released, text, said(text, -1))
            mistakes.append((wrong(sound, *compared), wrong(sound, *by_time(heard, released, text))))
            assert released <= compared[0] <= len(heard) // 2
    right = [sum(not one[way] for one in mistakes) / len(mistakes) for way in (0, 1)]
    with capsys.disabled():
        print(f"\n{VOICES[number].options}: no word lost or said twice: {right[0]:.0%} compared, {right[1]:.0%} by time alone")
    assert right[0] >= 0.65
    assert right[0] >= right[1] + 0.1
    assert max(one[0] for one in mistakes) <= 2


@pytest.mark.parametrize("after_s", [0.7, 1.4, 2.2])
async def test_an_engine_without_marks_hands_over_between_two_words(after_s: float) -> None:
    class Named(EspeakSynthesizer):
        name = "server"

    server = Troubled(Named(), "error", after_s=after_s, marks=False)
    voices = {"kai": Voice("kai", "A voice.", {"server": replace(VOICES[0], engine="server"), "espeak": REFERENCE})}
    parts = [part async for part in Catalogue(voices, [server, EspeakSynthesizer()], aligns=True).speak(TEXTS[1], "kai")]
    (fallback,) = [part for part in parts if isinstance(part, Fallback)]
    by_server = [part for part in parts[: parts.index(fallback)] if isinstance(part, Sound)]
    cut = sum(len(part.pcm) for part in by_server) // 2
    assert wrong(await to_thread.run_sync(said, TEXTS[1], 0), cut, fallback.char) == 0
    told = [mark.char for part in parts if isinstance(part, Sound) for mark in part.marks]
    assert told == sorted(set(told))
    assert told[0] == 0


def test_without_a_usable_reference_it_is_estimated() -> None:
    sound = said(TEXTS[0], 0)
    for reference in (Sound(b""), Sound(sound.pcm), Sound(bytes(100), sound.marks)):
        assert word_after(sound.pcm, 0, TEXTS[0], reference) == by_time(sound.pcm, 0, TEXTS[0])
    assert by_time(b"", 0, "") == (0, 0)
    assert by_time(bytes(RATE * 2 * 60), 59 * RATE, "Long over.")[1] == len("Long over.")
