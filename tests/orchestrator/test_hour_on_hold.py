"""An hour on hold, one call in virtual time: what the caller heard, judged by its sound and by the journal."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import anthropic
import anyio
import numpy as np
import numpy.typing as npt
import pytest

from agents.scripted import ScriptedTransport
from agents.scripted_work import WorkScript
from orchestrator.events import Entry, HoldEnded, HoldStarted, Narrated, SaidText, TaskProgress
from orchestrator.hold import STILL_S
from orchestrator.patience import Limits
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.virtual_time import run
from voices.audio import FRAME_S, level_dbfs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]  # each of 180,000 frames is made: 15 s where nothing else runs
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
MINUTES: Final = 60
BOOK: Final[dict[str, Any]] = {"what": "A book about the house.", "title": "a book", "minutes": float(MINUTES), "mood": "calm"}
AUDIBLE_DBFS: Final = -60.0  # comfort noise lies at -67
SPEECH_DBFS: Final = -28.0
LULL_S: Final = 0.3  # so long after a sentence the music is still as low as under it
QUESTIONS: Final = ("How far are you?", "Kai, are you there?", "Who is working?")
EVERY_S: Final = 411.0
TALK_S: Final = 15.0  # what a question, its answer and the quiet before the next line may take


def happenings() -> list[dict[str, Any]]:
    """Work that is busy for 25 minutes, silent for 12, and then comes upon something every now and then."""
    random = Random(4)
    tools = ("Read", "Bash", "Write", "WebSearch", "Edit", "phase")
    busy = [random.uniform(1, 25) for _ in range(25 * 60 // 13)]
    rare = [12 * 60.0, *(random.uniform(20, 200) for _ in range(12))]
    return [
        {"after_s": after_s, "says": f"Chapter {number} stands."}
        if number % 5 == 0
        else {"after_s": after_s, "working": {"what": random.choice(tools), "detail": f"Page {number}", "step": 1, "of": 2}}
        for number, after_s in enumerate([*busy, *rare], 1)
    ]


@dataclass(frozen=True)
class Hour:
    """Times are on the journal's axis."""

    entries: list[Entry]
    heard_s: npt.NDArray[np.float64]
    """When each frame began."""
    dbfs: npt.NDArray[np.float64]
    talks: list[tuple[float, float]]
    """From when to when the caller spoke."""

    def of(self, kind: type) -> list[Entry]:
        return [entry for entry in self.entries if isinstance(entry.event, kind)]

    @property
    def held(self) -> tuple[float, float]:
        (began,), (ended,) = self.of(HoldStarted), self.of(HoldEnded)
        return began.at_s, ended.at_s

    @property
    def spoken(self) -> list[tuple[float, float]]:
        """When one of ours did, on hold."""
        said = [entry.event for entry in self.of(SaidText) if isinstance(entry.event, SaidText)]
        return [(fact.from_s, fact.to_s) for fact in said if fact.to_s > self.held[0]]

    def levels(self, from_s: float, to_s: float) -> npt.NDArray[np.float64]:
        return self.dbfs[(self.heard_s >= from_s) & (self.heard_s + FRAME_S <= to_s)]

    def talked(self, from_s: float, to_s: float) -> bool:
        """The caller, shortly before, or meanwhile."""
        return any(began < to_s and ended + TALK_S > from_s for began, ended in self.talks)


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Hour:
    agents = tmp_path_factory.mktemp("patient") / "agents"
    agents.mkdir()
    engineer = Path("agents/engineer.yaml").read_text(encoding="utf-8")
    (agents / "engineer.yaml").write_text(engineer.replace("\ntask:\n", "\ntask:\n  max_minutes: 90\n"), encoding="utf-8")
    hours: list[Hour] = []
    run(partial(_spend, agents, hours))
    return hours[0]


async def _spend(agents: Path, hours: list[Hour]) -> None:
    claude = StagedClaude()
    claude.uses("engineer", "start_task", BOOK, when="write")
    claude.says("engineer", "That takes an hour. Stay on the line, or shall I call you back?", after="start_task")
    claude.says("kai", "I am here, and so is the Engineer.")
    work = WorkScript.model_validate({"works": [{"steps": [*happenings(), {"hangs": True}]}]})
    limits = Limits(2 * MINUTES, Decimal(9))
    async with Rehearsal(ScriptedTransport(claude)).call(agents, work=work, limits=limits) as call:
        await call.say("Engineer, write a book about the house")
        talks: list[tuple[float, float]] = []
        began_s = anyio.current_time()
        for number, question in enumerate(QUESTIONS * MINUTES):
            await call.pause(min(began_s + (number + 1) * EVERY_S, began_s + 60 * MINUTES) - anyio.current_time())
            if anyio.current_time() >= began_s + 60 * MINUTES:
                break
            at_s = call.writing.now_s()
            await call.say(question, wait=False)
            talks.append((at_s, call.writing.now_s()))
            await call.answered()
        await call.hang_up()
    heard_s = np.array([call.writing.on_axis(at_s) for at_s, _ in call.line.heard])
    hours.append(Hour(call.journal, heard_s, np.array([level_dbfs(frame) for _, frame in call.line.heard]), talks))


