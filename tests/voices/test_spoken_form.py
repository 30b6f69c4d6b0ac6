"""Any text as words that every engine says alike."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents.spoken import Sentences
from voices.spoken_form import SpokenForm, load_pronunciation, spoken_form
from voices.spoken_form.cleaning import SIGNS as FOREIGN_SIGNS
from voices.spoken_form.vocabulary.english import ENGLISH
from voices.spoken_form.vocabulary.german import GERMAN

DATA = Path(__file__).parents[1] / "data" / "spoken.yaml"
SHIPPED = load_pronunciation()


def cases() -> list[Any]:
    languages = yaml.safe_load(DATA.read_text("utf-8"))
    return [
        pytest.param(language, *row, id=f"{language}: {row[0]}")
        for language, kinds in languages.items()
        for rows in kinds.values()
        for row in rows
    ]


def said(text: str, language: str = "en") -> str:
    return spoken_form(text, language, pronunciation=SHIPPED).text


def test_each_text_is_said_as_a_person_says_it() -> None:
    rows = [case.values for case in cases()]
    wrong = [
        f"{text!r}: {got!r}, not {forms[0]!r}"
        for language, text, *forms in rows
        if (got := said(text, language)).casefold() not in [form.casefold() for form in forms]
    ]
    assert not wrong
    assert len(rows) >= 700


def test_what_it_has_made_stays_and_is_plain() -> None:
    for language, text, *_ in (case.values for case in cases()):
        once = said(text, language)
        assert said(once, language) == once
        assert plain(once), once


def plain(text: str) -> bool:
    return re.fullmatch(r"(?:[^\W\d_]|[\u0300-\uffff]|[ .,?!;:'\"-])*", text) is not None


_BITS = [
    *"abXIV 019.,;:?!-–—−+*/×÷=<>≤≥≠≈±%‰°$€£#@&~^_|\\()[]{}'\"½²³→…\n\t\u00a0",
    "3", "12", "2026", "1,234.5", "10:30", "5 km", "kB/s", "$1.50", "€", "Dr. ", "St. ", "No. ", "e.g. ", "U.S.", "p.m.",
    "z. B. ", "C#", "C++", "R&D", "API", "APIs", "iOS", "H2O", "getUser", "snake_case", "foo()", "List<int>", "<b>",
    "</x>", "<break time='1s'/>", "[laugh]", "[[rate 9]]", "https://a.b/c?d=e", "a@b.co", "192.168.0.1", "v1.2.3",
    "README.md", "~/.ssh", "--flag", "Nov 5", "Mon-Fri", "Q3 ", "VIII", "Henry ", "+1 555 123 4567", '\x00', '\x1b[0m',
    '\ud800', '\u202e', "🎉", "é", 'a\u0300\u0301\u0302\u0303\u0304', "你好", "مرحبا", "٣", '\u0915\u094d\u200d\u0937', "ﬁ",
    "Ⅷ", "①", "㎏", "㏂", "word ", "Word. ",
]  # fmt: skip
MESS = st.lists(st.sampled_from(_BITS), max_size=25).map("".join) | st.text(max_size=60)


@given(MESS, st.sampled_from(["en", "de", "en-GB", "fr", ""]))
def test_any_text_becomes_plain_words_with_a_way_back(text: str, language: str) -> None:
    form = spoken_form(text, language, pronunciation=SHIPPED)
    if language not in ("fr", ""):
        assert plain(form.text), form.text
    assert form.text == " ".join(form.text.split())
    assert form.text == "" or any(map(str.isalnum, form.text))
    check_offsets(text, form)


WORDS = [
    "the",
    "garden",
    "opens",
    "early",
    "today",
    "and",
    "nobody",
    "knows",
    "why,",
    "although",
    "it",
    "rained;",
    "perhaps",
    "they",
    "like",
    "it:",
    "who",
    "could",
    "say?",
]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join))
def test_plain_words_come_back_as_they_are(text: str) -> None:
    form = spoken_form(text, pronunciation=SHIPPED)
    assert form.text == text
    assert [form.origin(start) for start in form.starts] == list(form.starts)


def check_offsets(text: str, form: SpokenForm) -> None:
    assert len(form.starts) == len(form.sources)
    for start in form.starts:
        assert start == 0 or form.text[start - 1] in ' "'
    assert all(before < after for before, after in pairwise(form.starts))
    assert all(before <= after for before, after in pairwise(form.sources))
    assert all(0 <= source < len(text) for source in form.sources)
    origins = [form.origin(char) for char in range(len(form.text) + 1)]
    assert all(before <= after for before, after in pairwise(origins))
    assert origins[-1] == len(text)
    reached = [form.reached(char) for char in range(len(text) + 1)]
    assert all(before <= after for before, after in pairwise(reached))
    assert reached[-1] == len(form.text)
    assert all(form.origin(form.reached(source)) == source for source in form.sources)


def test_where_a_word_came_from() -> None:
    text = "On 2026-11-29, it was −5 °C."
    form = spoken_form(text)
    assert form.text == "On November twenty-ninth, twenty twenty-six, it was minus five degrees Celsius."
    assert form.origin(form.text.index("twenty-six")) == text.index("2026")
    assert form.origin(form.text.index("was")) == text.index("was")
    assert form.origin(form.text.index("minus")) == text.index("−")
    assert form.reached(text.index("2026") + 3) == form.text.index("November")
    assert form.reached(text.index("°")) == form.text.index("five")
    assert form.reached(0) == 0


MADE_UP = st.sampled_from(
    [
        "the",
        "cat",
        "sat",
        "on",
        "a",
        "mat,",
        "and",
        "I",
        "don't",
        "know",
        "why;",
        "well:",
        "yes!",
        "no?",
        "“so”",
        "it's",
        "O'Brien",
        "naïve",
        "über",
        "well-known",
    ]
)


@given(st.lists(MADE_UP, min_size=1, max_size=30))
def test_a_plain_text_stays_as_it_is(words: list[str]) -> None:
    text = re.sub(r"[,;:!?]$", "", " ".join(words)) + "."
    assert spoken_form(text).text == text.replace("“", '"').replace("”", '"')


FRAMES = ["It is 5 {} 3 now.", "It is {}5 now.", "It is 5{} now.", "We say {} here.", "x {} y", "x{}y", "a {}b"]
ENCLOSING = set("_")  # said on its own only; around words it is emphasis


@pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])
def test_no_sign_vanishes_between_numbers(language: Any) -> None:
    for sign in {*language.signs, *FOREIGN_SIGNS} - ENCLOSING - set("–—-"):
        with_sign, without = (spoken_form(f"We have 5 {middle} 3 now.", language.code).text for middle in (sign, ""))
        assert with_sign != without, sign
    for sign in set("%‰°$€£¥±−+~≈<>≤≥≠#&@=×÷½²³→^√§©®™/\\"):
        glued = {spoken_form(f"It is {form} now.", language.code).text for form in (f"{sign}5", f"5{sign}", f"5 {sign}")}
        assert spoken_form("It is 5 now.", language.code).text not in glued, sign


@given(
    st.lists(st.sampled_from([*"0123456789", *".,:/- +x%€$", " km ", "th", "s", "abc"]), max_size=14).map("".join),
    st.sampled_from(["en", "de"]),
)
def test_no_digit_vanishes(text: str, language: str) -> None:
    """Each number is in the words: a number more makes more words, and a text with digits is never silent."""
    words = spoken_form(f"So {text} it", language).text.split()
    assert len(words) >= 2 + len(re.findall(r"\d+", text)) - text.count("00") - text.count(":0") - len(
        re.findall(r"[.,]0", text)
    ) or not re.search(r"\d", text)
    if re.search(r"\d", text):
        assert len(words) > 2


@pytest.mark.parametrize("text", ["PAI's line", "Ask PAI.", "the PAI-voice", "PAI_HOME"])
def test_the_shipped_pronunciations_are_used_in_whole_words(text: str) -> None:
    assert "pie" in said(text)
    assert said("PAIR and SPAIN") == "PAIR and SPAIN"


@pytest.mark.parametrize(
    ("text", "keep", "form"),
    [
        ("[laugh] Hello. [sigh]", {"laugh"}, "[laugh] Hello."),
        ("[Laugh] Hello.", {"[laugh]"}, "[Laugh] Hello."),
        ('Wait. <break time="1s"/> Now.', {"break"}, 'Wait. <break time="1s"/> Now.'),
        ("[[slnc 500]] Hi [strong accent] there", {"strong accent"}, "Hi [strong accent] there"),
        ("[laugh] Hello.", set[str](), "Hello."),
    ],
)
def test_tags_that_the_engine_knows_are_kept(text: str, keep: set[str], form: str) -> None:
    first = spoken_form(text, keep_tags=frozenset(keep))
    assert first.text == form
    assert spoken_form(form, keep_tags=frozenset(keep)).text == form
    check_offsets(text, first)


@pytest.mark.parametrize(
    "unit",
    [
        "a plain sentence of words, ", "1-", "1:", "9", "$", "<", "<a ", "[", "(", "\"", "5\" ", "a.", "a_", "1/", "A", "I",
        "x.y/", "-", "--", "http://a.b ", "3-5 ", "Dr. ", "½", "²", "é", "你", ". ", "a@", "_", "~", "+1 ", "1 000 ",
        "1,000,", 'a\u0301\u0301\u0301\u0301', "'", "#", "1.", "0x", '\x00',
    ],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    """By operations (traced lines): ten times the text is at most some twelve times the work."""
    short, long = (operations((unit * (chars // len(unit) + 1))[:chars]) for chars in (1_000, 10_000))
    assert long < 13 * short + 20_000


def operations(text: str) -> int:
    import sys

    count = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        spoken_form(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("model_text", "pieces"),
    [
        ("It returns `List<int>`. Use **C#**!", ["It returns List of int.", "Use C sharp!"]),
        ("Write to <info@example.com>.", ["Write to info at example dot com."]),
        ("That is 5 * 3, 5 × 3 and 2**10.", ["That is five times three, five times three and two to the power of ten."]),
        ("Then 10 - 3 = 7. It took 3 – 5 days.", ["Then ten minus three equals seven.", "It took three to five days."]),
        ("See #42 in ~/.ssh, please.", ["See number forty-two in tilde slash dot S S H, please."]),
        ("- **Cost:** €49.90\n- Time: 1.5s", ["Cost: forty-nine euros and ninety cents", "Time: one point five seconds"]),
        ("Run `git push --force` now.", ["Run git push dash dash force now."]),
        ("Open http://localhost:8080/health.", ["Open local host port eighty eighty."]),
        ("See [the docs](https://example.org/a/b?c=1) for more.", ["See the docs for more."]),
        ("Go to https://www.acme.de/x.", ["Go to acme dot D E."]),
        ("Set `max_retries = 3`.", ["Set max retries equals three."]),
        ("**Note:** the *cache* is stale.", ["Note: the cache is stale."]),
        ("# Summary\n- one\n- two", ["Summary", "one", "two"]),
        (">5% of it, >=3 of them", ["more than five percent of it, at least three of them"]),
        ("Run `SELECT * FROM users` on `*.py`.", ["Run SELECT star FROM users on star dot P Y."]),
        ("Use `cat a | grep b`.", ["Use cat a pipe grep b."]),
        ("[::1]:8080 answers. Sure :)", ["colon colon one port eighty eighty answers.", "Sure"]),
        ("Mt. Everest is 8,000 m high. It is cold.", ["Mount Everest is eight thousand meters high.", "It is cold."]),
        ("[laugh] Dr. Who? No. 5!", ["Doctor Who?", "number five!"]),
    ],
)  # fmt: skip
def test_what_a_model_writes_is_what_is_said(model_text: str, pieces: list[str]) -> None:
    sentences = Sentences(first_clause=False)
    assert [said(piece) for piece in [*sentences.push(model_text), *sentences.finish()]] == pieces
