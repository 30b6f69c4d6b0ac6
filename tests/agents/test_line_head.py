"""How a line begins: marks within marks, rows of them, and pictures take no recursion and no more than linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.line_head import Head, Kind, LineHead
from agents.speakable import sentences
from agents.spoken import Sentences
from tests.kit.growth import is_linear

DEEP = (">", "> ", "1. ", "- 1) ", "- ", "* > ", "> - 1. ", "- # ")


def head(line: str, *, first: bool = False, names: tuple[str, ...] = ()) -> Head:
    reads = LineHead(first=first, names=names)
    for at, character in enumerate(line):
        if found := reads.take(character):
            return Head(found.kind, found.rest + line[at + 1 :])
    return reads.end()


def spoken(text: str) -> list[str]:
    says = Sentences(names=("Kai",))
    return says.push(text) + says.finish()


@pytest.mark.parametrize("mark", DEEP)
def test_marks_within_marks_are_dropped_however_deep(mark: str) -> None:
    assert spoken(mark * 600 + "Hello.") == ["Hello."]
    assert sentences(mark * 600 + "Hello.", 3) == "Hello."


@pytest.mark.parametrize(
    ("line", "kind", "rest"),
    [
        ("> > quoted", Kind.ITEM, "quoted"),
        ("- - - -", Kind.NOTHING, ""),
        ("- - - - done", Kind.ITEM, "done"),
        ("😀😀 😀", Kind.NOTHING, ""),
        ("😀😀 hello", Kind.TEXT, "😀😀 hello"),
        ("🎯 COMPLETED: It is done.", Kind.ITEM, " It is done."),
        ("# ", Kind.TEXT, "# "),
        ("##   Plan", Kind.HEADING, "Plan"),
        ("   ", Kind.BLANK, ""),
        ("> ```py", Kind.FENCE, "```py"),
    ],
)
def test_kinds(line: str, kind: Kind, rest: str) -> None:
    assert head(line) == Head(kind, rest)


def test_a_name_in_front_is_not_said() -> None:
    assert head("**Kai:** - *Hello*", first=True, names=("Kai",)) == Head(Kind.ITEM, "*Hello*")
    assert head("[Engineer]: Hello", first=True) == Head(Kind.TEXT, "Hello")


@given(
    st.lists(st.sampled_from(["> ", "- ", "1. ", "# ", "**", "😀", "`", "a", " ", "[", "]", "Kai:", "TASK:", "\n", "🗣️"])).map(
        "".join
    )
)
def test_how_a_line_is_cut_changes_nothing(text: str) -> None:
    whole, cut = Sentences(names=("Kai",)), Sentences(names=("Kai",))
    assert whole.push(text) + whole.finish() == [piece for one in text for piece in cut.push(one)] + cut.finish()


ROWS = (
    *DEEP,
    "😀",
    "😀 ",
    "**",
    "- - ",
    "`",
    "#",
    "[",
    "_",
    " ",
    "COMPLETED",
    "*COMPLETED",
    "STORY EXPLANATIO\n",
    "12",
    "<",
    "](",
    "。",
    "`。",
    "a",
    "~~~\n",
)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_takes_time_in_proportion_to_its_length(row: str) -> None:
    assert is_linear(spoken, lambda size: row * (size // len(row)) + "Hello.", 4_000)
