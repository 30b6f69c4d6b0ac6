"""Replays: the same caller in a call of today, and what is told of its differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import anthropic
import pytest

from agents.script import Script
from agents.scripted import ScriptedClaude, ScriptedTransport
from agents.scripted_work import WorkScript
from agents.tools import EMPTY, Inputs, Tool, Toolbox
from agents.yaml_file import YamlFile
from orchestrator.differences import Comparison, compared_with
from orchestrator.errors import CannotReplay, NoSuchRecording
from orchestrator.events import (
    Answered,
    Asked,
    CallAnswered,
    CallEnded,
    HeardText,
    SaidText,
    TaskAttended,
    TaskDone,
    TaskProgress,
    TaskStarted,
    ToolReturned,
    ToolUsed,
    Written,
)
from orchestrator.failures import leaves
from orchestrator.patience import Limits
from orchestrator.recorded import Recorded
from orchestrator.replay import Replayed, replay
from orchestrator.replayed_tools import NOTHING, ReplayedToolbox
from orchestrator.testing import cast
from orchestrator.testing.caller import Caller
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.performing import scripted
from orchestrator.testing.playing import act, trust_of
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall, on_a_line
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import Pickup, RehearsalLine
from tests.kit.recordings import journal, recording_of, wav_of, without
from tests.orchestrator.desk import HELLO, OPENING, SUMMARY, brought, desk, listens, task
from tests.orchestrator.stage import MOUTHS
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer
from voices.recognition import Recognizer
from voices.synthesis import Synthesizer

assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
DEMO = Path(__file__).parents[2] / "orchestrator" / "demo"
LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."
BEGUN = TaskStarted(task="t", agent="kai", title="x", what="x", minutes=1)
QUESTION = "Engineer, why does the build fail?"


async def replayed(
    call: Recorded,
    ears: Recognizer,
    *,
    agents: Path = Path("agents"),
    mouths: tuple[Synthesizer, ...] = (),
    limits: Limits = cast.LIMITS,
    toolbox: Toolbox = EMPTY,
) -> tuple[Replayed, Comparison]:
    """In virtual time, with Claude as in the journal."""
    claude, players = ScriptedClaude(Script()), cast.read(agents)
    try:
        async with cast.equipped(players, ScriptedTransport(claude), ears, mouths, limits, toolbox=toolbox) as parts:
            again = await replay(call, parts, claude)
    except BaseExceptionGroup as group:
        raise next(leaves(group)) from None
    return again, compared_with(call.entries, again, players.lines)


def edited(call: Recorded, kind: type[Any], **fields: Any) -> Recorded:
    """The last fact of a kind, changed."""
    last = next(entry for entry in reversed(call.entries) if isinstance(entry.event, kind))
    changed = last.model_copy(update={"event": last.event.model_copy(update=fields)})
    return replace(call, entries=[changed if entry is last else entry for entry in call.entries])


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.fixture
def claude_of_old(claude: StagedClaude) -> StagedClaude:
    claude.says("engineer", "Read the first error.", when="build")
    claude.says("engineer", "An hour.", when="how long")
    claude.says("architect", LONG, when="photos")
    claude.says("architect", "Safe enough.", when="safe")
    return claude


async def one_call(rehearsal: Rehearsal) -> tuple[Recorded, Caller]:
    async with rehearsal.call() as call:
        await call.say(QUESTION)
        await call.say("And how long does that take?")
    return recording_of(call), call.caller


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_whatever_happens_in_a_call_happens_again(file: Path) -> None:
    """Twice: a replay can be replayed."""
    scenario = YamlFile(file).validate(Scenario)
    limits = Limits(scenario.minutes, scenario.usd)

    rehearsal = scripted(scenario)

    async def play() -> None:
        line = RehearsalLine()
        trust = trust_of(scenario.pin, line.caller) if scenario.pin else None
        again_with = partial(replayed, agents=Path(scenario.agents), limits=limits, toolbox=rehearsal.toolbox)
        async with rehearsal.call(scenario.agents, line=line, limits=limits, trust=trust, work=scenario.work) as call:
            for turn in scenario.turns:
                await act(call, turn)
        recording = recording_of(call)
        if call.why in ("locked", "given_up"):
            with pytest.raises(CannotReplay, match="before its PIN was right"):
                await again_with(recording, call.caller)
            return
        again, comparison = await again_with(recording, call.caller)
        assert comparison.same
        # How long tools take decides on fillers, to a hundredth of a second.
        assert scenario.tools or comparison.differences == []
        assert len(again.onsets_s) == len(comparison.then) - 1
        once_more = Recorded("again", again.entries, wav_of(again.sound))
        _, comparison = await again_with(once_more, call.caller)
        assert comparison.same

    run(play)


async def test_what_was_heard_and_said_otherwise_is_told(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    call, ears = await one_call(rehearsal)
    assert (await replayed(call, ears))[1].same
    _, comparison = await replayed(edited(call, HeardText, text="And how long?"), ears)
    assert [(one.move, one.what, one.then, one.now) for one in comparison.differences if one.counts] == [
        (2, "heard", "And how long?", "And how long does that take?")
    ]
    assert comparison.summary().startswith("3 moves of the caller: 1 differ in words or speakers")
    _, comparison = await replayed(edited(call, Written, text="Two hours."), ears)
    (difference,) = [one for one in comparison.differences if one.counts]
    assert (difference.what, difference.then, difference.now) == ("said", "engineer: An hour.", "engineer: Two hours.")


async def test_an_agent_who_is_gone_does_not_answer(claude: StagedClaude, rehearsal: Rehearsal, tmp_path: Path) -> None:
    baker = tmp_path / "baker.yaml"
    baker.write_text("name: Baker\nrole: bakes\ndescription: Use for bread.\nvoice: alto\nprompt: You bake.\n", encoding="utf-8")
    claude.says("baker", "Rye, by all means.")
    async with rehearsal.call(agents=tmp_path) as call:
        await call.say("Baker, which flour?")
    assert (await replayed(recording_of(call), call.caller, agents=tmp_path))[1].same
    _, comparison = await replayed(recording_of(call), call.caller, agents=tmp_path / "empty")
    told = {one.what: (one.move, one.then, one.now) for one in comparison.differences if one.counts}
    assert told["speakers"] == (1, "baker", "")
    assert told["routed"] == (1, "baker", "kai")


async def test_slower_voices_are_interrupted_at_the_same_place(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    """Each of the caller's moves waits for its moment, so the talk is the same one, only longer."""
    async with rehearsal.call() as call:
        await call.say("Architect, how do I store photos?", wait=False)
        await call.barge_in("wait, is that safe?", after_s=2.5)  # in its second sentence
        await call.say(QUESTION)
    then = recording_of(call)
    again, comparison = await replayed(then, call.caller, mouths=(TonesSynthesizer(char_s=0.06),))
    assert [one.heard for one in comparison.now] == [one.heard for one in comparison.then]
    assert [one.speakers for one in comparison.now] == [one.speakers for one in comparison.then]
    cut = [entry.event.text for entry in again.entries if isinstance(entry.event, SaidText) and entry.event.interrupted]
    assert len(cut) == 1
    assert LONG.index(cut[0]) == LONG.index("Then keep")
    assert again.entries[-1].at_s > then.entries[-1].at_s + 1


