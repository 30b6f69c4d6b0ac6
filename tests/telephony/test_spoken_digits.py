"""Given digits are found in any form, and only them; in time that grows with the text."""

from __future__ import annotations

from pathlib import Path
from time import thread_time
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from telephony.spoken_digits import Digits, how_many, numbers_in

DATA: Final[dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "spoken_pins.yaml").read_text(encoding="utf-8")
)
FORMS: Final = [(pin, said) for pin, forms in DATA.items() for said in forms]
_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS: Final = dict(zip("0123456789", _WORDS, strict=True))
PINS = st.text("0123456789", min_size=4, max_size=12)


def test_there_are_enough_of_them() -> None:
    assert len(FORMS) >= 60


@pytest.mark.parametrize(("pin", "said"), FORMS)
def test_every_form_is_found(pin: str, said: str) -> None:
    assert Digits(pin).found(said)[0]


@pytest.mark.parametrize(
    "said",
    [
        "four seven one two",
        "four seven",
        "I have one for you and seven for one of them",
        "in 1984 there were 47 of them and 12 others",
        "call 0664 4712 1",
        "meet me at 4:17",
        "four hundred and seventeen, one",
        "vier siebzehn eins",
        "one for all, all for one",
        "",
        "…",
    ],
)
def test_what_they_are_not_is_left_alone(said: str) -> None:
    assert Digits("4711").found(said)[0] == []


@given(PINS, st.lists(st.sampled_from([" ", ", ", " uh ", "-", " and then ", ". "]), min_size=11, max_size=11), st.booleans())
def test_digit_by_digit_with_anything_between(pin: str, between: list[str], words: bool) -> None:
    digits = [WORDS[digit] for digit in pin] if words else list(pin)
    gaps = [gap if gap.strip(" -.,") or words or gap else " " for gap in between]
    said = "".join(f"{digit}{gap}" for digit, gap in zip(digits, [*gaps, ""], strict=False)).replace("-", " - ")
    assert Digits(pin).found(f"well {said} please")[0], said


@given(PINS, st.data())
def test_in_two_breaths(pin: str, data: Any) -> None:
    at = data.draw(st.integers(1, len(pin) - 1))
    digits = Digits(pin)
    first, opened = digits.found(" ".join(WORDS[digit] for digit in pin[:at]))
    assert first == []
    assert digits.found(" ".join(pin[at:]), opened)[0]


@given(PINS, st.text(max_size=60), st.text(max_size=60))
def test_what_is_found_holds_the_whole_of_it(pin: str, before: str, after: str) -> None:
    text = f"{before} {pin} {after}"
    spans = Digits(pin).found(text)[0]
    kept = "".join(text[end:start] for (_, end), (start, _) in zip([(0, 0), *spans], [*spans, (len(text), 0)], strict=True))
    assert pin not in kept
    assert Digits(pin).found(kept.replace(" ", " | "))[0] == [] or spans


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    Digits("4711").found(text)
    for start, end in numbers_in(text):
        assert 0 <= start < end <= len(text)
    assert how_many(text) >= 0


def test_the_digits_do_not_show() -> None:
    assert "4711" not in repr(Digits("4711"))


@pytest.mark.parametrize("piece", ["4 7 1 ", "one ", "double ", "twice one ", "hundred ", "47", "vierzwo ", "four seven "])
def test_ten_times_the_text_takes_ten_times_as_long(piece: str) -> None:
    digits = Digits("4711")

    def seconds(count: int) -> float:
        text = piece * count
        begun = thread_time()
        digits.found(text)
        return thread_time() - begun

    few = min(seconds(500) for _ in range(3))
    assert min(seconds(5_000) for _ in range(2)) < 40 * few + 0.05
