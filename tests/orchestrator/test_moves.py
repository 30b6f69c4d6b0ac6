"""What each move of a caller's waited for."""

from __future__ import annotations

import pytest

from agents.lines import Lines
from orchestrator.events import (
    BargeIn,
    CallEnded,
    CallEvent,
    DigitPressed,
    HeardText,
    SaidText,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
)
from orchestrator.moves import Cue, Move, moves, own_lines
from orchestrator.rosters import PROMPTS
from tests.kit.recordings import journal

OWN = own_lines(Lines.read(PROMPTS / "lines.yaml"))
Facts = list[tuple[float, CallEvent]]


def said(from_s: float, to_s: float, text: str = "Words.", *, turn: int = 0, aside: bool = False) -> tuple[float, CallEvent]:
    return to_s, SaidText(turn=turn, agent="kai", voice="kai", text=text, from_s=from_s, to_s=to_s, aside=aside)


def spoke(from_s: float, to_s: float, text: str = "", turn: int = 0) -> Facts:
    heard: Facts = [(to_s + 0.1, HeardText(turn=turn, text=text, from_s=from_s, to_s=to_s, engine="x"))] if text else []
    return [(from_s, SpeechStarted()), (to_s, SpeechEnded()), *heard]


GREETING = said(1.0, 3.0)


@pytest.mark.parametrize(
    ("facts", "cue"),
    [
        ([GREETING, *spoke(4.0, 5.0)], Cue("answer", 1.0, 1, 4.0)),
        ([GREETING, *spoke(2.0, 2.9)], Cue("begin", 1.0, 0, 2.0)),
        ([GREETING, said(3.2, 6.0), *spoke(4.0, 5.0)], Cue("sentence", 1.0, 1, 4.0)),
        ([GREETING, (3.1, BargeIn(turn=0, agent="kai", onset_s=3.1)), *spoke(3.1, 4.0)], Cue("sentence", 0.1, 1, 3.1)),
        ([GREETING, said(11.0, 12.0, "Are you still there?", aside=True), *spoke(13.0, 14.0)], Cue("answer", 10.0, 1, 13.0)),
        (spoke(0.5, 0.8), Cue("self", 0.5, 0, 0.5)),
    ],
)
def test_a_move_waits_for_what_the_caller_heard(facts: Facts, cue: Cue) -> None:
    assert moves(journal(*facts), OWN)[0].cue == cue


def test_words_in_one_breath_follow_one_another() -> None:
    facts = [GREETING, *spoke(4.0, 5.0), *spoke(5.4, 6.0)]
    assert [move.cue for move in moves(journal(*facts), OWN)][1:2] == [Cue("self", 0.4, 0, 0.4)]


def test_a_sentence_that_goes_on_through_a_cough_is_no_new_one() -> None:
    facts = [said(1.0, 6.0), *spoke(2.0, 2.1), *spoke(4.0, 5.0)]
    assert [move.cue for move in moves(journal(*facts), OWN)][:2] == [Cue("begin", 1.0, 0, 2.0), Cue("self", 1.9, 0, 1.9)]


@pytest.mark.parametrize(
    ("presses", "keys"),
    [
        ([(1.0, "4"), (1.5, "2"), (2.0, "#")], ["42#"]),
        ([(1.0, "4"), (5.5, "2")], ["4", "2"]),
        ([(1.0, "#"), (1.2, "1")], ["#", "1"]),
    ],
)
def test_keys_of_one_entry_are_one_move(presses: list[tuple[float, str]], keys: list[str]) -> None:
    facts = [(at_s, DigitPressed(key=key)) for at_s, key in presses]
    ended = CallEnded(why="silence", duration_s=9, cost_usd=0)  # type: ignore[arg-type]
    found = moves(journal(*facts, (9.0, ended)), OWN)
    assert ["".join(key for key, _ in move.keys) for move in found] == keys


def test_a_turn_without_words_is_the_last_moves() -> None:
    facts = [*spoke(1.0, 2.0, "Hello", 1), *spoke(4.0, 5.0), (5.5, TurnEnded(turn=2, patience_s=0.5))]
    assert [move.turn for move in moves(journal(*facts), OWN)] == [1, 2, 0]


def test_the_pin_is_no_move() -> None:
    facts = [*spoke(1.0, 2.0, "…", 1), (3.0, DigitPressed(key="…")), *spoke(4.0, 5.0, "Hello", 2)]
    assert [(move.did, move.heard) for move in moves(journal(*facts), OWN)] == [("spoke", "Hello"), ("hung_up", "")]


def test_keys_are_words_to_claude() -> None:
    move = Move("pressed", 0, 0, keys=(("4", 0.0), ("2", 0.0), ("#", 0.0)))
    assert move.words == "(pressed the keys 4 2)"
