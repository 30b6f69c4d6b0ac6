"""What comes in is cut, repaired and normalised at the edge, and takes no time whatever it is."""

from __future__ import annotations

import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import bounds
from agents.claude_reply import Reply
from agents.errors import BrokenOff, ToolError
from agents.pai_wire import Broke, Done, NoMessage, Says, Wants, from_worker, pack
from agents.speakable import phrase, sentences
from agents.spoken import Sentences
from agents.tools import Inputs, Tool
from tests.kit.growth import is_linear
from voices.recognition import Heard
from voices.spoken_form import spoken_form

LONG = (
    "😀", "a", "1", "a\u0316\u0301", "[", "> ", "(`", "<!--", "](", "a b ", "1,", "\ud800", "é", "-", "“", "\ue000", "+1", "a@",
    "a.b/", "%", "0-", "'a", "x=",
)  # fmt: skip


@given(st.text(st.characters(), max_size=200), st.integers(1, 100))
def test_any_text_comes_out_whole_and_short(raw: str, most: int) -> None:
    text = bounds.text(raw, most)
    assert len(text) <= most
    assert text.encode().decode() == text
    assert unicodedata.is_normalized("NFC", text)
    assert bounds.text(text, most) == text


def test_halves_of_a_sign_are_joined_also_where_the_stream_is_cut() -> None:
    answer = bounds.Answer()
    assert "".join([*answer.take("so \ud83d"), *answer.take("\ude00!")]) == "so 😀!"
    assert bounds.text("\ud83d\ude00", 9) == "😀"


def test_an_answer_without_end_is_cut_in_small_pieces() -> None:
    answer = bounds.Answer()
    pieces = [piece for _ in range(100) for piece in answer.take("word " * 1_000)]
    assert sum(map(len, pieces)) == bounds.ANSWER_CHARS
    assert max(map(len, pieces)) <= bounds.DELTA_CHARS


@pytest.mark.parametrize(
    "raw", ["[" * 100_000, "[" * 900 + "]" * 900, '{"a":' * 5_000 + "1" + "}" * 5_000, '[1, {"a": ' * 70 + "1" + "}]" * 70]
)
def test_deep_data_is_refused_in_our_own_words(raw: str) -> None:
    with pytest.raises(bounds.TooMuch):
        bounds.data(raw)
    with pytest.raises(NoMessage):
        from_worker(b'{"Wants": {"ask": "a", "tool": "b", "input": {"c": ' + raw.encode() + b"}}}")


@pytest.mark.parametrize("kind", [0, "d"])
def test_a_tool_is_not_called_with_what_is_nested_too_deeply(kind: object) -> None:
    given: object = kind
    for _ in range(500):
        given = {"note": given}
    tool = Tool("keep", "Keeps it.", Inputs)
    with pytest.raises(ToolError):
        tool.check(given)


def test_a_tools_input_without_end_breaks_the_answer_off() -> None:
    reply = Reply()
    list(reply.take(_event("content_block_start", index=0, content_block=SimpleNamespace(type="tool_use", id="1", name="keep"))))
    delta = SimpleNamespace(type="input_json_delta", partial_json="1" * 6_000)
    list(reply.take(_event("content_block_delta", index=0, delta=delta)))
    with pytest.raises(BrokenOff):
        list(reply.take(_event("content_block_delta", index=0, delta=delta)))


def _event(kind: str, **fields: object) -> SimpleNamespace:
    return SimpleNamespace(type=kind, **fields)


@pytest.mark.parametrize("long", LONG)
def test_a_megabyte_from_a_worker_is_a_short_line(long: str) -> None:
    text = long * (1_000_000 // len(long))
    for message in (Says(text, False), Done(text, text), Broke("crashed", text), Wants("1", "Write", {"content": text})):
        assert len(pack(message)) < 8 * 2 * bounds.WORK_CHARS
        from_worker(pack(message)[:-1])
    assert from_worker(pack(Wants("1", "Bash", {"command": "ls " * 9_000}))[:-1]) == Wants(
        "1", "Bash", {"command": "ls " * 9_000}
    )


@pytest.mark.parametrize("long", LONG)
def test_a_megabyte_from_a_recogniser_is_an_utterance(long: str) -> None:
    assert len(Heard(long * (1_000_000 // len(long)), final=True, engine="test").text) <= bounds.HEARD_CHARS


@pytest.mark.parametrize("long", LONG)
@pytest.mark.parametrize("reads", [sentences, phrase, spoken_form, Sentences], ids=["sentences", "phrase", "spoken", "stream"])
def test_long_texts_take_time_in_proportion(long: str, reads: object) -> None:
    def read(text: str) -> object:
        text = bounds.text(text, len(text))
        match reads:
            case _ if reads is sentences:
                return sentences(text, 1_000)
            case _ if reads is Sentences:
                return Sentences().push(text)
            case _:
                return phrase(text) if reads is phrase else spoken_form(text)

    assert is_linear(read, lambda size: "Well " + long * (size // len(long)), 4_000)


def test_a_path_is_read_as_people_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jo")
    monkeypatch.setenv("CODE", "/srv/code")
    assert [str(bounds.path(raw)) for raw in ("~/a", "$CODE/a", "${CODE}/a", "a$", "/x y/ü")] == [
        "/home/jo/a",
        "/srv/code/a",
        "/srv/code/a",
        "a$",
        "/x y/ü",
    ]
    for raw in ("$NOWHERE/a", "${NOWHERE}/a", "~nobody-of-that-name/a"):
        with pytest.raises(ValueError, match=r"NOWHERE|nobody"):
            bounds.path(raw)


def test_what_is_logged_is_short_and_what_is_not_text_stays() -> None:
    logged = bounds.logged({"a": "x" * 10_000, "b": [1, {"c": {"d": "y" * 10_000}}], "e": 1.5, "f": None})
    assert len(str(logged)) < 3 * bounds.LOG_CHARS
    assert logged["e"] == 1.5
    assert logged["f"] is None
    assert bounds.logged("short") == "short"


def test_an_id_is_whole_or_none() -> None:
    assert bounds.id_("x" * bounds.ID_CHARS)
    with pytest.raises(bounds.TooMuch):
        bounds.id_("x" * (bounds.ID_CHARS + 1))
