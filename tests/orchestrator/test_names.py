"""Who is addressed by name, where a name stands for somebody else, and what both sound like."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.definition import Agent
from agents.roster import Roster
from orchestrator.names import Names
from tests.orchestrator.stage import PHRASES, ROSTER

NAMES = Names(ROSTER, PHRASES.words)
NAMED = ROSTER.all_names()
WORDS = ("the", "ask", "and", "is", "what", "not", "my", ",", ".", "?", "'", "-", "—", "@0", "3.5", "李")


def addressed(text: str) -> list[str]:
    found = NAMES.addressed(text)
    return list(found.agents) if found else []


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("engineer why does the build fail", ["engineer"]),
        ("okay architect what do you think", ["architect"]),
        ("Wait, engineer, is that safe?", ["engineer"]),
        ("hey kai good morning", ["kai"]),
        ("The architect, please.", ["architect"]),
        ("And the architect?", ["architect"]),
        ("engineer is that safe", ["engineer"]),
        ("Architect is the plan still good?", ["architect"]),
        ("engineer check that it is running", ["engineer"]),
        ("Engineer, stop the server.", ["engineer"]),
        ("can i talk to the researcher", ["researcher"]),
        ("Kai, can I talk to the engineer?", ["engineer"]),
        ("Okay Kai, that was helpful, now give me the engineer.", ["engineer"]),
        ("Engineer, what would the architect say?", ["architect"]),
        ("I'd love to hear what the architect thinks.", ["architect"]),
        ("what's your take architect", ["architect"]),
        ("that sounds good kai", ["kai"]),
        ("bring the engineer in on this please", ["engineer"]),
        ("Could you tell the architect to wait?", ["architect"]),
        ("Let Kai know that I am late.", ["kai"]),
        ("what is the engineer's opinion", ["engineer"]),
        ("does kai agree", ["kai"]),
        ("What would Kai and Marcus say?", ["kai", "engineer"]),
        ("is the engineer available", ["engineer"]),
        ("That's great, Kai.", ["kai"]),
        ("explain that to me kai", ["kai"]),
        ("Tell me, Engineer, what breaks first?", ["engineer"]),
        ("Kai, what's the name of that film with Ava Gardner?", ["kai"]),
        ("Thank you, Kai. Engineer, how long would that take?", ["engineer"]),
        ("Engineer, why does it fail? It was fine yesterday.", ["engineer"]),
        ("No, not the engineer, the architect.", ["architect"]),
        ("Marcus Webb, are you there?", ["engineer"]),
        ("Kai, Researcher, Engineer and Architect, hello", ["kai", "researcher", "engineer", "architect"]),
        ("Engineer and Marcus, hello", ["engineer"]),
        ("ask the engine ear how long it takes", ["engineer"]),
        ("engineer’s view? No. Engineer, what’s that?", ["engineer"]),
    ],
)
def test_spoken_to(text: str, agents: list[str]) -> None:
    assert addressed(text) == agents


@pytest.mark.parametrize(
    "text",
    [
        "What does an engineer do all day?",
        "who is the engineer",
        "What's the architect doing?",
        "is my architect right about the roof",
        "I met an architect",
        "research something for me",
        "engine or battery what should i buy",
        "Mark us as done",
        "i engineer bridges",
        "my sister is a landscape architect",
        "Kai, my nephew, is coming tomorrow.",
        "My brother, Kai, is ill.",
        "I know Anna, Tom, Kai.",
        "They call me Kai",
        "are you the engineer",
        "Kai is a nice name, isn't it?",
        "kai has the flu",
        "kai told me so",
        "Kai likes tea.",
        "engineer salaries in germany",
        "engineer demand is rising",
        "Kai or Liam, which name is nicer?",
        "the engineer of the year is who",
        "call the architect office in linz",
        "get the engineer from siemens",
        "I want the engineer fired",
        "Have the architect's plans arrived?",
        "i don't want to talk to the engineer",
        "Ava Gardner, what films did she make?",
        "ava gardner was a film star",
        "",
        ", . ?",
    ],
)
def test_not_spoken_to(text: str) -> None:
    assert addressed(text) == []


def test_it_is_told_what_was_heard_and_where() -> None:
    found = NAMES.addressed("Ask the engine ear and Serena about it.")
    assert found is not None
    assert (found.heard, found.how) == (("engine ear", "serena"), "asked for")


@pytest.mark.parametrize(("text", "there"), [("did the engineer say that", True), ("why", False), ("engineering", False)])
def test_a_mention_is_noticed(text: str, there: bool) -> None:
    assert NAMES.mentioned(text) is there


@given(st.lists(st.sampled_from([*NAMED, *WORDS]), max_size=12).map(" ".join) | st.text())
def test_whatever_is_heard_is_read(text: str) -> None:
    found = NAMES.addressed(text)
    assert found is None or (NAMES.mentioned(text) and len(found.agents) <= len(found.heard))


def test_a_slip_that_may_mean_two_agents_means_none() -> None:
    kai, marcus = ROSTER["kai"], ROSTER["engineer"]
    twin: Agent = marcus.model_copy(update={"id": "twin", "name": "Injuneer", "aliases": ()})
    both = Names(Roster([kai, marcus.model_copy(update={"aliases": ()}), twin]), PHRASES.words)
    found = both.addressed("injuneer hello")
    assert found is not None
    assert found.agents == ("twin",)
    assert both.addressed("engine ear hello") is None


@pytest.mark.parametrize(
    "name", ["Jörg", "J.A.R.V.I.S.", "Dr. No", "O'Brien", "Zoë", "Иван", "Nguyễn", "Mr. T", "Łukasz", "St. John"]
)
@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("heard", ["NFC", "NFD"])
@pytest.mark.parametrize("sentence", ["{}, can you help me?", "Ask {} about the weather.", "What do you think, {}?"])
def test_a_name_of_any_letters_is_addressed(name: str, written: Any, heard: Any, sentence: str) -> None:
    other = ROSTER["kai"].model_copy(
        update={"id": "own", "name": unicodedata.normalize(written, name), "aliases": (), "front_desk": False}
    )
    names = Names(Roster((*ROSTER.agents, other)), PHRASES.words)
    found = names.addressed(unicodedata.normalize(heard, sentence.format(name)))
    assert found is not None
    assert found.agents == ("own",)


@pytest.mark.parametrize(
    ("name", "heard"),
    [("Dr. No", "Doctor No"), ("Mr. T", "mister T"), ("St. John", "Saint John"), ("O'Neill", "O Neill"), ("O'Ara", "Oara")],
)
def test_a_name_is_addressed_as_recognisers_write_it(name: str, heard: str) -> None:
    other = ROSTER["kai"].model_copy(update={"id": "own", "name": name, "aliases": (), "front_desk": False})
    found = Names(Roster((*ROSTER.agents, other)), PHRASES.words).addressed(f"{heard}, can you help me?")
    assert found is not None
    assert found.agents == ("own",)
