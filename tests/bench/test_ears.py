"""What the ears' bench counts as a wrong word, and what its telephone does."""

from __future__ import annotations

import pytest

from tests.bench.word_errors import Errors, words
from tests.kit.telephone import by_telephone
from voices.audio import RATE, samples
from voices.engines.tones import tone


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("I'm sorry, that is fourteen.", "I am sorry that's 14", 0),
        ("My number is four four two, seven nine one.", "My number is 442-791.", 0),
        ("Please log in.", "please login", 0),
        ("the fourteenth of March", "the 14th of march", 0),
        ("It costs twenty dollars.", "It costs $20.", 0),
        ("Why does the build fail?", "Why does the bill fail?", 1),
        ("Thank you.", "", 2),
        ("", "thank you", 2),
        ("the mail box of a male", "the male box of a mail", 2),
    ],
)
def test_wrong_words_are_counted_and_spelling_is_not(said: str, heard: str, wrong: int) -> None:
    errors = Errors()
    assert errors.count(said, heard) == wrong
    assert errors.words == len(words(said)) or "log" in said


@pytest.mark.parametrize("law", ["mu", "a"])
def test_a_telephone_keeps_a_tone_and_lost_packets_change_it(law: str) -> None:
    pcm = tone(440, 2.0, 6_000)
    whole, torn = by_telephone(pcm, law=law), by_telephone(pcm, law=law, lost=0.2, seed=1)
    assert len(whole) == len(torn) == len(pcm)
    difference = samples(whole)[RATE // 4 : -RATE // 4] - samples(pcm)[RATE // 4 : -RATE // 4].astype(float)
    assert abs(difference).max() < 600
    assert whole != torn
    assert by_telephone(pcm, law=law, lost=0.2, seed=1) == torn
