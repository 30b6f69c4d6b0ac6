"""What recognisers write for a name sounds like it; ordinary words that look like it do not."""

from __future__ import annotations

import pytest

from orchestrator.sound_alike import sound, tellable


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("Engineer", "engine ear"),
        ("Engineer", "injuneer"),
        ("Engineer", "Ingénieur"),
        ("Architect", "arch a tect"),
        ("Architect", "arky tekt"),
        ("Architect", "archie tect"),
        ("Researcher", "re-searcher"),
        ("Researcher", "resurcher"),
        ("Philippa", "filipa"),
        ("Xander", "ksander"),
    ],
)
def test_alike(name: str, heard: str) -> None:
    assert sound(name) == sound(heard)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Engineer", "engineers"),
        ("Engineer", "engineering"),
        ("Engineer", "engine"),
        ("Engineer", "an engineer"),
        ("Architect", "architecture"),
        ("Researcher", "research"),
        ("Researcher", "researched"),
        ("Marcus", "market"),
    ],
)
def test_not_alike(name: str, word: str) -> None:
    assert sound(name) != sound(word)


@pytest.mark.parametrize(("name", "tells"), [("Engineer", True), ("Marcus", True), ("Kai", False), ("李", False)])
def test_short_names_sound_like_too_much(name: str, tells: bool) -> None:
    assert tellable(sound(name)) is tells
