"""How long the caller waited, and for what."""

from __future__ import annotations

import pytest

from orchestrator.events import (
    CallEvent,
    Entry,
    FirstAudio,
    FirstSentence,
    FirstToken,
    HeardText,
    Played,
    Routed,
    SpeculationDropped,
    SpeechEnded,
    TurnEnded,
)
from orchestrator.waterfall import percentiles, turns


def entries(*facts: tuple[float, CallEvent]) -> list[Entry]:
    return [Entry(seq=seq, at_s=at_s, event=fact) for seq, (at_s, fact) in enumerate(facts, 1)]


def heard(turn: int, to_s: float, text: str = "hello") -> HeardText:
    return HeardText(turn=turn, text=text, from_s=to_s - 1, to_s=to_s, engine="e")


def test_times_count_from_the_last_word() -> None:
    (turn,) = turns(
        entries(
            (10.0, SpeechEnded()),
            (10.15, heard(1, 10.0)),
            (10.16, Routed(turn=1, speakers=("kai",), by="floor")),
            (10.46, FirstToken(turn=1, agent="kai")),
            (10.52, FirstSentence(turn=1, agent="kai", text="Yes.")),
            (10.56, FirstAudio(turn=1, agent="kai")),
            (10.55, TurnEnded(turn=1, patience_s=0.55)),
            (10.58, Played(turn=1, agent="kai")),
        )
    )
    assert list(turn.waterfall_ms.items()) == [
        ("heard", 150),
        ("routed", 160),
        ("first_token", 460),
        ("first_sentence", 520),
        ("first_audio", 560),
        ("turn_ended", 550),
        ("played", 580),
    ]
    assert (turn.response_ms, turn.speakers, turn.by, turn.heard) == (580, ("kai",), "floor", "hello")


def test_what_was_thought_in_vain_is_not_in_it() -> None:
    (turn,) = turns(
        entries(
            (2.1, FirstToken(turn=1, agent="kai")),
            (2.2, FirstAudio(turn=1, agent="kai")),
            (2.3, SpeculationDropped(turn=1, why="went_on")),
            (4.1, heard(1, 4.0)),
            (4.5, FirstToken(turn=1, agent="kai")),
        )
    )
    assert turn.waterfall_ms == {"heard": 100, "first_token": 500}
    assert turn.response_ms is None


def test_the_first_of_a_panel_is_what_was_waited_for() -> None:
    panel = Routed(turn=1, speakers=("engineer", "architect"), by="claude")
    first, later = Played(turn=1, agent="engineer"), Played(turn=1, agent="architect")
    (turn,) = turns(entries((1.1, heard(1, 1.0)), (1.3, panel), (1.9, first), (6.0, later)))
    assert (turn.response_ms, turn.speakers) == (900, ("engineer", "architect"))


def test_turns_come_in_order_and_only_those_that_said_something() -> None:
    facts = entries((5.1, heard(2, 5.0)), (1.1, heard(1, 1.0)), (8.1, heard(3, 8.0, text="")), (9.0, Played(turn=4, agent="kai")))
    assert [turn.number for turn in turns(facts)] == [1, 2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], {}),
        ([700.0], {"p50": 700.0, "p95": 700.0}),
        ([100.0, 200.0, 300.0], {"p50": 200.0, "p95": 290.0}),
        ([float(value) for value in range(1, 102)], {"p50": 51.0, "p95": 96.0}),
    ],
)
def test_percentiles(values: list[float], expected: dict[str, float]) -> None:
    assert percentiles(values) == pytest.approx(expected)
