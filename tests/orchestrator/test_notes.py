"""What is kept for a caller is there in the next call, in a file that its owner may edit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents import bounds
from agents.errors import ToolError
from orchestrator.notes import TOLD_AT_MOST, NoteFile, NoteList, Notes, told
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture(params=["file", "list"])
def notes(request: pytest.FixtureRequest, tmp_path: Path) -> Notes:
    return NoteFile(tmp_path / "notes" / "+15550100.md") if request.param == "file" else NoteList()


async def test_what_is_kept_is_read_the_newest_first(notes: Notes) -> None:
    assert await notes.read() == ()
    await notes.keep("Likes tea.", MONDAY)
    await notes.keep("Has a train\nat ten.", TUESDAY)
    assert await notes.read() == ("2026-11-24: Has a train at ten.", "2026-11-23: Likes tea.")


async def test_its_owner_may_edit_the_file(tmp_path: Path) -> None:
    path = tmp_path / "+15550100.md"
    path.write_text("# My notes\n\n- Is called Ann.", encoding="utf-8")
    notes = NoteFile(path)
    await notes.keep("Likes tea.", MONDAY)
    assert path.read_text(encoding="utf-8") == "# My notes\n\n- Is called Ann.\n- 2026-11-23: Likes tea.\n"
    assert await notes.read() == ("2026-11-23: Likes tea.", "Is called Ann.")


async def test_a_file_that_is_none_is_told_to_claude(tmp_path: Path) -> None:
    notes = NoteFile(tmp_path)
    with pytest.raises(ToolError, match="could not be kept"):
        await notes.keep("Likes tea.", MONDAY)
    with pytest.raises(ToolError, match="cannot be read"):
        await notes.read()


def test_what_fits_is_told_first_and_never_too_much() -> None:
    notes = [f"note {number}" for number in range(50)]
    lines = told([*notes, "The train leaves at ten."], "my train").splitlines()
    assert lines == ["The train leaves at ten.", *notes[: TOLD_AT_MOST - 1]]
    assert told((), "") == "Nothing has been kept for this caller."


async def test_the_next_call_knows_and_another_caller_does_not(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.routes_to("kai")
    claude.uses("kai", "remember", {"note": "Their train leaves at ten."}, when="remember")
    claude.says("kai", "I will.", after="remember")
    async with rehearsal.call() as call:
        await call.say("Please remember when my train leaves")
    claude.uses("kai", "recall", when="which train")
    claude.says("kai", "At ten.", after="recall")
    async with rehearsal.call() as call:
        await call.say("which train was it")
        assert [tool.name for tool in call.tools] == ["recall"]
    assert "2026-11-22: Their train leaves at ten." in str(claude.requests[-1].request["messages"])
    assert list(rehearsal.notes) == ["+15550100"]


async def test_of_a_file_that_has_grown_too_long_the_latest_are_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("- é old\n" * 100_000 + "- the newest" + "!" * 10_000, encoding="utf-8")
    notes = await NoteFile(path).read()
    assert notes[0].startswith("the newest!")
    assert len(notes[0]) <= bounds.NOTE_CHARS
    assert set(notes[1:]) == {"é old"}
    await NoteFile(path).keep("One more.", MONDAY)
    assert (await NoteFile(path).read())[0] == "2026-11-23: One more."
