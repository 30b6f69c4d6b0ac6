"""`make demo` is what it says: its recordings, its journals and its summary, checked against one another."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest

from orchestrator.events import (
    Answered,
    Asked,
    BargeIn,
    CallAnswered,
    CallbackDelivered,
    CallbackDialing,
    CallEnded,
    CallStarted,
    EarconPlayed,
    Failed,
    HeardText,
    HoldEnded,
    HoldStarted,
    Narrated,
    Routed,
    SaidText,
    SpeechStarted,
    TaskProgress,
    TaskStarted,
)
from tests.system.recorded import SPEECH_DBFS, Recorded, levels
from voices.audio import RATE

# Minutes of calls in real time, made once for all tests here.
pytestmark = [pytest.mark.timeout(480), pytest.mark.slow, pytest.mark.realcli]
RISE_S = 1.2  # after speech the music comes back within that
MUSIC_DBFS = (-46.0, -28.0)
AGENTS = ("kai", "researcher", "engineer", "architect")


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Recorded:
    return Recorded.of(demo_folder / "journal.jsonl", demo_folder / "call.wav")


@pytest.fixture(scope="module")
def summary(demo_folder: Path) -> dict[str, Any]:
    return json.loads((demo_folder / "summary.json").read_text())


def test_it_leaves_three_calls_and_a_summary(demo_folder: Path) -> None:
    calls = {"call.wav", "journal.jsonl", "hold.wav", "hold.jsonl", "callback.wav", "callback.jsonl"}
    assert {path.name for path in demo_folder.iterdir()} == {*calls, "summary.json"}


def test_the_call_has_all_its_parts(demo: Recorded) -> None:
    routes = [(fact.by, fact.speakers) for fact in demo.facts(Routed)]
    assert ("name", ("engineer",)) in routes
    assert routes[routes.index(("name", ("engineer",))) + 1] == ("floor", ("engineer",))  # the follow-up stays with him
    assert ("claude", ("researcher",)) in routes
    assert ("claude", ("researcher", "engineer", "architect")) in routes
    (barge_in,) = demo.facts(BargeIn)
    assert barge_in.agent == "architect"
    assert demo.facts(SaidText)[0].agent == "kai"
    assert demo.facts(SaidText)[-1].text.endswith("oodbye.")
    assert demo.facts(CallEnded)[0].why == "goodbye"
    assert demo.facts(Failed) == []
    assert len(demo.facts(CallAnswered)) == 1
    assert {fact.agent for fact in demo.facts(SaidText)} == set(AGENTS)


def test_the_journal_is_in_order_and_on_the_recordings_axis(demo: Recorded) -> None:
    assert [entry.seq for entry in demo.entries] == list(range(1, len(demo.entries) + 1))
    ended = demo.facts(CallEnded)[0]
    assert demo.house.size / RATE == pytest.approx(ended.duration_s, abs=1.0)
    # What the ear took for the caller's speech is speech on the left channel, within 40 ms and a window of the detector.
    for heard in demo.facts(HeardText):
        loud = np.flatnonzero(
            levels(demo.caller[int((heard.from_s - 0.5) * RATE) : int((heard.to_s + 0.5) * RATE)]) > SPEECH_DBFS
        )
        assert -0.25 < loud[0] * 0.02 - 0.5 < 0.06  # a soft onset is loud before it is speech


def test_every_sentence_that_was_said_is_heard_and_nothing_else_is(demo: Recorded) -> None:
    told = np.zeros(demo.house.size // 320, bool)
    for from_s, to_s in demo.told:
        loud = levels(demo.said(from_s, to_s)) > SPEECH_DBFS
        assert loud.mean() > 0.5, (from_s, to_s)
        told[max(0, int((from_s - 0.04) / 0.02)) : int((to_s + 0.04) / 0.02) + 1] = True
    elsewhere = levels(demo.house)[~told[: len(levels(demo.house))]]
    assert (elsewhere > SPEECH_DBFS).sum() == 0


def test_nobody_overlaps_and_a_panel_has_no_holes(demo: Recorded) -> None:
    said = demo.facts(SaidText)
    assert all(earlier.to_s <= later.from_s + 0.001 for earlier, later in itertools.pairwise(said))
    panel = [
        fact for fact in said if not fact.aside and fact.turn == next(f.turn for f in demo.facts(Routed) if len(f.speakers) == 3)
    ]
    assert list(dict.fromkeys(fact.agent for fact in panel)) == ["researcher", "engineer", "architect"]
    for earlier, later in itertools.pairwise(panel):
        gap = levels(demo.said(earlier.to_s - 0.2, later.from_s + 0.2)) <= SPEECH_DBFS
        assert 0.02 * longest_run(gap) <= 0.4


def longest_run(flags: npt.NDArray[np.bool_]) -> int:
    return max((len(list(run)) for flag, run in itertools.groupby(flags) if flag), default=0)


def test_all_voices_are_equally_loud_and_never_clip(demo: Recorded) -> None:
    meter = pyloudnorm.Meter(RATE)
    loudness = {}
    for agent in AGENTS:
        speech = np.concatenate([demo.said(fact.from_s, fact.to_s) for fact in demo.facts(SaidText) if fact.agent == agent])
        loudness[agent] = meter.integrated_loudness(speech / 32_768)
    assert max(loudness.values()) - min(loudness.values()) <= 2.0, loudness
    assert np.abs(demo.house).max() < 32_768 * 10 ** (-3 / 20) + 100


def test_no_two_voices_sound_alike(demo: Recorded) -> None:
    """Mean spectra, in third-octave bands, of any two agents differ by more than one agent's own halves do."""
    prints = {agent: [band_print(demo, agent, half) for half in (0, 1)] for agent in AGENTS}
    own = max(float(np.abs(a - b).mean()) for a, b in prints.values())
    for one, other in itertools.combinations(AGENTS, 2):
        apart = float(np.abs(np.mean(prints[one], axis=0) - np.mean(prints[other], axis=0)).mean())
        assert apart > own * 0.8, (one, other, apart, own)


