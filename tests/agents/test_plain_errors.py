"""What pydantic finds wrong, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]

from agents.plain_errors import described, fields, leaves, nearest, plain, told
from agents.strict import Strict


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


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("silense_s", "goodbye_s moment_s noise_s still_there_s", None),
        ("max_minutes_per_call", "max_minutes max_usd_per_call", None),
        ("mcpServers", "server tools", None),
        ("goodby_s", "goodbye_s moment_s", "goodbye_s"),
        ("endCall", "end_call recall", "end_call"),
        ("end-cal", "end_call recall", "end_call"),
        ("PAI_VOICE_PATIENCE__NOIS_S", "PAI_VOICE_PATIENCE__NOISE_S PAI_VOICE_HOME", "PAI_VOICE_PATIENCE__NOISE_S"),
        ("PAI_VOICE_PATIENCE__SILENSE_S", "PAI_VOICE_PATIENCE__STILL_THERE_S PAI_VOICE_PATIENCE__NOISE_S", None),
    ],
)
def test_only_what_was_meant_is_suggested(word: str, known: str, near: str | None) -> None:
    assert nearest(word, known.split()) == near


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=3), st.sampled_from(["", "_s", "_per_day"]))
def test_a_name_that_is_written_in_another_way_is_known(words: list[str], unit: str) -> None:
    name = "_".join(words) + unit
    for written in (name, name.replace("_", "-"), name.upper(), "_".join(part.title() for part in name.split("_"))):
        assert nearest(written, ["zzzzzzzzz", name]) == name


def test_a_number_without_end_is_none() -> None:
    class Waits(Strict):
        idle_s: float = Field(default=1.0, gt=0)

    for number in ("inf", "-inf", "nan"):
        with pytest.raises(ValidationError) as raised:
            Waits(idle_s=float(number))
        assert plain(raised.value.errors()[0]) == "must be a number, such as 1.5"
