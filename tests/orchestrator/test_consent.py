"""What is a yes, what is a no, and from when on: utterances as a recogniser writes them, and what they mean."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.consent import DOUBTFUL, Asking, Spoken
from orchestrator.phrases import Phrases
from orchestrator.rosters import PROMPTS

ROWS: Final = yaml.safe_load((Path(__file__).parents[1] / "data" / "consent.yaml").read_text(encoding="utf-8"))
ALL: Final = [(text, meaning) for half in ROWS.values() for meaning, texts in half.items() for text in texts]
CONSENT: Final = Phrases.load(PROMPTS / "phrases.yaml", ("Kai", "Engineer", "Architect", "Researcher")).consent
PUSH: Final = "The Engineer wants to push to the branch main of origin. Yes or no?"
LASTS_S: Final = 3.0
YES: Final = [text for text, meaning in ALL if meaning == "yes" and CONSENT.meaning(text, ("Engineer",), PUSH) == "yes"]
OTHERS: Final = (
    "but",
    "so",
    "and",
    "well",
    "um",
    "if",
    "only",
    "Kai",
    "Architect",
    "mom",
    "Tom",
    "not",
    "unless",
    "later",
    "maybe",
    "what",
)


def judged(text: str, at: float = 1.0, doubt: float = 0.0) -> str:
    """Of words that begin when so much of the question has been heard: it is told from `at` on of its length."""
    heard_s = LASTS_S if at >= 1.0 else None
    said = Spoken(text, at * LASTS_S, at * LASTS_S + 1, doubt)
    judged = CONSENT.judge(said, Asking(PUSH, ("Engineer",), heard_s))
    return judged if judged in ("yes", "no") else "neither"


def test_there_are_enough_of_each() -> None:
    assert len(ALL) >= 300
    assert all(sum(meaning == wanted for _, meaning in ALL) >= 100 for wanted in ("yes", "no", "neither"))
    assert len({text for text, _ in ALL}) >= 0.99 * len(ALL)


def test_no_words_are_wrongly_a_yes() -> None:
    assert [text for text, meaning in ALL if meaning != "yes" and judged(text) == "yes"] == []


def test_hardly_any_words_are_not_understood() -> None:
    wrong = [(text, meaning, judged(text)) for text, meaning in ALL if judged(text) != meaning]
    assert len(wrong) <= 0.02 * len(ALL), wrong


@pytest.mark.parametrize("at", [0.1, 0.5])
def test_into_the_question_nothing_is_a_yes_and_a_no_is_one_all_the_same(at: float) -> None:
    assert [text for text, _ in ALL if judged(text, at) == "yes"] == []
    assert [text for text, _ in ALL if judged(text) == "no" and judged(text, at) != "no"] == []


def test_a_yes_counts_from_the_moment_on_in_which_the_question_was_heard() -> None:
    for began_s, meaning in ((2.99, "early"), (3.0, "yes"), (9.0, "yes")):
        assert CONSENT.judge(Spoken("Yes", began_s, began_s + 0.5), Asking(PUSH, (), 3.0)) == meaning


def test_what_the_ears_are_not_sure_of_is_no_yes_but_a_no() -> None:
    assert [judged(text, doubt=DOUBTFUL + 0.01) for text in YES] == ["neither"] * len(YES)
    assert judged("No", doubt=0.9) == "no"


@given(st.sampled_from(YES), st.sampled_from(OTHERS), st.booleans())
def test_a_yes_with_something_more_is_none(yes: str, more: str, before: bool) -> None:
    """However it is put together: "but", another name, a condition. Words that may open a sentence may stand before it."""
    text = f"{more} {yes}" if before else f"{yes.rstrip('.')} {more}"
    opens = before and more in ("so", "and", "well", "um")
    do_so = more == "so" and yes.rstrip(".").endswith("do")
    assert opens or do_so or CONSENT.meaning(text, ("Engineer",), PUSH) != "yes"


@given(st.sampled_from(YES), st.text(st.characters(categories=["L"]), min_size=3, max_size=8))
def test_a_yes_with_an_unknown_word_is_none(yes: str, word: str) -> None:
    known = any(CONSENT.meaning(f"{whole} {word}", ("Engineer",), PUSH) == "yes" for whole in ("yes", "do it"))
    assert known or CONSENT.meaning(f"{yes} {word}", ("Engineer",), PUSH) != "yes"


@given(st.sampled_from(YES))
def test_a_yes_that_is_asked_quoted_or_trails_off_is_none(yes: str) -> None:
    plain = yes.rstrip(".!")
    for text in (f"{plain}?", f'"{plain}" he said', f"{plain}…", f"{plain}...", f"{plain} —", f"{plain},"):
        assert CONSENT.meaning(text, ("Engineer",), PUSH) != "yes", text


@given(st.text(max_size=300))
def test_any_text_has_a_meaning(text: str) -> None:
    assert CONSENT.meaning(text) in ("yes", "no", "again", "options", "patience", "room", "open", "unclear", "other")


@given(
    st.lists(
        st.sampled_from(
            ["yes", "no", "okay", "do", "it", "go", "ahead", "but", "wait", "um", "so", "don't", "push", "engineer", "kai"]
        ),
        max_size=8,
    )
)
def test_a_yes_has_no_no_in_it(words: list[str]) -> None:
    text = " ".join(words)
    if {"no", "don't", "but", "wait", "kai"} & set(words):
        assert CONSENT.meaning(text, ("Engineer",), PUSH) != "yes"


@pytest.mark.parametrize("word", ["yes ", "no ", "yes do it ", "yes, but ", "no don't ", "um ", "x", "'", "… ", "wait no "])
def test_it_takes_linear_time_and_of_too_long_a_text_nothing_is_a_yes(word: str) -> None:
    began = time.perf_counter()
    assert CONSENT.meaning(word * 200_000) != "yes"
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("What?", "again"),
        ("Sorry, say that again please", "again"),
        ("Which options?", "options"),
        ("Hm, let me think", "patience"),
        ("Um, hmm", "patience"),
        ("Okay, Mom", "room"),
        ("Honey, dinner is on the stove", "room"),
        ("Yes, but", "open"),
        ("Okay so", "open"),
        ("Yes, but not to main", "unclear"),
        ("Why?", "other"),
    ],
)
def test_what_is_no_answer_is_told_apart(text: str, meaning: str) -> None:
    assert CONSENT.meaning(text, ("Engineer",), PUSH) == meaning


@pytest.mark.parametrize(
    "text", ["No, wait", "No wait, don't do it", "Wait", "Stop", "Take that back", "but not to main", "Actually, no"]
)
def test_a_yes_is_taken_back(text: str) -> None:
    assert CONSENT.takes_back(text)


@pytest.mark.parametrize("text", ["Yes", "Thanks", "How long will it take?", "And add a picture", "Louder"])
def test_other_words_take_nothing_back(text: str) -> None:
    assert not CONSENT.takes_back(text)


@pytest.mark.parametrize(
    ("text", "free"), [("Blue", "words"), ("What?", "again"), ("Do you have green?", "other"), ("How about green?", "words")]
)
def test_a_question_of_its_own_is_answered_by_words_and_not_by_a_question_back(text: str, free: str) -> None:
    assert CONSENT.judge(Spoken(text, 5, 6), Asking("Which colour should it have?", ("Engineer",), 3.0, free=True)) == free


def test_what_must_have_been_heard_is_all_but_the_last_words() -> None:
    assert PUSH[: CONSENT.vital(PUSH)] == "The Engineer wants to push to the branch main of origin. "
    assert CONSENT.vital("Which colour?") == len("Which colour?")
