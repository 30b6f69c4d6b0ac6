"""One name, however it is written, is one name; two names stay two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.folding import folded, spelt


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jörg", "Jo\u0308rg"),
        ("José", "jose"),
        ("O’Brien", "o'brien"),
        ("J.A.R.V.I.S.", "Jarvis"),
        ("Weiß", "WEISS"),
        ("Ａｖａ", "ava"),
        ("И\u0306ван", "йван"),
        ("Łukasz", "łUKASZ"),
        ("Łukasz", "Lukasz"),
        ("Søren", "soren"),
        ("Ǿ", "O"),
        ("Ælfric", "aelfric"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("कि", "का"), ("Иван", "Йван"), ("Ava", "Eva"), ("Dr. No", "Drno")])
def test_two_names(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_canonical_forms_are_one(text: str, form: str) -> None:
    assert folded(unicodedata.normalize(form, text)) == folded(text)  # type: ignore[arg-type]


def test_capitals_stay_where_they_are_asked_for() -> None:
    assert spelt("É.T. calls José") == "ET calls Jose"
