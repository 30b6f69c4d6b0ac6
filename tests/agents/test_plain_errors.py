"""What pydantic finds wrong, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]

from agents.plain_errors import described, fields, leaves, plain, told


class Inner(BaseModel, extra="forbid"):
    url: str | None = Field(default=None, description="An address.")
    port: int = 1


class Outer(BaseModel, extra="forbid"):
    one: Inner | None = None
    many: Mapping[str, Inner] = {}
    listed: tuple[Inner, ...] = ()
    name: str = Field(min_length=1)


@pytest.mark.parametrize("known", list_all_errors(), ids=lambda known: known["type"])
def test_nothing_that_the_library_says_is_told(known: Any) -> None:
    """Every kind of error there is, with and without what it says of itself."""
    given = {**(known.get("example_context") or {}), "error": ValueError("ours")}
    for context in (given, {}):
        error: Any = {"type": known["type"], "loc": ("key",), "msg": known["example_message_python"], "input": 0, "ctx": context}
        words = plain(error)
        assert words
        assert known["example_message_python"] not in words
        assert not re.search(r"[Ii]nput should|valid|\{|regex|dictionary|instance", words)


def test_the_words_of_our_own_checks_are_kept() -> None:
    error: Any = {"type": "value_error", "loc": (), "msg": "Value error, x", "input": 0, "ctx": {"error": ValueError("write 5")}}
    assert plain(error) == "write 5"


def test_fields_are_found_where_people_give_names() -> None:
    assert set(fields(Outer, ("many", "url"))) == set(fields(Outer, ("one",))) == set(fields(Outer, ("listed", 3)))
    assert described(Outer, ("many", "x", "url")) == described(Outer, ("listed", 0, "url")) == "An address."
    assert not fields(Outer, ("nobody", "knows"))
    assert ("many", "*", "port") in set(leaves(Outer))


def test_a_key_that_is_misspelt_is_not_missing_too() -> None:
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate({"nmae": "x", "one": {"port": "y"}})
    assert [error["loc"] for error in told(raised.value.errors(), Outer)] == [("one", "port"), ("nmae",)]
