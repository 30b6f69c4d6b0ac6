"""Exact things for the ear: every sign is said, or it is said that something is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.aloud import LONGEST, Signs

SIGNS = Signs(names={"-": "dash", "/": "slash", "&&": "and", ";": "then", "://": "to"}, other="a sign", more="and more")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("git push origin main", "git push origin main"),
        ("git push --force origin", "git push, dash dash force, origin"),
        ("find -la -name x", "find, dash l a, dash name, x"),
        ("a && b", "a, and, b"),
        ("a;b", "a, then, b"),
        ("a\nb", "a, then, b"),
        ("a \\\nb", "a b"),
        ("http://a/b", "http to a slash b"),
        ("naïve 2x", "naïve 2x"),
        ("a\u202e\x07\u2028b", "a a sign b"),
    ],
)
def test_each_sign_is_said(text: str, said: str) -> None:
    assert SIGNS.aloud(text).text == said


@given(st.lists(st.text(max_size=400), max_size=4))
def test_all_is_said_or_it_is_said_that_it_is_not(things: list[str]) -> None:
    aloud = SIGNS.aloud(*things)
    assert aloud.text.endswith(SIGNS.more) or aloud.whole
    assert len(aloud.text) <= LONGEST + len(f", {SIGNS.more}")
    assert all(character.isalnum() or character in " ," for character in aloud.text)