def band_print(demo: Recorded, agent: str, half: int) -> npt.NDArray[np.float64]:
    said = [fact for fact in demo.facts(SaidText) if fact.agent == agent][half::2]
    power = np.zeros(257)
    for fact in said:
        sound = demo.said(fact.from_s, fact.to_s)
        frames = sound[: sound.size // 512 * 512].reshape(-1, 512) * np.hanning(512)
        power += (np.abs(np.fft.rfft(frames)) ** 2).sum(axis=0)
    edges = 90 * 2 ** (np.arange(0, 19) / 3)
    bins = np.arange(257) * RATE / 512
    bands = [power[(bins >= low) & (bins < high)].sum() for low, high in itertools.pairwise(edges)]
    shape = 10 * np.log10(np.maximum(bands, 1))
    return shape - shape.mean()


def test_at_the_barge_in_the_agent_is_silent_within_a_quarter_second(demo: Recorded) -> None:
    (barge_in,) = demo.facts(BargeIn)
    around = slice(int((barge_in.onset_s - 0.3) * RATE), int((barge_in.onset_s + 2.0) * RATE))
    onset_s = np.flatnonzero(levels(demo.caller[around]) > SPEECH_DBFS)[0] * 0.02
    answer = next(fact for fact in demo.facts(SaidText) if fact.turn > barge_in.turn)
    before_the_answer = demo.house[around.start : int(answer.from_s * RATE) - 320]
    silent_s = np.flatnonzero(levels(before_the_answer) > SPEECH_DBFS)[-1] * 0.02 + 0.02
    assert silent_s - onset_s <= 0.25


def test_the_summary_tells_the_same(demo: Recorded, summary: dict[str, Any]) -> None:
    assert summary["claude"] == "scripted"
    assert summary["duration_s"] == demo.facts(CallEnded)[0].duration_s
    assert [turn["heard"] for turn in summary["turns"]] == [fact.text for fact in demo.facts(HeardText)]
    assert all(turn["response_ms"] > 0 and turn["waterfall_ms"] for turn in summary["turns"])
    assert summary["response_ms"]["p50"] <= summary["response_ms"]["p95"]
    assert 0 < float(summary["cost_usd"]) < 0.01
    assert summary["engines"]["recognizer"] == "whisper"


# --- the second call and the third: work, a hold, the call back ---------------------------------------------------------


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
    gaps = [(earlier[1] + RISE_S, later[0] - 0.1) for earlier, later in itertools.pairwise(busy)]
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
    gaps = [(a, b) for a, b in itertools.pairwise(hold.times(Narrated)) if not any(a < at_s < b for at_s in between)]
    assert gaps
    assert all(8 <= later - earlier <= 20 for earlier, later in gaps), gaps


def test_earcons_tell_where_the_caller_is(demo: Recorded, hold: Recorded, callback: Recorded) -> None:
    names = [[fact.name for fact in call.facts(EarconPlayed)] for call in (demo, hold, callback)]
    assert names == [["connected"], ["connected", "on_hold"], []]


def test_the_first_line_comes_at_once(hold: Recorded) -> None:
    assert hold.times(Narrated)[0] - hold.times(HoldStarted)[0] <= 2.0


def test_the_caller_orders_asks_allows_and_has_enough(hold: Recorded) -> None:
    (started,) = hold.facts(TaskStarted)
    assert started.agent == "engineer"
    assert any(fact.text.startswith("Engineer here. I have been on it for") for fact in hold.facts(SaidText))
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
