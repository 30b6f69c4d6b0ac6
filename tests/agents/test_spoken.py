"""Streaming text into sentences: what is said, when it can be, and that the stream's cuts do not matter."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents.spoken import LONGEST, Sentences, pieces


def spoken(text: str, *, names: tuple[str, ...] = ("Kai",), first_clause: bool = False) -> list[str]:
    sentences = Sentences(first_clause=first_clause, names=names)
    return sentences.push(text) + sentences.finish()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Really?! Yes!! Fine.", ["Really?!", "Yes!!", "Fine."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("(Sure.) Next.", ["(Sure.)", "Next."]),
        ("Dr. Smith met Mrs. Jones. They talked.", ["Dr. Smith met Mrs. Jones.", "They talked."]),
        ("Use e.g. this, i.e. that. Ok.", ["Use e.g. this, i.e. that.", "Ok."]),
        ("The U.S. Army and J. R. Smith agree.", ["The U.S. Army and J. R. Smith agree."]),
        ("Das ist z.B. so, z. B. am 3. Mai. Gut.", ["Das ist z.B. so, z. B. am 3. Mai.", "Gut."]),
        ("No. I will not. No. 5 did.", ["No.", "I will not.", "No. 5 did."]),
        ("It takes 10 ms. Ms. Jones knows.", ["It takes 10 ms.", "Ms. Jones knows."]),
        ("You and I. Then nobody.", ["You and I.", "Then nobody."]),
        ("Python 3.11 and v1.2 cost 4.50. It costs 3. Next.", ["Python 3.11 and v1.2 cost 4.50.", "It costs 3.", "Next."]),
        ("2 + 2 = 4. And 5 * 3 is more.", ["2 + 2 = 4.", "And 5 × 3 is more."]),
        ("Apples, pears, etc. and more. Apples etc. Then.", ["Apples, pears, etc. and more.", "Apples etc.", "Then."]),
        ("At 5 p.m. we go. At 5 p.m. We went.", ["At 5 p.m. we go.", "At 5 p.m.", "We went."]),
        ("Well... maybe. Well... Maybe. So… what", ["Well... maybe.", "Well...", "Maybe.", "So… what"]),
        ("你好。今天很好！再见", ["你好。", "今天很好！", "再见"]),
        ("Yes: it is. Monday: rain. Next: sun.", ["Yes: it is.", "Monday: rain.", "Next: sun."]),
        ("I came — you know — to help.", ["I came, you know, to help."]),
        ("-5 degrees at 20 °C, 5 < 6.", ["-5 degrees at 20 °C, 5 < 6."]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert spoken(text) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("This is **bold**, *slanted*, __both__, ~~gone~~.", ["This is bold, slanted, both, gone."]),
        ("**One thing. And another.** Done.", ["One thing.", "And another.", "Done."]),
        ("Call snake_case and file_name_x.", ["Call snake_case and file_name_x."]),
        ("# Plan\nDo it.\n## Later\n\nRest", ["Plan", "Do it.", "Later", "Rest"]),
        ("Buy:\n- milk\n* eggs\n+ bread\n• tea\n\nThat is all.", ["Buy:", "milk", "eggs", "bread", "tea", "That is all."]),
        ("1. First\n2) Second\n  - **Third**: thing", ["First", "Second", "Third: thing"]),
        ("12. Two more than before.", ["12.", "Two more than before."]),
        ("> quoted words\n>> deeper", ["quoted words", "deeper"]),
        ("Before.\n```python\nx = 1. y\n```\nAfter.", ["Before.", "After."]),
        ("Before.\n~~~\nnever closed. Really", ["Before."]),
        ("Run `git push` in `main`, not `x = f(1)[2]`.", ["Run git push in main, not some code."]),
        ("A `half. open span", ["A half. open span"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nEnd.", ["End."]),
        ("One\n\n---\n\n***\n\nTwo\n===\n", ["One", "Two"]),
        ("One line\nand the next. Good.", ["One line and the next.", "Good."]),
        ("See [the docs. Really](https://x.com/a_(b)) now. Ok", ["See the docs. Really now.", "Ok"]),
        ("![a picture](x.png) is here", ["a picture is here"]),
        ("Go to https://www.example.com/a?b=1. Then <https://docs.rs>.", ["Go to example.com.", "Then docs.rs."]),
        ("Look at www.example.org!", ["Look at example.org!"]),
        ("Hi <b>there</b><br/>you <!-- not --> two.", ["Hi there you two."]),
        ("Great 🎉! Yes 👍🏽 and 👨‍👩‍👧 and 1️⃣. ✅", ["Great!", "Yes and and 1."]),
        ("Ein Soft\u00adware क्\u200dष wort.", ["Ein Soft\u00adware क्\u200dष wort."]),
        ("Not [closed, and on", ["Not [closed, and on"]),
    ],
)
def test_no_markup_is_said(text: str, pieces: list[str]) -> None:
    assert spoken(text) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("[Engineer] Because it works.", ["Because it works."]),
        ("[Engineer]: Because it works.", ["Because it works."]),
        ("Kai: Hello.", ["Hello."]),
        ("**Kai:** Hello. Kai: is here.", ["Hello.", "Kai: is here."]),
        ("[Engineer](http://x.com) wrote it.", ["Engineer wrote it."]),
        ("Later [1] it broke.", ["Later [1] it broke."]),
        ("Kaiser: rolls.", ["Kaiser: rolls."]),
    ],
)
def test_the_speakers_own_label_is_not_said(text: str, pieces: list[str]) -> None:
    assert spoken(text) == pieces


def test_pais_scaffolding_is_not_said() -> None:
    text = (
        "════ PAI | NATIVE MODE ═══════\n🗒️ TASK: fix the test\n♻︎ Entering the PAI ALGORITHM… (v3.7.0) ═\n"
        "━━━ 👁️ OBSERVE ━━━ 1/7\n📋 SUMMARY: It was a race.\n**STATUS:** green\n🔧 CHANGE: one line\n"
        "🎯 COMPLETED: [AGENT:engineer] Fixed the flaky test.\n🗣️ Kai: All done.\n🗣️ **Renée:** Really."
    )
    assert spoken(text) == [
        "fix the test", "It was a race.", "green", "one line", "Fixed the flaky test.", "All done.", "Really.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Well, I think we should go, and soon.", "Well, I think we should go,"),
        ("The short answer, since you ask, is no.", "The short answer,"),
        ("Let me see — no.", "Let me see,"),
        ("There are two things: one and two.", "There are two things:"),
        ("Yes. Of course, always.", "Yes."),
        ("No clause mark at all here. Next, please.", "No clause mark at all here."),
    ],
)
def test_the_first_clause_comes_early_and_only_the_first(text: str, first: str) -> None:
    pieces = spoken(text, first_clause=True)
    assert pieces[0] == first
    assert all(re.search(r"[.!?]$", piece) for piece in pieces[1:])
    assert spoken(text)[0].startswith(first)


def test_a_sentence_is_given_at_the_space_behind_it_and_not_later() -> None:
    sentences = Sentences()
    assert sentences.push("Hello there.") == []
    assert sentences.push(" ") == ["Hello there."]
    assert sentences.push("How are you?\n") == ["How are you?"]


def test_a_pause_gives_what_is_whole() -> None:
    sentences = Sentences()
    assert (sentences.push("Let me look."), sentences.settle()) == ([], ["Let me look."])
    assert (sentences.push("This is Dr."), sentences.settle()) == ([], [])
    assert (sentences.push(" Smith and"), sentences.settle()) == ([], [])
    assert sentences.finish() == ["This is Dr. Smith and"]


@pytest.mark.parametrize("text", ["", "   \n\n ", "**", "```\ncode\n```", "🎉", "---", "—", "...", "[Kai]", "| a |"])
def test_nothing_to_say_is_nothing(text: str) -> None:
    assert spoken(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "word " * 300,
        "a clause of some length here, " * 40,
        "x" * 5_000,
        "字" * 1_200,
        "(" + "nested [and open never closed " * 50,
    ],
)
def test_long_runs_are_split_in_speakable_pieces(text: str) -> None:
    pieces = spoken(text)
    assert all(len(piece) <= (1_000 if " " not in text else LONGEST) for piece in pieces)
    assert re.sub(r"\W", "", "".join(pieces)) == re.sub(r"\W", "", text)
    if "," in text:
        assert all(piece.endswith(",") for piece in pieces)


_MARKS = (
    ". ", "\n\n", "- ", "1. ", "```", "```\n", "**", "](", "http://x.y/z ", "<b>", "e.g. ", "No. ", "Dr. ", "etc. ", "Kai: ",
    "[Kai] ", "🗣️ Kai: ", "✅ VERIFY: ", "COMPLETED: ", "═══", "🎉", "word ", "Word ", "\t",
)  # fmt: skip
_BITS = st.sampled_from([*"ab.,;:!?…—-*_`~#>|[]()<>\n 1๏é你。", *_MARKS])
_MESS = st.lists(_BITS, max_size=60).map("".join) | st.text(max_size=80)


@given(_MESS, st.lists(st.integers(1, 7), min_size=1, max_size=20), st.booleans())
def test_how_the_stream_is_cut_never_matters(text: str, steps: list[int], early: bool) -> None:
    sentences = Sentences(first_clause=early, names=("Kai",))
    pieces, at = list[str](), 0
    while at < len(text):
        step = steps[at % len(steps)]
        pieces += sentences.push(text[at : at + step])
        at += step
    pieces += sentences.finish()
    assert pieces == spoken(text, first_clause=early)
    assert all(piece.strip() and any(c.isalnum() for c in piece) for piece in pieces)
    assert all(len(piece) <= 1_000 for piece in pieces)


_WORD = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
_FORMS = ["{}", "{}", "{}", "{}.", "{},", "{}!", "**{}**", "*{}*", "`{}`", "[{}](http://a.b/c)", "({})", "{}:", "“{}”", "{}—"]
_MARKED = st.tuples(_WORD, st.sampled_from([*_FORMS, "{}\n", "\n- {}", "\n# {}\n", "\n> {}\n", "\n1. {}"]))


@given(st.lists(_MARKED, min_size=1, max_size=40), st.booleans())
def test_no_word_is_lost_and_none_is_added(marked: list[tuple[str, str]], early: bool) -> None:
    text = " ".join(form.format(word) for word, form in marked)
    pieces = spoken(text, names=(), first_clause=early)
    assert re.findall(r"[a-z]+", " ".join(pieces)) == [word for word, _ in marked]
    assert not any(character in "".join(pieces) for character in "*`#[]\n")


def test_of_a_whole_text_only_as_much_is_read_as_is_asked_for() -> None:
    book = "I begin. " * 1_000_000  # to read all of it takes a minute
    assert list(islice(pieces(book), 2)) == ["I begin.", "I begin."]


BOUNDARIES = yaml.safe_load((Path(__file__).parents[1] / "data" / "sentence_boundaries.yaml").read_text("utf-8"))


def test_sentences_are_neither_torn_nor_joined() -> None:
    assert len(BOUNDARIES["sentences"]) >= 100
    wrong = {text: got for parts in BOUNDARIES["sentences"] if (got := spoken(text := " ".join(parts))) != parts}
    assert not wrong


def test_the_first_clause_is_neither_late_nor_half_a_name_a_date_or_a_list() -> None:
    wrong = {
        text: got
        for parts in BOUNDARIES["first_clauses"]
        if (got := spoken(text := " ".join(parts), first_clause=True))[0] != parts[0]
    }
    assert not wrong


def test_a_clause_waits_for_one_word_and_no_more() -> None:
    sentences = Sentences()
    assert sentences.push("If you ask me, ") == []
    assert sentences.push("we") == []
    assert sentences.push(" ") == ["If you ask me,"]
