"""Sound without marks, cut anywhere: how often the next engine says a word twice or leaves one out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from anyio import to_thread

from tests.kit.cuts import OTHER, TEXTS, cuts, rendering, spoken, through, uneven, wrong
from voices.alignment import Reference, by_time
from voices.audio import RATE
from voices.catalogue import Catalogue, Fallback
from voices.engines import espeak
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.troubled import Troubled
from voices.synthesis import Rendering, Sound
from voices.voice import Voice

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(bool(espeak.missing(None)), reason="needs espeakng-loader"),
]
VOICES = {"kai": 1.0, "researcher": 1.15}
FAST = Rendering("x", "espeak", -1.0, {"variant": "en-us", "words_per_minute": 190})
SERVER = Rendering("x", "espeak", -1.0, {"variant": "en-us+f3"})


@cache
def said(engine: str, voice: str, speed: float = 1.0) -> tuple[Sound, ...]:
    return tuple(spoken([(text, rendering(engine, voice, speed)) for text in TEXTS]))


@pytest.mark.parametrize("engine", OTHER)
def test_a_cut_without_marks_is_between_two_words(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With real sound of one engine, compared with the other's; tests/bench/alignment.py has more of it."""
    mistakes: list[tuple[int, int]] = []
    for voice, speed in VOICES.items():
        for number, (text, sound, reference) in enumerate(
            zip(TEXTS, said(engine, voice, speed), said(OTHER[engine], "baritone"), strict=True)
        ):
            heard = (sound, through(sound, 48_000), uneven(sound, number))[number % 3]
            for received, released in cuts(heard, 2, number):
                pcm = heard.pcm[: 2 * received]
                found = Reference(reference, text).word_after(pcm, released)
                assert released <= found[0] <= received
                mistakes.append((wrong(text, heard, *found), wrong(text, heard, *by_time(pcm, released, text))))
    right = [sum(not one[way] for one in mistakes) / len(mistakes) for way in (0, 1)]
    with capsys.disabled():
        print(f"\n{engine}: no word lost or said twice: {right[0]:.1%} of {len(mistakes)} compared, {right[1]:.1%} by time alone")
    assert right[0] >= 0.85  # 0.93 to 0.98, for espeak makes its noise anew each time
    assert right[0] > 1.5 * right[1]
    assert max(one[0] for one in mistakes) <= 3


@pytest.mark.parametrize("after_s", [0.7, 1.4, 2.2])
async def test_an_engine_without_marks_hands_over_between_two_words(after_s: float) -> None:
    class Named(EspeakSynthesizer):
        name = "server"

    server = Troubled(Named(), "error", after_s=after_s, marks=False)
    voices = {"kai": Voice("kai", "A voice.", {"server": replace(SERVER, engine="server"), "espeak": FAST})}
    parts = [part async for part in Catalogue(voices, [server, EspeakSynthesizer()], aligns=True).speak(TEXTS[1], "kai")]
    (fallback,) = [part for part in parts if isinstance(part, Fallback)]
    by_server = [part for part in parts[: parts.index(fallback)] if isinstance(part, Sound)]
    cut = sum(len(part.pcm) for part in by_server) // 2
    assert wrong(TEXTS[1], (await to_thread.run_sync(spoken, [(TEXTS[1], SERVER)]))[0], cut, fallback.char) == 0
    told = [mark.char for part in parts if isinstance(part, Sound) for mark in part.marks]
    assert told == sorted(set(told))
    assert told[0] == 0


def test_without_a_usable_reference_it_is_estimated() -> None:
    sound = spoken([(TEXTS[0], SERVER)])[0]
    for reference in (Sound(b""), Sound(sound.pcm), Sound(bytes(100), sound.marks)):
        assert Reference(reference, TEXTS[0]).word_after(sound.pcm, 0) == by_time(sound.pcm, 0, TEXTS[0])
    assert by_time(b"", 0, "") == (0, 0)
    assert by_time(bytes(RATE * 2 * 60), 59 * RATE, "Long over.")[1] == len("Long over.")


def test_any_sound_and_any_reference_give_a_cut_in_what_is_there() -> None:
    """Shorter than a window, silent, or with marks behind the end: the cut stays within, and at a word or the end."""
    sound = spoken([(TEXTS[0], SERVER)])[0]
    late = Sound(sound.pcm[:8_000], sound.marks)
    for heard in (b"", bytes(700), bytes(1_600), bytes(64_000), sound.pcm[:900], sound.pcm):
        for released in {0, len(heard) // 4, len(heard) // 2}:
            for reference in (sound, late, Sound(bytes(32_000), sound.marks), replace(sound, marks=sound.marks[:1])):
                cut, char = Reference(reference, TEXTS[0]).word_after(heard, released)
                assert released <= cut <= max(released, len(heard) // 2)
                assert char in {len(TEXTS[0]), *(mark.char for mark in sound.marks)}
