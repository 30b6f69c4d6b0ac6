"""The script of scripted work: what is timed, chosen, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agents.errors import FileError
from agents.scripted_work import ScriptedRunner, WorkScript
from agents.work import Answer, Asks, Done, Failed, TaskEvent, Word
from tests.agents.workplace import order, ran


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def written(folder: Path, yaml: str) -> WorkScript:
    file = folder / "work.yaml"
    file.write_text(yaml)
    return WorkScript.read(file)


POST = """
works:
  - when: blog post
    steps:
      - says: I begin with the outline.
      - {after_s: 10, working: {what: WebSearch, detail: Looking for sources}}
      - after_s: 5
      - asks: {question: "Push it?", tool: Bash}
        no: [{after_s: 3, says: I leave it here then.}]
      - done: {result: "# The post"}
  - steps: [{done: {result: Nothing to do.}}]
"""


@pytest.fixture
def runner(tmp_path: Path) -> ScriptedRunner:
    return ScriptedRunner(written(tmp_path, POST))


async def test_each_thing_has_its_time(tmp_path: Path, runner: ScriptedRunner) -> None:
    at: list[tuple[str, float]] = []

    def caller(event: TaskEvent) -> Word | None:
        at.append((type(event).__name__, anyio.current_time()))
        return Answer(event.ask, yes=False) if isinstance(event, Asks) else None

    await ran(runner, order(tmp_path, "Write a blog post."), caller)
    assert at == [("Began", 0), ("Says", 0), ("Working", 10), ("Asks", 15), ("Says", 18), ("Done", 18)]


async def test_the_prompt_chooses_the_work(tmp_path: Path, runner: ScriptedRunner) -> None:
    assert (await ran(runner, order(tmp_path, "Something else.")))[1:] == [Done("Nothing to do.", "")]
    assert [ordered.prompt for ordered in runner.orders] == ["Something else."]


async def test_work_that_nobody_wrote_crashes(tmp_path: Path) -> None:
    failed = (await ran(ScriptedRunner(WorkScript()), order(tmp_path)))[-1]
    assert isinstance(failed, Failed)
    assert failed.error.code == "work_crashed"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("{says: a, hangs: true}", "hangs and says are two"),
        ("{failed: work_out_of_tim}", "Did you mean `work_out_of_time`?"),
        ("{working: {waht: Bash}}", "what"),
        ("{waits_for: '('}", "`waits_for`: is not a regular expression"),
        ("{waits_for: '(?<!x)a'}", "write it without"),
    ],
)
def test_a_script_that_makes_no_sense_says_where(tmp_path: Path, step: str, complaint: str) -> None:
    with pytest.raises(FileError, match=":4:") as refused:
        written(tmp_path, f"works:\n  - when: x\n    steps:\n      - {step}\n")
    assert complaint in str(refused.value)
