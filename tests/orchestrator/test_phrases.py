"""What the phone understands by itself: tables of what callers say, and what must not be mistaken for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.roster import Roster, load
from orchestrator.phrase_matcher import PhraseMatcher
from orchestrator.phrases import Phrases
from orchestrator.router import Router
from tests.kit.growth import is_linear

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def roster() -> Roster:
    return load([ROOT / "agents"], ROOT / "prompts")


@pytest.fixture(scope="module")
def phrases(roster: Roster) -> Phrases:
    return Phrases.load(ROOT / "prompts" / "phrases.yaml", roster.all_names())


@pytest.mark.parametrize(
    "text", ["Goodbye.", "bye bye", "Okay, thank you, goodbye!", "That's all, bye.", "Thanks a lot. See you later.", "Bye Kai."]
)
def test_goodbye(phrases: Phrases, text: str) -> None:
    assert phrases.is_goodbye(text)


@pytest.mark.parametrize(
    "text", ["How do I say goodbye in French?", "Say goodbye to the old server", "thank you", "by the way", "okay", ""]
)
def test_not_goodbye(phrases: Phrases, text: str) -> None:
    assert not phrases.is_goodbye(text)


@pytest.mark.parametrize(
    "text", ["Stop!", "stop stop stop", "Okay, stop it.", "Wait.", "no, be quiet please", "never mind", "Hold on a minute."]
)
def test_stop(phrases: Phrases, text: str) -> None:
    assert phrases.is_stop(text)


@pytest.mark.parametrize(
    "text", ["No.", "okay", "Stop the server.", "Wait, is that safe?", "don't stop", "A minute.", "okay one second", ""]
)
def test_not_stop(phrases: Phrases, text: str) -> None:
    assert not phrases.is_stop(text)


@pytest.mark.parametrize("text", ["uh-huh", "Yeah, right.", "Mm-hmm.", "okay", "", "...", "oh I see"])
def test_backchannel(phrases: Phrases, text: str) -> None:
    assert phrases.is_backchannel(text)


@pytest.mark.parametrize("text", ["Yes, but why?", "wait", "right now", "okay stop"])
def test_not_backchannel(phrases: Phrases, text: str) -> None:
    assert not phrases.is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Engineer, why does the build fail?", ["engineer"]),
        ("engineer why does the build fail", ["engineer"]),
        ("okay architect what do you think", ["architect"]),
        ("Ask the Architect how to store it", ["architect"]),
        ("can i talk to the researcher", ["researcher"]),
        ("Kai?", ["kai"]),
        ("what do you think, Kai?", ["kai"]),
        ("Engineer and Architect, is that safe?", ["engineer", "architect"]),
        ("hey kai good morning", ["kai"]),
        ("Kai, Researcher, Engineer and Architect, hello", ["kai", "researcher", "engineer"]),
    ],
)
def test_by_name(roster: Roster, phrases: Phrases, text: str, speakers: list[str]) -> None:
    route = Router(roster, phrases).at_once(text, "kai")
    assert route is not None
    assert route.by == "name"
    assert [speaker.agent for speaker in route.speakers] == speakers


@pytest.mark.parametrize(
    "text",
    [
        "What does an engineer do all day?",
        "who is the engineer",
        "is my architect right about the roof",
        "research something for me",
        "I met an architect",
    ],
)
def test_a_name_inside_a_sentence_is_no_address(roster: Roster, phrases: Phrases, text: str) -> None:
    assert Router(roster, phrases).at_once(text, "kai") is None


@pytest.mark.parametrize(
    ("text", "by", "speaker"),
    [("and how long will that take", "floor", "engineer"), ("Why?", "floor", "engineer"), ("hello", "floor", "kai")],
)
def test_by_floor(roster: Roster, phrases: Phrases, text: str, by: str, speaker: str) -> None:
    route = Router(roster, phrases).at_once(text, "engineer")
    assert route is not None
    assert (route.by, route.speakers[0].agent) == (by, speaker)


def test_a_long_sentence_that_begins_like_a_follow_up_is_asked_about(roster: Roster, phrases: Phrases) -> None:
    assert (
        Router(roster, phrases).at_once("and now tell me what the best way to store ten million photos would be", "kai") is None
    )


def test_claude_naming_the_floor_is_no_change(roster: Roster, phrases: Phrases) -> None:
    router = Router(roster, phrases)
    assert router.read({"speakers": [{"agent": "kai", "brief": ""}]}, "kai").by == "floor"
    route = router.read({"speakers": [{"agent": "researcher", "brief": "facts"}, {"agent": "kai", "brief": ""}]}, "kai")
    assert (route.by, [speaker.agent for speaker in route.speakers]) == ("claude", ["researcher", "kai"])


REPEATED = (
    "yes do it", "yes go ahead", "no don't", "no thanks", "call me back then", "just a minute", "hello again", "i have to go now",
    "okay", "please",
)  # fmt: skip


@pytest.mark.parametrize("phrase", REPEATED)
def test_a_phrase_said_again_and_again_takes_time_in_proportion(phrases: Phrases, phrase: str) -> None:
    """As a recogniser that loops on noise writes it; then comes something else."""

    def asked(text: str) -> None:
        phrases.hold_order(text)
        for judge in (
            phrases.is_stop, phrases.is_goodbye, phrases.is_small_talk, phrases.is_follow_up, phrases.is_backchannel,
            phrases.is_order,
        ):  # fmt: skip
            judge(text)

    assert is_linear(asked, lambda times: " ".join([phrase] * times) + " to the door", 60)


@given(st.lists(st.sampled_from(["a", "a b", "b", "c"]), max_size=4), st.lists(st.sampled_from(["a", "b", "c"]), max_size=9))
def test_phrases_are_found_as_a_pattern_finds_them(before: list[str], words: list[str]) -> None:
    matcher = PhraseMatcher(["a b", "a", "b c"], before=before, after=["c"])
    pattern = rf"(?:{'(?:' + '|'.join(before) + ') ' if before else ''})*(?:a b|a|b c)(?: (?:a b|a|b c|c))*"
    assert matcher.fits(words) == bool(re.fullmatch(pattern, " ".join(words)))


@pytest.mark.parametrize("row", ["hey, ", "Kai, ", "good morning ", "can you ", "x, ", "the Kai "])
def test_names_are_looked_for_in_time_in_proportion(roster: Roster, phrases: Phrases, row: str) -> None:
    router = Router(roster, phrases)
    assert is_linear(lambda text: router.at_once(text, "kai"), lambda times: row * times + "zzz", 25)