def test_it_lasts_an_hour_and_the_caller_talks_now_and_then(hour: Hour) -> None:
    began_s, ended_s = hour.held
    assert ended_s - began_s == pytest.approx(60 * MINUTES, abs=30)
    assert len(hour.talks) == 8
    assert len(hour.of(Narrated)) > 100


def test_nothing_is_silent_for_3_s(hour: Hour) -> None:
    audible = hour.levels(*hour.held) > AUDIBLE_DBFS
    gaps = [FRAME_S * len(list(run)) for is_audible, run in groupby(audible) if not is_audible]
    assert max(gaps, default=0.0) < 3.0
    assert np.diff(hour.heard_s).max() < 2 * FRAME_S  # nor is a frame missing


def test_the_music_lies_over_10_db_under_the_voices_and_lower_still_beneath_them(hour: Hour) -> None:
    spoken = hour.spoken
    voices = np.concatenate([hour.levels(*span) for span in spoken])
    between = [hour.levels(end_s, next_s) for (_, end_s), (next_s, _) in pairwise(spoken)]
    assert np.median(voices) == pytest.approx(-20, abs=1)
    assert np.quantile(np.concatenate(between), 0.999) < np.median(voices) - 10
    beneath = [hour.levels(end_s, min(end_s + LULL_S, next_s)) for (_, end_s), (next_s, _) in pairwise(spoken)]
    assert np.concatenate(beneath).max() < np.median(voices) - 20


def test_no_line_is_told_twice_and_each_is_heard_unless_the_caller_cuts_in(hour: Hour) -> None:
    lines = {entry.event.text: entry.at_s for entry in hour.of(Narrated) if isinstance(entry.event, Narrated)}
    heard = " ".join(entry.event.text for entry in hour.of(SaidText) if isinstance(entry.event, SaidText))
    assert len(lines) == len(hour.of(Narrated))
    assert [line for line, at_s in lines.items() if line not in heard and not hour.talked(at_s, at_s + 5)] == []


def test_each_fact_that_is_told_stands_in_the_journal_before(hour: Hour) -> None:
    known = {entry.seq: entry for entry in hour.entries}
    for entry in hour.of(Narrated):
        assert isinstance(entry.event, Narrated)
        for seq in entry.event.of:
            assert isinstance(known[seq].event, TaskProgress)
            assert seq < entry.seq
            assert known[seq].at_s <= entry.at_s


def test_what_is_new_is_told_8_to_20_s_after_the_line_before(hour: Hour) -> None:
    news_s = [entry.at_s for entry in hour.of(Narrated) if isinstance(entry.event, Narrated) and entry.event.of]
    lines_s = [entry.at_s for entry in hour.of(Narrated)]
    quiet = [(a, b) for a, b in pairwise(lines_s) if not hour.talked(a, b)]
    assert min(later - earlier for earlier, later in quiet) >= 8
    facts_s = [entry.at_s for entry in hour.of(TaskProgress) if lines_s[0] < entry.at_s < hour.held[1] - 20]
    waits = [news_s[bisect_left(news_s, at_s)] - at_s for at_s in facts_s if not hour.talked(at_s, at_s + 20)]
    assert len(waits) > 80
    assert max(waits) <= 20


def test_when_nothing_is_new_it_says_so_ever_more_rarely(hour: Hour) -> None:
    lines_s = [entry.at_s for entry in hour.of(Narrated)]
    honest = [entry for entry in hour.of(Narrated) if isinstance(entry.event, Narrated) and not entry.event.of]
    waits_s = [round(b - a) for a, b in pairwise(lines_s)]
    assert len(honest) >= 20
    assert any(waits_s[at : at + 4] == list(STILL_S[:4]) for at in range(len(waits_s)))
    assert max(b - a for a, b in pairwise(lines_s)) <= STILL_S[-1] + 0.5 + TALK_S


def test_the_music_makes_way_for_the_caller_within_100_ms(hour: Hour) -> None:
    over_music = [talk for talk in hour.talks if hour.levels(talk[0] - 0.3, talk[0]).max() < SPEECH_DBFS]  # else over a voice
    assert len(over_music) >= 5
    before = np.array([hour.levels(began_s - 0.3, began_s).mean() for began_s, _ in over_music])
    after = np.array([hour.levels(began_s + 0.1, ended_s).mean() for began_s, ended_s in over_music])
    assert after.mean() - before.mean() == pytest.approx(-12, abs=3)
    assert after.max() < -43
