"""Exact things for the ear: every sign is said, and a secret is said to be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.aloud import SECRET, Signs, seconds
from agents.permission import WorkWords
from tests.agents.stage import PROMPTS

SIGNS = Signs(
    names={"-": "dash", "/": "slash", "&&": "and", ";": "then", "://": "to", '"': "quote", "'": "quote", "|": "into"},
    other="a sign",
    secret="a secret",
    hash="the one that begins with {start}",
    empty="nothing",
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ""),
        (["git", "push", "origin", "main"], "git push origin main"),
        (["git", "push", "--force", "origin"], "git push, dash dash force, origin"),
        (["find", "-la", "-name", "x"], "find, dash l a, dash name, x"),
        (["a", "|", "b"], "a, into, b"),
        (["http://a/b"], "http to a slash b"),
        (["echo", "a b", ""], "echo quote a b quote nothing"),
        (["naïve", "2x"], "naïve 2x"),
        (["a\u202e\x07b"], "a a sign b"),
        (["рrod"], "a sign rod"),  # its first letter is Cyrillic
        ([f"x{SECRET}"], "x a secret"),
        (["0123456789abcdef0123456789abcdef01234567"], "the one that begins with 0 1 2 3 4 5 6"),
    ],
)
def test_each_sign_of_a_command_is_said(words: list[str], said: str) -> None:
    assert SIGNS.command(words) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fix it. Then go!", "Fix it, Then go"),
        ('say "hi", to (all)', "say hi, to all"),
        ("see a/b", "see a slash b"),
        ("it's", "it quote s"),
        ("", ""),
    ],
)
def test_prose_is_said_as_prose(text: str, said: str) -> None:
    assert SIGNS.text(text) == said


WHOLE = WorkWords.read(PROMPTS).signs


@given(st.lists(st.text(max_size=400), max_size=4))
def test_nothing_but_words_is_said(words: list[str]) -> None:
    for said in (WHOLE.command(words), WHOLE.text(" ".join(words))):
        assert all(character.isalnum() or character in " ," for character in said)


def test_what_is_longer_takes_longer() -> None:
    assert 3 < seconds("The Engineer wants to push to the branch main of origin. Yes or no?") < 6
    assert seconds("12345678") > seconds("word")
