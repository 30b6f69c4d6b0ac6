"""What inline Markdown loses on its way to the voice: marks, and no meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.markdown import plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It returns List<int> and Map<String, int>.", "It returns List<int> and Map<String, int>."),
        ("Write to <info@example.com>.", "Write to info@example.com."),
        ("Use <name> here, not <b>this</b> or <br/>.", "Use <name> here, not this or."),
        ('<a href="x">link</a> and <x y="z">', "link and"),
        ("Then 10 - 3 = 7, x - y, 10 – 15 tries.", "Then 10 - 3 = 7, x - y, 10 – 15 tries."),
        ("It works - mostly - today", "It works, mostly, today"),
        ("Home | About", "Home, About"),
        ("2 ** 10 and 2**10", "2 ^ 10 and 2^10"),
        ("a || b and c && d", "a || b and c && d"),
        ("Not `C#` but `foo()`", "Not C# but foo()"),
        ("Set `x = 5` with `--dry-run`", "Set x = 5 with --dry-run"),
        ("Run `x = f(1)[2]` or `{}`", "Run some code or some code"),
        ("#42 is 5 * 3", "#42 is 5 × 3"),
    ],
)
def test_nothing_that_means_something_is_lost(text: str, said: str) -> None:
    assert plain(text) == said


@given(st.lists(st.sampled_from([*"a1 -–*|<>_`()[]#", "<b>", "**", " - ", "5"]), max_size=40).map("".join))
def test_any_text_is_words_or_nothing(text: str) -> None:
    said = plain(text)
    assert said == "" or any(map(str.isalnum, said))
    assert sum(map(str.isdigit, said)) >= sum(map(str.isdigit, text)) or "`" in text or "[" in text or "<" in text
