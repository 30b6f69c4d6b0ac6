"""The result is the whole result: its own line first, its end as well, more of it when asked, and never a table or data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from agents.bounds import TOOL_RESULT_CHARS
from agents.errors import ToolError
from agents.script import Entry, Fault, When
from agents.work import Done
from orchestrator.events import Played, ToolReturned
from orchestrator.results import abridged, further, looked_up, part_of, plainly
from orchestrator.tasks import result_file, written
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from tests.orchestrator.stage import LINES
from tests.orchestrator.test_holding import OFFER, POST, steps, working
from tests.orchestrator.test_results import task

TALK: Final = "The first part looks at how it was before.\n" * 140
SPOKEN: Final = "Do not ship it: the second backup is empty."
RESULT: Final = f"# Report\n\n{TALK}\n\nThe second backup of Tuesday is empty.\n\n\U0001f5e3\ufe0f Engineer: {SPOKEN}"
LONG: Final[dict[str, Any]] = {"after_s": 12, "done": {"result": RESULT, "spoken": SPOKEN}}


async def test_its_own_line_is_said_first_and_claude_reads_its_end(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, LONG, ending="Shall I read it on?") as call:
        claude.says("engineer", "It is empty.", when="backup")
        await call.pause(22)
        assert f"{SPOKEN} Shall I read it on?" in [said.text for said in call.said]
        told = next(request for request in claude.requests if "has just been finished" in request.asked.note)
        assert "backup of Tuesday is empty" in told.asked.note
        assert f'"{SPOKEN}"' in told.asked.note
        await call.say("Engineer, what about the second backup?")
        assert "backup of Tuesday is empty" in claude.requests[-1].asked.note
        assert call.facts(Played)


async def test_more_of_it_is_read_looked_up_and_filed(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, LONG) as call:
        claude.uses("engineer", "read_result", {"about": "second backup"}, when="look up")
        claude.uses("engineer", "read_result", {"part": 2}, when="read on")
        claude.uses("engineer", "read_result", {"to_file": True}, when="file")
        claude.says("engineer", "There.", after="read_result")
        await call.pause(22)
        for words in ("Engineer, look up the backup", "Engineer, read on", "Engineer, put it into a file"):
            await call.say(words)
        assert call.minds.work is not None
        returned = [fact.result for fact in call.facts(ToolReturned) if fact.name == "read_result"]
        assert "backup of Tuesday is empty" in returned[0]
        assert returned[1].startswith("[part 2 of 2]")
        assert "file" in returned[2]


def test_of_a_long_result_the_beginning_and_the_end_are_read_and_no_secret() -> None:
    read = abridged(f"# Report\n{TALK}The token is sk-ant-api03-Q7fT2nXk9LpVw. It ends here.")
    assert len(read) <= TOOL_RESULT_CHARS
    assert read.startswith("# Report")
    assert read.endswith("The token is a secret. It ends here.")
    assert abridged(read) == read
    assert abridged("Short.") == "Short."


def test_what_it_says_about_something_is_found_wherever_it_stands() -> None:
    assert "backup of Tuesday" in looked_up(RESULT, "the second backup")
    assert len(looked_up(RESULT, "first part")) <= TOOL_RESULT_CHARS
    with pytest.raises(ToolError, match="nothing about 'elephants'"):
        looked_up(RESULT, "elephants")


def test_its_parts_are_all_of_it() -> None:
    parts = [part_of(RESULT, number).partition("\n")[2] for number in (1, 2)]
    assert "".join(parts) == RESULT
    with pytest.raises(ToolError, match="It has 2 parts"):
        part_of(RESULT, 3)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ('{"ok": true, "files": ["a.py", "b.py"]}', (LINES.unreadable,)),
        ("| name | size |\n|---|---|\n| a | 3 |", (LINES.unreadable,)),
        ("```\nx = 1\n```", (LINES.unreadable,)),
        ("| name | size |\n|---|---|\n| a | 3 |\n\nIt is written.", ("It is written.",)),
        ("The token is sk-ant-api03-Q7fT2nXk9LpVw.", ("The token is a secret.",)),
    ],
)
def test_tables_data_code_and_secrets_are_never_read_out(result: str, said: tuple[str, ...]) -> None:
    assert plainly(task(Done(result, "")), LINES) == further(task(Done(result, "")), LINES) == said


def test_if_claude_is_away_the_results_first_sentences_follow_its_own_line() -> None:
    done = Done(f"It was slow. It is fast. {SPOKEN} One. Two. Three.", SPOKEN)
    assert further(task(done), LINES) == ("It was slow.", "It is fast.", "One.")


async def test_a_table_is_not_read_out_when_claude_is_away(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    away = Fault(kind="status", status=400, type="invalid_request_error")
    claude.add(Entry(when=When(agent="engineer", note="has just been finished"), fault=away))
    claude.uses("engineer", "start_task", POST, when="write")
    claude.says("engineer", OFFER, after="start_task")
    table = {"after_s": 12, "done": {"result": "| a | b |\n|---|---|\n| 1 | 2 |", "spoken": ""}}
    async with rehearsal.call(work=steps(table)) as call:
        await call.say("Engineer, write a blog post about the voice server")
        await call.pause(20)
        assert LINES.unreadable in " ".join(said.text for said in call.said)


async def test_a_file_of_it_is_its_owners_alone_and_holds_all_of_it(tmp_path: Path) -> None:
    file = result_file(tmp_path, "1")
    await written(file, RESULT)
    assert file.read_text(encoding="utf-8") == RESULT
    assert file.parent.stat().st_mode & 0o077 == 0


def test_where_the_file_is(tmp_path: Path) -> None:
    assert result_file(tmp_path, "1") == tmp_path / "tasks" / "1" / "result.md"