async def test_a_caller_who_leaves_in_mid_answer_leaves_there(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    async with rehearsal.call() as call:
        await call.say("Architect, how do I store photos?", wait=False)
        await call.speaking(1.0)
        await call.hang_up()
    _, comparison = await replayed(recording_of(call), call.caller)
    assert comparison.differences == []
    assert comparison.now[-2].said[-1].interrupted


async def test_a_journal_from_before_claudes_text_was_kept(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    call, ears = await one_call(rehearsal)
    old = replace(call, entries=without(without(call.entries, Written), ToolReturned))
    assert (await replayed(old, ears))[1].same


async def test_a_call_that_broke_off_is_one_that_the_caller_left(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    call, ears = await one_call(rehearsal)
    assert (await replayed(replace(call, entries=call.entries[:-1]), ears))[1].same


async def test_what_cannot_be_replayed_says_why(claude_of_old: StagedClaude, rehearsal: Rehearsal) -> None:
    call, ears = await one_call(rehearsal)
    with pytest.raises(CannotReplay, match="was not answered"):
        await replayed(replace(call, entries=without(call.entries, CallAnswered)), ears)
    with pytest.raises(CannotReplay, match="taken by no person"):
        await replayed(edited(call, CallEnded, why="machine"), ears)
    with pytest.raises(NoSuchRecording, match=r"has no call\.wav"):
        await replayed(replace(call, wav=None), ears)
    with pytest.raises(NoSuchRecording, match="cannot be read"):
        await replayed(replace(call, wav=b"RIFF"), ears)


@pytest.mark.parametrize(
    "facts",
    [
        [TaskProgress(task="t", said="I begin.")],
        [TaskDone(task="t", ok=True, usd=Decimal(0))],
        [BEGUN, Asked(task="t", question="Shall I?")],
    ],
)
async def test_an_old_journal_does_not_hold_how_work_went(
    facts: list[Any], claude_of_old: StagedClaude, rehearsal: Rehearsal
) -> None:
    call, ears = await one_call(rehearsal)
    old = [*call.entries[:-1], *journal(*((9.0, fact) for fact in facts)), call.entries[-1]]
    with pytest.raises(CannotReplay, match="does not hold how its long work went"):
        await replayed(replace(call, entries=old), ears)


def worked(claude: StagedClaude) -> WorkScript:
    """Work for the Engineer, and what Claude says about it."""
    claude.says("engineer", "Five minutes. Stay, or be called back?", after="start_task")
    claude.uses("engineer", "start_task", {"what": "Tidy the folder.", "title": "the folder", "minutes": 5}, when="tidy")
    claude.says("engineer", "It is tidy, all of it.", note="just been finished")
    steps = [
        {"after_s": 20, "says": "I have looked at each file."},
        {"after_s": 20, "asks": {"question": "The Engineer wants to delete a file. Yes or no?", "tool": "Bash", "exact": "rm x"}},
        {"after_s": 5, "says": "It is gone."},
        {"after_s": 20, "spent": "0.5"},
        {"done": {"result": "Tidy.", "spoken": "All tidy."}},
    ]
    return WorkScript.model_validate({"works": [{"steps": steps}]})


async def test_work_that_goes_otherwise_is_told(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with rehearsal.call(work=worked(claude)) as call:
        await call.say("Engineer, tidy my folder")
        await call.pause(45)
        await call.press("1")
        await call.pause(60)
    recording = recording_of(call)
    again, comparison = await replayed(recording, call.caller)
    assert comparison.differences == []
    (then,), (now,) = ([e.event for e in one if isinstance(e.event, TaskDone)] for one in (recording.entries, again.entries))
    assert now.model_copy(update={"task": then.task}) == then
    _, comparison = await replayed(edited(recording, Answered, yes=False), call.caller)
    assert [(one.what, one.then, one.now) for one in comparison.differences if one.counts] == [
        ("work", "no by key, over: done, hold over: done", "yes by key, over: done, hold over: done")
    ]


async def test_a_later_call_finds_the_work_where_it_was(claude: StagedClaude) -> None:
    ears = ScriptedRecognizer(["Engineer, tidy my folder"])
    calls: list[RehearsedCall] = []
    async with cast.equipped(cast.read(Path("agents")), ScriptedTransport(claude), ears, work=worked(claude)) as parts:
        for keys in ((), ("3", "1")):
            line = RehearsalLine()
            async with on_a_line(parts, line, Caller(line)) as call:
                calls.append(call)
                if not keys:
                    await call.say("a hum")
                for key in keys:
                    await call.pause(20)
                    await call.press(key)
                await call.pause(30)
    (found,) = calls[1].facts(TaskAttended)
    assert (found.title, found.over) == ("the folder", False)
    again, comparison = await replayed(recording_of(calls[1]), ScriptedRecognizer([]))
    assert comparison.differences == []
    (then,), (now,) = ([e.event for e in one if isinstance(e.event, TaskDone)] for one in (calls[1].journal, again.entries))
    assert now == then


async def test_a_call_of_ours_is_made_again() -> None:
    async with desk(Pickup(3, says=HELLO)) as at:
        await brought(at, task(), listens)
    (shelf,) = at.shelves
    call = Recorded("called-back", shelf.entries, wav_of(bytes(shelf.sound)))
    _, comparison = await replayed(call, ScriptedRecognizer([]), mouths=MOUTHS)
    assert comparison.differences == []
    assert comparison.now[0].said[0].text == f"{OPENING} It is written. {SUMMARY}"


class _Given(Inputs):
    to: str


class _Post:
    """A toolbox with one tool, which must never run."""

    def named(self, written: str) -> list[Tool]:
        async def run(_given: Mapping[str, Any]) -> str:
            raise AssertionError("it was sent")

        return [Tool(written, "Send it.", _Given, run=run)]


async def test_tools_of_others_return_what_they_returned_and_do_nothing() -> None:
    facts = [
        ToolUsed(turn=1, agent="kai", name="send", input={"to": "Ann"}),
        ToolReturned(turn=1, agent="kai", name="send", result="Sent to Ann."),
        ToolUsed(turn=2, agent="kai", name="send", input={"to": "Bob"}),
        ToolReturned(turn=2, agent="kai", name="send", result="Nobody there.", failed=True),
    ]
    (tool,) = ReplayedToolbox(_Post(), journal(*((1.0, fact) for fact in facts))).named("send")
    assert tool.run is not None
    assert await tool.run({"to": "Ann"}) == "Sent to Ann."
    with pytest.raises(Exception, match=r"Nobody there\."):
        await tool.run({"to": "Bob"})
    with pytest.raises(Exception, match=NOTHING):
        await tool.run({"to": "Bob"})
