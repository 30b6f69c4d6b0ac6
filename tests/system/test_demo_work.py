"""The demonstration's long work: a hold whose recording and journal agree, a question, and the call back."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from orchestrator.events import (
    Answered,
    Asked,
    CallbackDelivered,
    CallbackDialing,
    CallEnded,
    CallStarted,
    HeardText,
    HoldEnded,
    HoldStarted,
    Narrated,
    SaidText,
    SpeechStarted,
    TaskProgress,
    TaskStarted,
)
from tests.system.recorded import Recorded, levels

pytestmark = [pytest.mark.timeout(480), pytest.mark.slow, pytest.mark.realcli]
RISE_S = 1.2  # after speech the music comes back within that
MUSIC_DBFS = (-46.0, -28.0)


@pytest.fixture(scope="module")
def hold(demo_folder: Path) -> Recorded:
    return Recorded.of(demo_folder / "hold.jsonl", demo_folder / "hold.wav")


@pytest.fixture(scope="module")
def callback(demo_folder: Path) -> Recorded:
    return Recorded.of(demo_folder / "callback.jsonl", demo_folder / "callback.wav")


def pauses(call: Recorded) -> list[tuple[float, float]]:
    """Of the hold, over a second and a half long: nobody speaks, and the music has had the time to come back."""
    (began,), (ended,) = call.times(HoldStarted), call.times(HoldEnded)
    busy = [(fact.from_s, fact.to_s) for fact in call.facts(SaidText)]
    busy += [(fact.from_s - 0.5, fact.to_s + 0.5) for fact in call.facts(HeardText)]
    busy = sorted(span for span in busy if span[1] > began and span[0] < ended)
    gaps = [(earlier[1] + RISE_S, later[0] - 0.1) for earlier, later in pairwise(busy)]
    return [gap for gap in gaps if gap[1] - gap[0] > 1.5]


def test_music_is_in_every_pause_of_the_hold(hold: Recorded) -> None:
    assert len(pauses(hold)) >= 3
    for from_s, to_s in pauses(hold):
        music = levels(hold.said(from_s, to_s), 0.5)
        assert MUSIC_DBFS[0] < music.min(), (from_s, to_s, music)
        assert music.max() < MUSIC_DBFS[1], (from_s, to_s, music)


def test_the_music_lies_well_under_the_voices(hold: Recorded) -> None:
    speech = np.concatenate([hold.said(fact.from_s, fact.to_s) for fact in hold.facts(SaidText)])
    music = np.concatenate([hold.said(from_s, to_s) for from_s, to_s in pauses(hold)])
    assert levels(speech, speech.size / 16_001).mean() - levels(music, music.size / 16_001).mean() >= 10


def test_what_is_told_is_new_each_time_has_happened_before_and_comes_8_to_20_s_apart(hold: Recorded) -> None:
    lines = hold.facts(Narrated)
    assert len(lines) >= 4
    assert len({line.text for line in lines}) == len(lines)
    known = {entry.seq: entry for entry in hold.entries}
    for entry in hold.entries:
        if isinstance(entry.event, Narrated):
            assert all(isinstance(known[seq].event, TaskProgress) and known[seq].at_s <= entry.at_s for seq in entry.event.of)
    between = hold.times(SpeechStarted, Asked)  # a talk, or a question, and the rhythm begins anew
    gaps = [(a, b) for a, b in pairwise(hold.times(Narrated)) if not any(a < at_s < b for at_s in between)]
    assert gaps
    assert all(8 <= later - earlier <= 20 for earlier, later in gaps), gaps


def test_the_first_line_comes_at_once(hold: Recorded) -> None:
    assert hold.times(Narrated)[0] - hold.times(HoldStarted)[0] <= 2.0


def test_the_caller_orders_asks_allows_and_has_enough(hold: Recorded) -> None:
    (started,) = hold.facts(TaskStarted)
    assert started.agent == "engineer"
    assert any(fact.text.startswith("The Engineer has been on it for") for fact in hold.facts(SaidText))
    (asked,) = hold.facts(Asked)
    assert "python3" in asked.question
    assert [(fact.yes, fact.by) for fact in hold.facts(Answered)] == [(True, "voice")]
    assert [fact.why for fact in hold.facts(HoldEnded)] == ["call_back"]
    assert [fact.why for fact in hold.facts(CallEnded)] == ["call_back"]


def test_the_phone_rings_and_the_result_is_told(hold: Recorded, callback: Recorded) -> None:
    (started,) = callback.facts(CallStarted)
    assert started.outbound
    task = hold.facts(TaskStarted)[0]
    assert [fact.task for fact in callback.facts(CallbackDialing)] == [task.task]
    assert [fact.task for fact in callback.facts(CallbackDelivered)] == [task.task]
    opening, *rest = callback.facts(SaidText)
    assert (opening.agent, opening.text) == ("engineer", f"This is the Engineer, with {task.title}.")
    assert any("tests pass" in fact.text for fact in rest)
    assert [fact.why for fact in callback.facts(CallEnded)] == ["goodbye"]


def test_the_summary_lists_the_work(demo_folder: Path, hold: Recorded) -> None:
    (task,) = json.loads((demo_folder / "summary.json").read_text())["tasks"]
    assert (task["title"], task["ok"], task["delivered"], task["asked"]) == ("a program that counts words", True, "call_back", 1)
    assert task["narrated"] == len(hold.facts(Narrated))
