"""From a call to a scenario: it passes at once, says what the call said, and fails where that is not so any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anthropic
import pytest

from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.errors import NotWritten
from orchestrator.events import Entry, TaskStarted, Written
from orchestrator.make_test import make_test
from orchestrator.patience import Limits
from orchestrator.recorded import Recorded
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.playing import act, trust_of
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import RehearsalLine
from tests.kit.preloaded import preload
from tests.kit.recordings import CALLER, NAME, recording_of

pytest_plugins = ["pytester"]
WORKING = ("called_back", "long_work", "work_is_stopped")
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
SCENARIOS = [file for file in sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml")) if file.stem not in WORKING]
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

    async def play() -> None:
        line = RehearsalLine()
        trust = trust_of(scenario.pin, line.caller) if scenario.pin else None
        rehearsal = Rehearsal(ScriptedTransport(StagedClaude(scenario.claude)))
        for written_as, stand_in in scenario.tools.items():
            rehearsal.toolbox[written_as] = stand_in
        limits = Limits(scenario.minutes, scenario.usd)
        async with rehearsal.call(scenario.agents, line=line, limits=limits, trust=trust) as call:
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
        claude.says("engineer", f"Call {CALLER} back, it is 4.5 (roughly) or more?", when="build")
        async with Rehearsal(ScriptedTransport(claude)).call() as call:
            await play(call)
        box.append(recording_of(call))

    run(calling)
    return box[0]


def written(call: Recorded, folder: Path, agents: str = "agents") -> tuple[Scenario, str, list[str]]:
    file = folder / "made.scenario.yaml"
    left_out = make_test(call, file, agents)
    return YamlFile(file).validate(Scenario), file.read_text(encoding="utf-8"), left_out


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
    assert left_out == (["what a journal hides (…), as the PIN: the call begins behind it"] if source.pin else [])
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
        f"# The call {NAME} of 2026-11-22, by `pai-voice calls make-test`.\n"
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
        "  - hang_up: true\n"
        "    ended: caller_hung_up\n"
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


@pytest.mark.parametrize(
    ("play", "left_out"),
    [
        (cuts_in_twice, "'no, stop it there' at * s: it cut in where a scenario cannot; here it waits for its turn"),
        (coughs_alone, "a sound without words at * s: nobody was interrupted by it"),
        (asks_twice, ""),
    ],
)
def test_what_cannot_be_carried_over_is_told(play: Any, left_out: str, tmp_path: Path) -> None:
    _, text, told = written(called(play), tmp_path)
    before, _, after = left_out.partition("*")
    assert (told[0].startswith(before), told[0].endswith(after)) == (True, True) if told else not left_out
    assert all(f"# - {line}\n" in text for line in told)


def test_another_answer_to_the_same_words_is_told(tmp_path: Path) -> None:
    call = called(asks_twice)
    last = next(entry for entry in reversed(call.entries) if isinstance(entry.event, Written))
    changed = last.model_copy(update={"event": last.event.model_copy(update={"text": "Ask me no more."})})
    call.entries[call.entries.index(last)] = changed
    assert f"the second answer to {PHOTOS!r}: the first one is given again" in written(call, tmp_path)[2]


def test_long_work_makes_no_scenario(tmp_path: Path) -> None:
    call = called(coughs_alone)
    worked = TaskStarted(task="t", agent="kai", title="x", what="x", minutes=1)
    call.entries.append(Entry(seq=1, at_s=9.0, event=worked))
    with pytest.raises(NotWritten, match="had long work done"):
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
