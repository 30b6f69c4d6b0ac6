"""Expressions in linear time: what they take, what they refuse, and with which words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import linear
from tests.kit.growth import is_linear

PARTS = st.sampled_from(
    [r"\w", r"\W", r"\d", "[a-zß]", r"[^\w]", r"[\d.]", ".", "ü", "x", r"\.", "a*", r"\w+", "(?:ab|a)", "^", "$"]
)


@given(st.lists(PARTS, max_size=4).map("".join), st.text("aAbüÜxß3٣ ._", max_size=8))
def test_a_written_expression_finds_what_re_finds(pattern: str, text: str) -> None:
    assert linear.found(linear.written(pattern), text) == bool(re.search(pattern, text, re.IGNORECASE))


@pytest.mark.parametrize("pattern", ["(?=a)b", "a(?!b)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<x>a)(?P=x)"])
def test_what_takes_too_long_is_refused_with_the_fix(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is not a regular expression; .*: write it without"):
        linear.written(pattern)


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a" * 2_000, "(?:a{1000}){1000}", "\ud800", "[[:none:]]"])
def test_what_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is not a regular expression; |it has 2,000 characters"):
        linear.written(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(?:a|aa)*c", r"(?:\w+\s?)+!", "(?:.*a){12}", r"\s+$"])
def test_a_slow_one_is_none_here(pattern: str) -> None:
    assert is_linear(lambda text: linear.found(linear.written(pattern), text), lambda size: "a " * size + "x", 1_000)
