"""From a call to a scenario: it says what the call said, passes where a rehearsal is like the call, and fails where it is not."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import anthropic
import pytest
import yaml

from agents.errors import FileError
from agents.script import Entry as Answer
from agents.script import ToolUse, When
from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.errors import NotWritten
from orchestrator.events import Entry, TaskAttended, TaskProgress, Written
from orchestrator.make_test import make_test
from orchestrator.patience import Limits
from orchestrator.recorded import Recorded
from orchestrator.testing.claude import StagedClaude, Unscripted
from orchestrator.testing.performing import perform, scripted
from orchestrator.testing.playing import act, trust_of
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.scenario import Scenario, Turn
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import RehearsalLine
from tests.kit.preloaded import preload
from tests.kit.recordings import CALLER, NAME, recording_of

pytest_plugins = ["pytester"]
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
SILENT = (
    "caller_hangs_up",
    "money_is_spent",
    "pin_locked",
    "pin_not_given",
    "silence",
    "time_is_up",
)  # in which the caller says nothing
LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."
PHOTOS = "Architect, how do I store photos?"


def played(scenario: Scenario) -> Recorded:
    """A scenario as a call."""
    box: list[Recorded] = []

    rehearsal = scripted(scenario)

    async def play() -> None:
        line = RehearsalLine()
        trust = trust_of(scenario.pin, line.caller) if scenario.pin else None
        limits = Limits(scenario.minutes, scenario.usd)
        async with rehearsal.call(scenario.agents, line=line, limits=limits, trust=trust, work=scenario.work) as call:
            for turn in scenario.turns:
                await act(call, turn)
        box.append(recording_of(call))

    run(play)
    return box[0]


def called(play: Any) -> Recorded:
    box: list[Recorded] = []

    async def calling() -> None:
        claude = StagedClaude()
        claude.says("architect", LONG, when="photos")
        claude.says("architect", "Safe enough.", when="safe")
        claude.says("architect", "Then wait for me.", when="stop it")
        claude.uses("architect", "current_time", {"place": "here"}, when="what time", say="Let me look.", mistaken=True)
        after = When(agent="architect", after="current_time")
        again = ToolUse(tool="current_time", input={"zone": ""})
        claude.add(Answer(when=after.model_copy(update={"result": "not called"}), say="Once more.", calls=(again,)))
        claude.add(Answer(when=after.model_copy(update={"result": "2026"}), say="It is noon."))
        claude.says("engineer", f"Call {CALLER} back, it is 4.5 (roughly) or more?", when="build")
        async with Rehearsal(ScriptedTransport(claude)).call() as call:
            await play(call)
        box.append(recording_of(call))

    run(calling)
    return box[0]


def written(call: Recorded, folder: Path, agents: str = "agents") -> tuple[Scenario, str, list[str]]:
    """What is made of it; it passes."""
    path = folder / "made.scenario.yaml"
    left_out = make_test(call, path, agents)
    file = YamlFile(path)
    made = file.validate(Scenario)
    rehearsal = scripted(made)
    run(lambda: perform(file, made, rehearsal))
    return made, path.read_text(encoding="utf-8"), left_out


HIDDEN = "what a journal hides (…), as the PIN: the call begins behind it; to fill in: `pin`, and a turn that gives it"


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_what_a_scenario_plays_can_be_made_a_scenario_again(file: Path, tmp_path: Path) -> None:
    """With the same routes, tools, failures and interruptions."""
    source = YamlFile(file).validate(Scenario)
    call = played(source)
    if file.stem in SILENT:
        with pytest.raises(NotWritten, match="nothing was said"):
            written(call, tmp_path)
        return
    made, _, left_out = written(call, tmp_path, source.agents)
    assert left_out == ([HIDDEN] if source.pin else [])
    for key in ("routed", "tools", "failed"):
        told = [value for turn in source.turns for value in getattr(turn, key) or ()]
        again = [value for turn in made.turns for value in getattr(turn, key) or ()]
        assert again[: len(told)] == told or set(told) <= set(again)
    assert made.tools.keys() == source.tools.keys()
    assert sum(turn.barge_in is not None for turn in made.turns) == sum(turn.barge_in is not None for turn in source.turns)


def test_it_passes_under_pytest_and_fails_where_it_is_not_so(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "orchestrator.testing.plugin")
    preload()

    async def play(call: RehearsedCall) -> None:
        await call.say(PHOTOS, wait=False)
        await call.barge_in("wait, is that safe?", after_s=1.0)
        await call.say("Engineer, why does the build fail?")

    file = pytester.path / "made.scenario.yaml"
    assert make_test(called(play), file) == []
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    file.write_text(file.read_text().replace("text: Safe enough", "text: Dangerous"))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*made.scenario.yaml:*architect was to say /Dangerous/*"])


def test_it_reads_as_if_written_by_hand_and_names_nobody(tmp_path: Path) -> None:
    async def play(call: RehearsedCall) -> None:
        await call.say("Engineer, why does the build fail?")

    _, text, _ = written(called(play), tmp_path)
    assert text == (
        f"# The call {NAME} of 2026-11-22, drafted by `pai-voice calls make-test`.\n"
        "# Run it, and change what does not hold: seconds (silence_s, after_s) may be fewer, for rehearsed voices are brisk.\n"
        "claude:\n"
        "  entries:\n"
        "    - when: {agent: engineer, heard: 'Engineer, why does the build fail'}\n"
        "      say: Call +15550100 back, it is 4.5 (roughly) or more?\n"
        "turns:\n"
        "  - expect: {agent: kai, text: 'Hi, this is Kai'}\n"
        "  - say: Engineer, why does the build fail?\n"
        "    routed: [engineer]\n"
        "    by: name\n"
        "    expect: {agent: engineer, text: 'Call \\+15550100 back, it is 4\\.5 \\(roughly\\) or more'}\n"
        "  - {hang_up: true, ended: caller_hung_up}\n"
    )


async def cuts_in_twice(call: RehearsedCall) -> None:
    await call.say(PHOTOS, wait=False)
    await call.barge_in("wait, is that safe?", after_s=1.0, wait=False)
    await call.barge_in("no, stop it there", after_s=0.2)


async def coughs_alone(call: RehearsedCall) -> None:
    await call.say("Engineer, why does the build fail?")
    await call.cough(0.2)
    await call.pause(1)


async def asks_twice(call: RehearsedCall) -> None:
    await call.say(PHOTOS)
    await call.say(PHOTOS, heard_as="Architect, is it safe?")
    await call.say(PHOTOS)


async def in_brackets(call: RehearsedCall) -> None:
    await call.say("Architect, is it safe?", heard_as="Architect, is it safe [as a <draft>]?")


async def asks_the_time(call: RehearsedCall) -> None:
    await call.say("Architect, what time is it")


@pytest.mark.parametrize(
    ("play", "left_out"),
    [
        (asks_the_time, ""),
        (cuts_in_twice, "'no, stop it there' at * s: it cut in where a scenario cannot; here it waits for its turn"),
        (coughs_alone, "a sound without words at * s: nobody was interrupted by it"),
        (asks_twice, ""),
        (in_brackets, ""),
    ],
)
def test_what_cannot_be_carried_over_is_told(play: Any, left_out: str, tmp_path: Path) -> None:
    _, text, told = written(called(play), tmp_path)
    before, _, after = left_out.partition("*")
    assert (told[0].startswith(before), told[0].endswith(after)) == (True, True) if told else not left_out
    assert all(f"# - {line}\n" in text for line in told)


def test_a_tool_that_was_not_called_leaves_no_hole(tmp_path: Path) -> None:
    """Its input did not fit; what was said before it and after it was one answer."""
    made, _, _ = written(called(asks_the_time), tmp_path)
    (turn,) = (turn for turn in made.turns if turn.say)
    (said,) = turn.expect
    assert turn.tools == ("current_time",)
    assert said.text.startswith("Let me look")


def test_another_answer_to_the_same_words_is_told(tmp_path: Path) -> None:
    call = called(asks_twice)
    last = next(entry for entry in reversed(call.entries) if isinstance(entry.event, Written))
    changed = last.model_copy(update={"event": last.event.model_copy(update={"text": "Ask me no more."})})
    call.entries[call.entries.index(last)] = changed
    again = "the first one is given again; to fill in: `turn` in both"
    assert f"the second answer to {PHOTOS!r}: {again}" in written(call, tmp_path)[2]


@pytest.fixture(scope="module")
def of_a_hold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, YamlFile]:
    """What is made of a call with a hold."""
    folder = tmp_path_factory.mktemp("made")
    source = YamlFile(Path(__file__).parents[1] / "scenarios" / "long_work.yaml").validate(Scenario)
    return written(played(source), folder)[0], YamlFile(folder / "made.scenario.yaml")


def test_a_hold_is_told_in_silent_turns(of_a_hold: tuple[Scenario, YamlFile]) -> None:
    made, _ = of_a_hold
    assert [[one.text for one in turn.expect] for turn in made.turns if turn.silence_s] == [
        ["I am on it now: a blog post.*I have been writing: write the outline"],
        ["A picture comes in too.*The Engineer wants to publish it"],
        ["It stays a draft", "The post is written"],
    ]
    (steps,) = (one.steps for one in made.work.works)
    assert [step.says for step in steps if step.says] == ["A picture comes in too.", "It stays a draft."]
    assert [step.waits_for for step in steps if step.waits_for] == ["with a picture"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"task": {"narration": "quiet"}}, r"was to say /I am on it now: a blog post\.\*I have been writing"),
        ({"tools": ["bring_in"]}, "is scripted to call start_task, which is none of its tools"),
    ],
)
def test_it_fails_when_the_agent_works_otherwise(
    of_a_hold: tuple[Scenario, YamlFile], change: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    made, file = of_a_hold
    engineer = yaml.safe_load(Path("agents/engineer.yaml").read_text(encoding="utf-8"))
    (tmp_path / "engineer.yaml").write_text(yaml.safe_dump(engineer | change), encoding="utf-8")
    again = made.model_copy(update={"agents": str(tmp_path)})
    rehearsal = scripted(again)
    with pytest.raises((FileError, Unscripted), match=problem) if problem else nullcontext():
        run(lambda: perform(file, again, rehearsal))


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (TaskProgress(task="t", said="I begin."), "does not hold how its long work went"),
        (
            TaskAttended(task="t", agent="kai", title="x", what="x", minutes=1, mood="calm", since_s=9),
            "work that another call had begun",
        ),
    ],
)
def test_work_that_is_not_all_in_the_call_makes_no_scenario(fact: Any, why: str, tmp_path: Path) -> None:
    call = called(coughs_alone)
    call.entries.append(Entry(seq=1, at_s=9.0, event=fact))
    with pytest.raises(NotWritten, match=why):
        written(call, tmp_path)


def test_it_is_not_written_over_and_knows_who_spoke(tmp_path: Path) -> None:
    call = called(coughs_alone)
    written(call, tmp_path)
    with pytest.raises(NotWritten, match="is there already"):
        written(call, tmp_path)
    strangers = [renamed(entry) for entry in call.entries]
    with pytest.raises(NotWritten, match="ruth spoke in the call, and is not in agents/"):
        make_test(Recorded(NAME, strangers, None), tmp_path / "other.yaml")


def renamed(entry: Any) -> Any:
    """The Engineer is Ruth."""
    if getattr(entry.event, "agent", "") != "engineer":
        return entry
    return entry.model_copy(update={"event": entry.event.model_copy(update={"agent": "ruth"})})


@pytest.mark.parametrize(
    ("back", "answer"),
    [
        ("What?", "wants to publish it"),
        ("Say that again", "wants to publish it"),
        ("Which options?", "You can say yes, or no"),
        ("Let me think", "Take your time"),
        ("How far is it?", "Engineer here"),
        ("Yes, but", ""),
    ],
)
def test_an_answer_to_a_question_back_stays_in_its_turn(back: str, answer: str, tmp_path: Path) -> None:
    source = YamlFile(Path(__file__).parents[1] / "scenarios" / "work_asks_for_leave.yaml").validate(Scenario)
    asked = source.model_copy(update={"turns": (*source.turns[:2], Turn(say=back), *source.turns[4:5])})
    made, _, left_out = written(played(asked), tmp_path, source.agents)
    turn = next(turn for turn in made.turns if turn.say == back)
    assert left_out == []
    assert answer in " ".join(one.text for one in turn.expect)
