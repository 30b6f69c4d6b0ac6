"""A PIN said in several turns, or partly keyed, is found whole or half in nothing that is kept of the call or sent in it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Final

import anthropic
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agents.scripted import ScriptedTransport
from agents.scripted_work import WorkScript
from orchestrator.config import Settings
from orchestrator.events import DigitPressed, HeardText
from orchestrator.export import export
from orchestrator.make_test import make_test
from orchestrator.pin_filter import HIDDEN, PinFilter
from orchestrator.pin_watch import KeyWatch, PinWatch
from orchestrator.recorded import Recorded
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.virtual_time import run
from telephony.spoken_digits import Digits, words_in
from tests.orchestrator.test_pin_kept import stdin, trust

__all__ = ["stdin"]
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see

TURNS: Final = [
    ("1234", "my pin is one two", "three four"),
    ("1234", "my pin is one", "two three", "four"),
    ("1234", "my pin is one, um, two", "three four"),
    ("1234", "one two", "three four"),
    ("1234", "the pin's twelve", "thirty four"),
    ("1234", "pin one two", "three four"),
    ("1234", "here is my pin", "one", "two three four"),
    ("1234", "here comes the PIN", "um, one two", "and three four"),
    ("1234", "I'll give you the PIN. One two", "three four"),
    ("1234", "Kai, the pin, one two", "hold on, where did I put the thing", "three, and then four"),
    ("1234", "my pin begins with one two", "and ends with three four"),
    ("1234", "my secret number is twelve", "thirty four"),
    ("1234", "12", "34"),
    ("1234", "1", "2", "3", "4"),
    ("1234", "one two", "[34#]"),
    ("1234", "my PIN is one two", "[34#]"),
    ("1234", "my PIN is one", "[2#]", "three four"),
    ("1234", "[12#]", "three four"),
    ("1234", "[1#]", "two three", "[4#]"),
    ("4711", "four seven", "double one"),
    ("4711", "my PIN is forty-seven", "eleven"),
    ("4711", "it's forty-seven", "hm", "eleven"),
    ("4711", "Kai, four", "seven", "one one"),
    ("4711", "vier sieben", "eins eins"),
    ("4711", "[47#]", "eleven"),
    ("5508", "my PIN is double five", "oh eight"),
    ("5508", "double five", "zero eight"),
    ("5508", "fifty-five", "oh eight"),
    ("5508", "five", "five oh", "eight"),
    ("5508", "five five", "[08#]"),
    ("121314", "twelve", "thirteen", "fourteen"),
    ("121314", "my pin is twelve thirteen", "one four"),
]  # fmt: skip
WORK: Final = {"what": "A post.", "title": "a post", "minutes": 30.0, "mood": "bright"}
STEPS: Final = WorkScript.model_validate({"works": [{"steps": [{"after_s": 500, "done": {"result": "It is done."}}]}]})


def play(pin: str, turns: tuple[str, ...], how: str, told: list[str], folder: Path) -> tuple[RehearsedCall, dict[str, str]]:
    claude, calls = StagedClaude(), list[RehearsedCall]()

    async def talk() -> None:
        claude.routes_to("kai")
        claude.uses("engineer", "start_task", WORK, when="begin")
        claude.says("engineer", "Yes.", after="start_task")
        claude.uses("engineer", "add_to_task", {"words": f"They said {pin[:2]} and {pin[2:]}."}, when="add it")
        claude.says("engineer", "Added.", after="add_to_task")
        claude.says("kai", "I see.")
        claude.says("engineer", "I see.")
        async with Rehearsal(ScriptedTransport(claude)).call(agents="", trust=trust(pin), work=STEPS) as call:
            if how == "proven":
                await call.press(f"{pin}#")
            if how != "unasked":
                await call.say("Engineer, begin")
            if how != "asked":
                await call.say("Kai, hello there my friend")
            for turn in turns:
                await (call.press(turn[1:-1]) if turn.startswith("[") else call.say(turn))
            if how == "proven":
                await call.say("Engineer, add it")
        calls.append(call)

    with structlog.testing.capture_logs() as logged:
        run(talk)
    recorded = Recorded("call", calls[0].journal, None)
    left_out = make_test(recorded, folder / "x.scenario.yaml")
    export(Settings(home=folder), recorded, folder / "x.zip", mask=False)
    with zipfile.ZipFile(folder / "x.zip") as bundle:
        exported = "\n".join(bundle.read(name).decode() for name in bundle.namelist() if not name.endswith("yaml"))
    texts = [fact.text for fact in calls[0].facts(HeardText)]
    return calls[0], {
        "journal": "\n".join([*texts, "".join(fact.key for fact in calls[0].facts(DigitPressed))]),
        "Claude": json.dumps([exchange.request["messages"] for exchange in claude.requests], ensure_ascii=False),
        "stdin": "\n".join(told),
        "log": "\n".join(map(str, logged)),
        "scenario": (folder / "x.scenario.yaml").read_text(encoding="utf-8") + "\n".join(left_out),
        "export": "\n".join(line for line in exported.splitlines() if '"heard"' in line or '"key"' in line),
        "transcript": calls[0].transcript(),
    }


def parts(turns: tuple[str, ...]) -> list[str]:
    """What of it must be found nowhere: the digits of each turn, as they were said."""
    fillers = ("my pin is ", "here comes ", "it's ", "Kai, ", "I'll give you the PIN. ")
    said = [turn for turn in turns if not turn.startswith("[")]
    for filler in fillers:
        said = [turn.replace(filler, "").replace(filler.replace("pin", "PIN"), "") for turn in said]
    return [one for one in said if not one.isdigit() and sum(word.digits for word in words_in(one)) > 1]


@pytest.mark.parametrize(
    ("how", "turns"),
    [
        *(("unasked", turns) for turns in TURNS),
        *(("asked", turns) for turns in TURNS[::3]),
        *(("proven", turns) for turns in TURNS[1::3] if not any("[" in turn for turn in turns)),  # keys order the work
    ],
    ids=lambda value: value if isinstance(value, str) else " / ".join(value[1:]),
)
def test_in_several_turns(how: str, turns: tuple[str, ...], stdin: list[str], tmp_path: Path) -> None:
    pin, *said = turns
    call, found = play(pin, tuple(said), how, stdin, tmp_path)
    if how == "proven":
        assert call.tasks, "the work runs, and is told something"
    halves = (Digits(pin), Digits(pin[: len(pin) // 2]), Digits(pin[len(pin) // 2 :]))
    heard = found["journal"]
    assert not any(half.found(heard)[0] for half in halves), heard
    for where, text in found.items():
        assert not any(Digits(pin).found(line)[0] for line in text.splitlines() if where != "scenario"), where
        assert not [part for part in parts(tuple(said)) if part.casefold() in text.casefold()], where


FORMS: Final = {
    "1": ("one", "1"),
    "2": ("two", "2"),
    "3": ("three", "3"),
    "4": ("four", "4"),
    "5": ("five", "5"),
    "0": ("zero", "0", "nought"),
}


@given(st.data())
def test_however_it_is_split(data: st.DataObject) -> None:
    """In each of the ways to say a digit, with fillers, in one to four turns, some of them keyed: none of it shows."""
    pin = data.draw(st.text("123450", min_size=4, max_size=6))
    filter = PinFilter(SecretStr(pin))
    watch = PinWatch(filter, ("Kai",))
    keys = KeyWatch(filter, watch)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(pin) - 1), max_size=3)))
    shown, pressed = list[str](), list[str]()
    for begun, end in zip([0, *cuts], [*cuts, len(pin)], strict=True):
        digits = pin[begun:end]
        if begun and data.draw(st.booleans()):
            watch_text = f"(pressed the keys {' '.join(digits)})"
            pressed += [key for digit in digits for key, _ in keys.press(digit, 0.0)]
        else:
            words = " ".join(data.draw(st.sampled_from(FORMS[digit])) for digit in digits)
            opens = data.draw(st.sampled_from(["", "um ", "it's ", "and then ", "Kai, ", "my PIN is ", "the pin is "]))
            watch_text = f"{opens}{words}"
        shown.append(watch.shown(watch_text).text)
        watch.heard(watch_text)
    pressed += [key for key, _ in keys.rest()]
    assert not any(
        word.isdigit() or word in {one for forms in FORMS.values() for one in forms} for text in shown for word in text.split()
    )
    assert set(pressed) <= {HIDDEN}


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("How many eggs?", "twelve"),
        ("Tell me the number of the room.", "forty-seven"),
        ("Which one?", "two"),
        ("", "remind me at ten"),
        ("", "wait for it"),
        ("I see.", "add two eggs to the list"),
        ("I see.", "pin numpy to 1.26"),
        ("I see.", "my code is 200 lines long"),
        ("I see.", "call me at 5"),
    ],
)
def test_other_numbers_are_told(prompt: str, said: str) -> None:
    watch = PinWatch(PinFilter(SecretStr("4711")), ("Kai",))
    assert watch.shown(said, prompt).text == said


@given(
    st.text("0123456789", min_size=4, max_size=4),
    st.text("0123456789", min_size=4, max_size=4),
    st.text("0123456789", min_size=1, max_size=3),
)
def test_what_is_hidden_of_a_part_says_nothing_of_the_pin(one: str, other: str, said: str) -> None:
    """Who has not given it sees the same, whatever it is; else two digits would be found in a hundred tries."""
    watches = [PinWatch(PinFilter(SecretStr(pin))) for pin in (one, other)]
    for prompt in ("", "How many?"):
        assert len({watch.shown(" ".join(said), prompt).text for watch in watches}) == 1


def test_a_part_that_was_asked_for_is_hidden_once_the_rest_is_said(stdin: list[str], tmp_path: Path) -> None:
    """It has been told already, but no more: neither to Claude again nor in the recording."""
    claude = StagedClaude()

    async def talk() -> None:
        claude.routes_to("kai")
        claude.says("kai", "How many?", when="eggs")
        claude.says("kai", "I see.")
        async with Rehearsal(ScriptedTransport(claude)).call(agents="", trust=trust()) as call:
            await call.say("Kai, eggs")
            await call.say("four seven")
            await call.say("one one")
            await call.say("Kai, what was that")

    run(talk)
    last = json.dumps(claude.requests[-1].request["messages"])
    assert "four seven" not in last
    assert "eggs" in last
