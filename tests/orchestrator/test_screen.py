"""A call on a terminal."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator import events
from orchestrator.config import Settings
from orchestrator.events import CallEvent, Entry
from orchestrator.rosters import roster_of
from orchestrator.screen import Transcript, summary_line

STARTED = events.CallStarted(call="c", line="acs", caller="+1", called="+2", began="2026-11-22T12:00:00+00:00")
SAID = events.SaidText(turn=1, agent="engineer", voice="engineer", text="Yes [and] no.", from_s=2.4, to_s=3.0)
ROSTER = roster_of(Settings(agents=(Path("/nowhere"),)))


def shown(*facts: tuple[float, CallEvent], colours: bool = False) -> list[str]:
    console = Console(file=StringIO(), width=200, force_terminal=colours, color_system="standard" if colours else None)
    transcript = Transcript(console, ROSTER)
    for seq, (at_s, fact) in enumerate(facts, 1):
        transcript.show(Entry(seq=seq, at_s=at_s, event=fact))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (STARTED, "   3.00  +1 calls +2 on the acs line"),
        (events.CallRefused(why="forbidden", reason="not on the list"), "   3.00  refused (forbidden): not on the list"),
        (events.CallAnswered(recognizer="w", synthesizers=("f", "e")), "   3.00  answered; ears: w; voices: f, e"),
        (SAID, "   2.40  Engineer   Yes [and] no."),
        (SAID.model_copy(update={"interrupted": True}), "   2.40  Engineer   Yes [and] no. —"),
        (SAID.model_copy(update={"agent": "gone"}), "   2.40  gone       Yes [and] no."),
        (events.BargeIn(turn=1, agent="kai", onset_s=2.8), "   3.00  the caller takes the floor from kai"),
        (events.DigitPressed(key="#"), "   3.00  key #"),
        (
            events.ToolUsed(turn=1, agent="kai", name="recall", input={"about": "eggs", "zone": ""}),
            "   3.00  kai uses recall (about: eggs)",
        ),
        (events.ToolUsed(turn=1, agent="kai", name="end_call", input={}), "   3.00  kai uses end_call"),
        (events.Failed(where="router", code="slow", sentence="Too slow."), "   3.00  router: Too slow. (slow)"),
        (
            events.CallEnded(why="caller_hung_up", duration_s=3.04, cost_usd=Decimal("0.00123")),
            "   3.00  ended: caller hung up, 3.0 s, 0.00123 USD",
        ),
    ],
)
def test_each_fact_has_its_line(fact: CallEvent, line: str) -> None:
    assert shown((3.0, fact)) == [line]


def test_what_nobody_needs_to_read_is_not_shown() -> None:
    assert shown((1.0, events.SpeechStarted()), (2.0, events.SpeechEnded())) == []


def test_the_timings_of_a_turn_stand_under_it_once() -> None:
    lines = shown(
        (2.1, events.HeardText(turn=1, text="why", from_s=1.0, to_s=2.0, engine="w")),
        (2.1, events.Routed(turn=1, speakers=("engineer",), by="name")),
        (2.4, events.Played(turn=1, agent="engineer")),
        (3.0, SAID),
        (8.1, events.HeardText(turn=2, text="and then", from_s=7.0, to_s=8.0, engine="w")),
        (9.5, events.Played(turn=2, agent="engineer")),
        (10.0, events.CallEnded(why="goodbye", duration_s=10, cost_usd=Decimal(0))),
    )
    assert [line.strip() for line in lines] == [
        "1.00  caller     why",
        "2.40  Engineer   Yes [and] no.",
        "400 ms  by name: heard 100  routed 100",
        "7.00  caller     and then",
        "1500 ms  by phone: heard 100",
        "10.00  ended: goodbye, 10.0 s, 0.00000 USD",
    ]


def spent(turn: int, on: str, usd: str) -> events.MoneySpent:
    return events.MoneySpent(turn=turn, on=on, model="m", usd=Decimal(usd))


PAID = [
    (0.1, spent(0, "warm", "0.0001")),
    (2.1, events.HeardText(turn=1, text="why", from_s=1.0, to_s=2.0, engine="w")),
    (2.2, spent(1, "router", "0.00002")),
    (2.4, events.Played(turn=1, agent="engineer")),
    (2.5, spent(1, "engineer", "0.0003")),
]


def test_what_a_turn_cost_stands_beside_its_timings() -> None:
    ended = events.CallEnded(why="goodbye", duration_s=4, cost_usd=Decimal("0.00042"))
    assert shown(*PAID, (4.0, ended))[1].strip() == "400 ms  by phone: heard 100  0.00032 USD"


def test_a_call_is_summed_up_in_a_line() -> None:
    entries = [Entry(seq=1, at_s=at_s, event=fact) for at_s, fact in PAID]
    assert summary_line(entries) == (
        "1 turn, p50 400 ms, p95 400 ms, 0.00042 USD (warm 0.00010, router 0.00002, engineer 0.00030)"
    )
    assert summary_line([]) == "0 turns, 0.00000 USD"


def test_agents_have_their_colours_and_a_long_wait_is_red() -> None:
    said, *_ = shown((3.0, SAID), colours=True)
    assert "\x1b[1;33mEngineer" in said
    heard = events.HeardText(turn=1, text="why", from_s=1.0, to_s=2.0, engine="w")
    late = shown((2.1, heard), (3.0, events.Played(turn=1, agent="kai")), (4.0, heard), colours=True)
    assert "\x1b[31m1000 ms" in late[1]
