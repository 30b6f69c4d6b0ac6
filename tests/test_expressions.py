"""No regular expression of ours takes more than linear time: told by its structure here, measured by `make bench-trust`."""

from __future__ import annotations

import ast

import pytest

from tests.kit.ambiguity import ambiguity
from tests.kit.expressions import PRODUCT, Expression, call_sites, found
from tests.kit.pumping import slow

# The whole product is imported by a process of its own, and an automaton built of each expression.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
ROOMS = [f"{package}/{part}" for package in PRODUCT for part in ("a-m", "n-z")]


def _of(room: str) -> list[Expression]:
    package, _, part = room.partition("/")
    inside = [each for each in found() if each.engine == "re" and each.file.startswith(f"{package}/")]
    return [each for each in inside if (each.file.rpartition("/")[2] < "n") == (part == "a-m")]


@pytest.mark.parametrize("room", ROOMS)
def test_no_expression_reads_a_text_in_more_ways_than_grow_with_it(room: str) -> None:
    """The other half run on google-re2, where none can."""
    told = {str(each): ambiguity(each.pattern, each.flags, anchored=each.use != "search", whole=each.use == "fullmatch")
            for each in _of(room)}  # fmt: skip
    assert {each: why for each, why in told.items() if why} == {}


def test_every_expression_is_looked_at() -> None:
    """Also those that are put together while something runs: `_use_them` of tests/kit/expressions.py has each compiled once."""
    seen = {(each.file, each.line) for each in found()}
    made = [(file, call) for file, call in call_sites() if not isinstance(call.args[0], ast.Constant)]
    lines = {(file, call.lineno): range(call.lineno, (call.end_lineno or call.lineno) + 1) for file, call in made}
    assert [place for place, span in lines.items() if not any((place[0], line) in seen for line in span)] == []
    assert any(each.engine == "re2" for each in found())


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:a|b|ab)*c", r"(?:a|a)*b", r"(a*)*b", r"(?:a?b?)*c", r"(?:\w+\s?)+!", r"(x+x+)+y",  # exponential
        r"\s+$", r"[a-z]+x", r"\w*\d*!", r"(?:\d+,)*\d+!", r"<[^>]*>", r"(?m)^\s*a", r"(?=\d+x)\w", r".*a.*b", r"\w(?:\w*c)?",
        r"(?<!\d)\w+!", r"a.{0,500}b", r"(\w)\1*!", r'"((?:[^"\\]|\\.)*)"',
    ],
)  # fmt: skip
def test_a_slow_one_is_found_by_its_structure(pattern: str) -> None:
    assert ambiguity(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w+", r"(?<!\w)\w+!", r"\b\w+!", r"^\s*a", r"\d{1,20}x", r"\(([^()]*)\)", r"(?<!\d)\d+(?!\w)",
        r"(?:[A-Z](?![a-z]))+", r"x+",
    ],
)  # fmt: skip
def test_a_linear_one_is_left_in_peace(pattern: str) -> None:
    assert ambiguity(pattern) == ""


def test_how_it_is_used_decides() -> None:
    assert ambiguity(r"\w*\d*!", anchored=True)
    assert ambiguity(r"\w*\d*", anchored=True) == ""
    assert ambiguity(r"\w*\d*", anchored=True, whole=True)
    assert ambiguity(r"\w*!", anchored=True, whole=True) == ""


def test_a_slow_one_is_found_by_measuring() -> None:
    assert slow(Expression("x.py", 1, r"(?:a|b|ab)*c"), 300)
    assert slow(Expression("x.py", 1, r"(?:\d{1,12}-?){1,6}(?!\d)x"), 300)
    assert slow(Expression("x.py", 1, r"\s+$"), 10_000)
