"""The small dictionary answers as a dict does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voices.engines.word_table import WordTable

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(st.none(), WORDS, st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), st.none()), max_size=3))


@given(words=st.dictionaries(WORDS, VALUES, max_size=30), others=st.lists(st.text(max_size=8), max_size=10))
def test_it_answers_as_a_dict_does(words: dict[str, object], others: list[str]) -> None:
    table = WordTable(words)
    assert len(table) == len(words)
    for word in (*words, *others):
        assert table.get(word) == words.get(word)


def test_a_lone_surrogate_is_no_word() -> None:
    assert WordTable({"?": "b"}).get("\ud800") is None
