"""Who may call: the list, the limits, the PIN."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from telephony.admission import Admission, AdmissionPolicy, Admitted, Refused, e164
from telephony.line import Refusal
from telephony.spoken_digits import spoken_keys

OWNER = "+436641234567"
FRIEND = "+16041234567"


def door(**policy: Any) -> Admission:
    return Admission(AdmissionPolicy.model_validate({"allow": [OWNER, FRIEND], **policy}))


def check(admission: Admission, caller: str = OWNER, spent: str = "0") -> Admitted | Refused:
    return admission.check(caller, spent_today=Decimal(spent))


def test_nobody_is_on_the_list_by_default() -> None:
    verdict = check(Admission(AdmissionPolicy()))
    assert verdict == Refused(Refusal.FORBIDDEN, "the number is not on the list")


@pytest.mark.parametrize("caller", [OWNER, FRIEND])
def test_who_is_listed_gets_in(caller: str) -> None:
    assert check(door(allow=["0664 1234567", "+1 (604) 123-4567"], region="AT"), caller) == Admitted()


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        ("+16041234568", "not on the list"),
        ("16041234567", "not on the list"),
        ("anonymous", "hidden"),
        ("", "not on the list"),
        ("9" * 300, "not on the list"),
    ],
)
def test_nobody_else_does(caller: str, reason: str) -> None:
    verdict = check(door(), caller)
    assert isinstance(verdict, Refused)
    assert (verdict.why, reason in verdict.reason) == (Refusal.FORBIDDEN, True)


def test_calls_at_once() -> None:
    admission = door(max_calls=2)
    with ExitStack() as calls:
        for _ in range(5):
            calls.enter_context(admission.calling("+19995550100"))  # who is not listed takes no place
        for _ in range(2):
            calls.enter_context(admission.calling(OWNER))
            assert check(admission) == Admitted()
        with admission.calling(FRIEND):
            verdict = check(admission, FRIEND)
            assert isinstance(verdict, Refused)
            assert verdict.why is Refusal.BUSY
    with admission.calling(OWNER):
        assert check(admission) == Admitted()


def test_the_day_has_a_budget() -> None:
    admission = door(max_usd_per_day="1.50")
    assert check(admission, spent="1.49") == Admitted()
    verdict = check(admission, spent="1.50")
    assert isinstance(verdict, Refused)
    assert (verdict.why, "1.50 USD" in verdict.reason) == (Refusal.BUSY, True)


@pytest.mark.parametrize(
    ("number", "region", "written"),
    [
        ("+43 664 123-4567", None, OWNER),
        ("0664 1234567", "AT", OWNER),
        ("(604) 123-4567", "CA", FRIEND),
        ("+1 555 0100", None, "+15550100"),
    ],
)
def test_numbers_are_kept_as_e164(number: str, region: str | None, written: str) -> None:
    assert e164(number, region) == written


@pytest.mark.parametrize(
    ("policy", "fix"),
    [
        ({"allow": ["0664 1234567"]}, "needs a country code"),
        ({"allow": ["Mum"], "region": "AT"}, "is no phone number"),
        ({"allow": ["+1604123"]}, "too few or too many digits"),
        ({"region": "Austria"}, "is no country"),
        ({"pin": "12a4"}, "4 to 12 digits"),
        ({"pin": "123"}, "4 to 12 digits"),
        ({"pin_mode": "always"}, "there is no `pin`"),
        ({"pin_mode": "sometimes"}, "'never', 'risky' or 'always'"),
        ({"max_calls": 0}, "greater than or equal to 1"),
        ({"alow": []}, "Extra inputs"),
    ],
)
def test_a_policy_that_is_wrong_says_how(policy: dict[str, Any], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix) as caught:
        AdmissionPolicy.model_validate(policy)
    assert "12a4" not in str(caught.value)


def test_the_pin_does_not_show() -> None:
    assert "2468" not in repr(AdmissionPolicy.model_validate({"pin": "2468"}))


@pytest.mark.parametrize(
    ("mode", "pin", "asks", "guards"),
    [
        ("never", "2468", False, False),
        ("risky", None, False, False),
        ("risky", "2468", False, True),
        ("always", "2468", True, True),
    ],
)
def test_when_the_pin_is_asked_for(mode: str, pin: str | None, asks: bool, guards: bool) -> None:
    admission = door(pin_mode=mode, pin=pin)
    assert (admission.asks_for_pin, admission.guards_risk) == (asks, guards)


def test_three_wrong_pins_rest_the_number_and_no_other() -> None:
    admission = door(pin="2468")
    assert admission.judge(OWNER, "wait for it", now_s=0) == "unclear"  # no try
    answers = ["1111", "two four six seven", "2 4 6 9"]  # in one call or in three
    assert [admission.judge(OWNER, answer, now_s=10) for answer in answers] == ["wrong", "wrong", "locked"]
    assert admission.judge(OWNER, "2468", now_s=11) == "locked"
    assert admission.judge(FRIEND, "2468", now_s=11) == "passed"
    assert admission.judge(OWNER, "2468", now_s=911) == "passed"


def test_who_calls_is_answered_whatever_was_wrong_before() -> None:
    admission = door(pin="2468")
    for number in range(1_000, 1_100):
        admission.judge(OWNER, str(number), now_s=number)
        assert check(admission) == Admitted()


def test_the_right_pin_forgets_the_wrong_ones() -> None:
    admission = door(pin="2468", pin_tries=2)
    for number in range(1_000, 1_005):
        assert admission.judge(OWNER, str(number), now_s=0) == "wrong"
        assert admission.judge(OWNER, "two four six eight", now_s=0) == "passed"


def test_without_a_pin_or_a_place_on_the_list_none_is_right() -> None:
    assert door().judge(OWNER, "", now_s=0) == "unclear"
    assert door().judge(OWNER, "0000", now_s=0) == "wrong"
    assert door(pin="2468").judge("anonymous", "2468", now_s=0) == "locked"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("1234", "1234"),
        ("1 2 3 4", "1234"),
        ("1,234.", "1234"),
        ("One, two; three - FOUR!", "1234"),
        ("it is one two three four", "1234"),
        ("double five oh nine", "5509"),
        ("triple seven o", "7770"),
        ("double, er, five", "55"),
        ("twelve thirty-four", "1234"),
        ("twenty oh five", "2005"),
        ("twenty fifty", "2050"),
        ("nineteen eighty four", "1984"),
        ("to for ate", "24"),
        ("one two for for", "1244"),
        ("it is for to nine one", "4291"),
        ("um, my PIN is two five eight oh, thank you", "2580"),
        ("(pressed the keys 2 5 8 0)", "2580"),
        ("sorry, two five, er, eight o", "2580"),
        ("hello one two three four", "1234"),
        ("one two three five, sorry, one two three four", "1234"),
        ("1 2 3 5 no wait 1 2 3 4", "1234"),
        ("sorry, one two three four", "1234"),
        ("one two three four, sorry", "1234"),
        ("to for to for", "2424"),
        ("yes", ""),
        ("wait for it", ""),
        ("I want to ask", ""),
        ("oh, I have to look it up", ""),
        ("for you", ""),
        ("no one", ""),
        ("one moment please", ""),
        ("one second, I want to look for it", ""),
        ("call me at two o'clock", ""),
        ("what is twenty two plus two", ""),
        ("I want to ask for one two three four", ""),
        ("write a blog post in four parts for two people", ""),
        ("", ""),
        ("٣٤", ""),
    ],
)
def test_digits_as_people_say_them(said: str, keys: str) -> None:
    assert spoken_keys(said) == keys


@given(st.text(max_size=200))
def test_anything_said_is_digits_or_nothing(said: str) -> None:
    keys = spoken_keys(said)
    assert keys == "" or (keys.isascii() and keys.isdigit())
