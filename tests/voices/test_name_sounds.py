"""How names sound, by rule: for telling which ones a telephone takes for each other."""

from __future__ import annotations

import pytest

from voices.engines.pronunciation import guess, known


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("Kai", "K AY"),
        ("juno", "JH AH N OW"),
        ("Phil", "F IH L"),
        ("mika", "M IH K AH"),
        ("Dave", "D EY V"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_names_are_spelled_in_sounds(word: str, phones: str) -> None:
    assert (known(word) or guess(word)) == phones
