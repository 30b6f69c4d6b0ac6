"""Engines get another text than the one that was given; what was said of it is counted in the one that was given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.catalogue import Catalogue, Fallback
from voices.engines.tones import TonesSynthesizer
from voices.engines.troubled import Troubled
from voices.synthesis import Rendering, Sound
from voices.voice import Voice
from voices.wording import Wording, as_written, moved

TEXT = "It takes 1.5 s, costs $3 and is done. Really [laugh] done."
SPOKEN = {"1.5": "one point five", "s,": "seconds,", "$3": "three dollars", "[laugh]": ""}
VOICES = {"kai": Voice("kai", "A voice.", {name: Rendering("kai", name) for name in ("first", "second", "third")})}


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@dataclass
class Spelled:
    text: str
    origins: list[int]

    def origin(self, char: int) -> int:
        return self.origins[char] if char < len(self.origins) else len(TEXT)


def spelled(text: str, _language: str, tags: frozenset[str]) -> Wording:
    """Longer than it is written, each word from where it stands; tags out, unless they are kept."""
    found = Spelled("", [])
    for word in re.finditer(r"\S+\s*", text):
        written = word[0].rstrip()
        spoken = written if written.strip("[]") in tags else SPOKEN.get(written, written)
        spoken += " " if spoken else ""
        found.text += spoken
        found.origins += [word.start()] * len(spoken)
    return found


async def say(*engines: Any) -> tuple[list[int], list[Fallback], list[Sound]]:
    parts = [part async for part in Catalogue(VOICES, engines, words=spelled).speak(TEXT, "kai")]
    sounds = [part for part in parts if isinstance(part, Sound)]
    return [mark.char for sound in sounds for mark in sound.marks], [part for part in parts if isinstance(part, Fallback)], sounds


WRITTEN = [word.start() for word in re.finditer(r"\S+", TEXT) if word[0] != "[laugh]"]


async def test_marks_point_into_the_text_that_was_given() -> None:
    engine = Troubled(TonesSynthesizer(name="first"))
    marks, _, _ = await say(engine)
    assert engine.asked == ["It takes one point five seconds, costs three dollars and is done. Really done. "]
    assert marks == WRITTEN


@pytest.mark.parametrize("after_s", [0.2, 0.9, 1.2, 1.6, 2.4, 3.0, 3.9])
async def test_in_the_middle_of_a_number_the_next_engine_says_the_rest_of_it(after_s: float) -> None:
    first = Troubled(TonesSynthesizer(name="first"), "error", after_s=after_s)
    second = Troubled(TonesSynthesizer(name="second"))
    marks, (fallback,), sounds = await say(first, second)
    assert marks == WRITTEN
    assert first.asked[0].endswith(second.asked[0])
    assert fallback.char in WRITTEN
    whole = sum(len(sound.pcm) for sound in (await say(TonesSynthesizer(name="first")))[2])
    assert sum(len(sound.pcm) for sound in sounds) == pytest.approx(whole, abs=1_000)


@given(st.integers(0, 80))
def test_another_wording_goes_on_where_the_first_one_was(char: int) -> None:
    with_tag = spelled(TEXT, "en", frozenset({"laugh"}))
    without = spelled(TEXT, "en", frozenset())
    after = moved(min(char, len(without.text)), without, with_tag)
    assert with_tag.origin(after) >= without.origin(min(char, len(without.text)))
    assert after == 0 or with_tag.origin(after - 1) < without.origin(min(char, len(without.text)))
    assert moved(char, as_written(TEXT, "en", frozenset()), as_written(TEXT, "en", frozenset())) == char
