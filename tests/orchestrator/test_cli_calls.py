"""`pai-voice calls …` and `pai-voice replay`, as processes."""

from __future__ import annotations

from itertools import repeat
from pathlib import Path

import anthropic
import pytest
from typer.testing import CliRunner

from agents.scripted import ScriptedTransport
from orchestrator import replaying
from orchestrator.cli import app
from orchestrator.differences import Comparison, Difference
from orchestrator.exchanges import exchange
from orchestrator.recorded import Recorded
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.virtual_time import run as virtually
from tests.kit.commands import environment, run
from tests.kit.recordings import NAME, recording_of, shelved
from voices.audio import read_wav
from voices.engines.scripted import ScriptedRecognizer

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
ROOT = Path(__file__).parents[2]
LINE = ROOT / "orchestrator" / "demo" / "engineer.wav"
HEARD = "Engineer, why does the build fail"


@pytest.fixture(scope="module")
def call() -> Recorded:
    """The demo's line, by a voice that was recorded, in a rehearsal."""
    spoken, box = read_wav(LINE), list[Recorded]()
    claude = StagedClaude()
    claude.says("engineer", "Read it.")

    async def play() -> None:
        async with Rehearsal(ScriptedTransport(claude)).call(recognizer=ScriptedRecognizer(repeat(HEARD))) as rehearsed:
            rehearsed.line.say(spoken)
            await rehearsed.line.quiet(1.0, after_s=5.0)
        box.append(recording_of(rehearsed))

    virtually(play)
    return box[0]


@pytest.fixture
def home(call: Recorded, tmp_path: Path) -> Path:
    """A data folder with that call, and a Kai who is quick at the telephone."""
    shelved(call, tmp_path / "home" / "calls" / NAME)
    (tmp_path / "agents").mkdir()
    kai = (ROOT / "agents" / "kai.yaml").read_text(encoding="utf-8")
    greeting = next(line for line in kai.splitlines() if line.startswith("greeting:"))
    (tmp_path / "agents" / "kai.yaml").write_text(kai.replace(greeting, "greeting: Hello."), encoding="utf-8")
    return tmp_path


@pytest.mark.slow  # a call in real time, by a process that loads everything
@pytest.mark.timeout(180)
async def test_a_bundle_is_replayed_with_the_ears_and_voices_of_this_machine(home: Path) -> None:
    """In real time, with the real recogniser: the caller's own voice brings the Engineer again."""
    env = environment(home)
    exported = await run("calls", "export", "last", "--out", "call.zip", env=env, cwd=home)
    assert (exported.code, exported.err) == (0, "")
    assert exported.out == "call.zip is written; pai-voice replay call.zip plays it, here or elsewhere\n"
    done = await run("replay", "call.zip", "--json", "--keep", "again", env=env, cwd=home, within_s=120)
    told = done.json
    assert (done.code, told["same"]) == (1, False)
    assert {one["what"] for one in told["differences"] if one["counts"]} <= {"said", "heard"}
    greeting, question, _ = told["exchanges"]
    assert (greeting["then"]["said"][0]["text"], greeting["now"]["said"][0]["text"]) == (
        "Hi, this is Kai. What can I do for you?",
        "Hello.",
    )
    assert "engineer" in question["now"]["heard"].lower()
    assert (question["now"]["speakers"], question["now"]["said"][0]["text"]) == (["engineer"], "Read it.")
    assert question["now"]["response_ms"] > 0
    shown = await run("calls", "show", "again", env=env, cwd=home)
    assert "Read it." in shown.out


async def test_make_test_writes_a_file_and_says_what_next(home: Path) -> None:
    env = environment(home)
    done = await run("calls", "make-test", env=env, cwd=home)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{NAME}.scenario.yaml is a draft; next: pytest {NAME}.scenario.yaml, and change what does not hold\n"
    again = await run("calls", "make-test", env=env, cwd=home)
    assert (again.code, again.out) == (1, "")
    assert again.err == f"{NAME}.scenario.yaml is there already\nfix: move it away, or give another --out\n"


@pytest.mark.parametrize(
    ("command", "says", "fix"),
    [
        ("replay 2099", "there is no call '2099'", "calls list"),
        ("replay none.zip", "there is no file none.zip", "calls list"),
        ("replay last --against live", "needs ANTHROPIC_API_KEY", "leave the option out"),
        ("replay last --keep home", "home is there already", "a folder that is not"),
        ("calls export 2099", "there is no call '2099'", "calls list"),
        ("calls make-test 2099", "there is no call '2099'", "calls list"),
    ],
)
async def test_a_failure_is_a_sentence_and_its_fix(home: Path, command: str, says: str, fix: str) -> None:
    failed = await run(*command.split(), env=environment(home), cwd=home)
    assert (failed.code, failed.out) == (1, "")
    what, how = failed.err.splitlines()
    assert says in what
    assert how.startswith("fix: ")
    assert fix in how


@pytest.mark.parametrize(
    ("differences", "code", "shown"),
    [
        ([], 0, "0 moves of the caller: no difference in words or speakers, 0 otherwise\n"),
        ([Difference(0, "response", "700 ms", "1200 ms", counts=False)], 0, "0     response  700 ms  1200 ms"),
        ([Difference(0, "said", "kai: Yes.", "kai: No.")], 1, "0     said  kai: Yes.  kai: No."),
    ],
)
def test_words_and_speakers_decide_the_exit_code(
    home: Path, monkeypatch: pytest.MonkeyPatch, differences: list[Difference], code: int, shown: str
) -> None:
    def compared(*_: object, **_more: object) -> Comparison:
        return Comparison([exchange([])], [exchange([])], differences)

    monkeypatch.setattr(replaying, "replay_again", compared)
    monkeypatch.setenv("PAI_VOICE_HOME", str(home / "home"))
    result = CliRunner().invoke(app, ["replay", "last"])
    assert result.exit_code == code
    assert shown in result.output
