"""What is deleted when it is old, and what never is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.config import Config, Settings
from orchestrator.forgetting import forget, old
from orchestrator.journal import Folder
from orchestrator.notes import NoteFile
from orchestrator.task_list import all_tasks
from orchestrator.tasks import Wish, made
from tests.kit.commands import eventually
from tests.kit.mortal import AGENT, OWNER
from tests.orchestrator.workroom import Phone, happens, server

NOON = datetime(2026, 11, 22, 12)


def call(home: Path, name: str) -> Path:
    folder = home / "calls" / name
    folder.mkdir(parents=True)
    (folder / "call.wav").write_bytes(bytes(1_500_000))
    return folder


@pytest.fixture
def no_dbos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.forgetting.is_installed", lambda: False)


@pytest.mark.usefixtures("no_dbos")
def test_what_is_younger_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    before, _at, theirs = (call(tmp_path, name) for name in ("20261122-115959-aaaa", "20261122-120000-bbbb", "holiday"))
    work = tmp_path / "tasks" / "20261121-090000-ce42-1"
    work.mkdir(parents=True)
    (work.parent / "server").touch()
    found = old(Settings(home=tmp_path), NOON)
    assert (found.calls, found.tasks, found.work) == ((before,), (), (work,))
    assert str(found) == "calls: 1, tasks: 1, together 1.5 MB of files"
    forget(Settings(home=tmp_path), found)
    assert not before.exists()
    assert theirs.exists()
    assert not old(Settings(home=tmp_path), NOON)


async def test_work_is_kept_until_it_is_told(tmp_path: Path) -> None:
    settings, tomorrow = Settings(home=tmp_path), datetime.now().astimezone() + timedelta(1)

    async def states() -> list[str]:
        return [task.state for task in await anyio.to_thread.run_sync(all_tasks, settings)]

    async with server(tmp_path, {"done": {"result": "R"}}, phone=Phone()) as tasks:
        told = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT).id
        await eventually(states, lambda states: states == ["told"])
    async with server(tmp_path, {"says": "I begin."}, {"hangs": True}) as tasks:
        running = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
        await happens(lambda: bool(running.events))
    found = await anyio.to_thread.run_sync(old, settings, tomorrow)
    assert (found.tasks, [folder.name for folder in found.work]) == ((told,), [told])
    await anyio.to_thread.run_sync(forget, settings, found)
    assert await states() == ["running"]
    assert [folder.name for folder in (tmp_path / "tasks").glob("*-*")] == [running.id]


@pytest.mark.usefixtures("no_dbos")
def test_nothing_is_deleted_without_a_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = call(tmp_path, "20200101-120000-aaaa")
    monkeypatch.setattr("orchestrator.cli_calls.configured", lambda: Config(Settings(home=tmp_path), {}))
    asked = CliRunner().invoke(app, ["forget"])
    assert (asked.exit_code, folder.exists()) == (1, True)
    assert "calls: 1, tasks: 0, together 1.5 MB" in asked.output
    done = CliRunner().invoke(app, ["forget"], input="y\n")
    assert (done.exit_code, done.output.splitlines()[-1], folder.exists()) == (0, "deleted", False)
    again = CliRunner().invoke(app, ["forget", "--yes"])
    assert (again.exit_code, again.output[:21]) == (0, "nothing is older than")


async def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    shelf = Folder(tmp_path / "calls" / "c")
    await shelf.open()
    await shelf.close()
    await NoteFile(tmp_path / "notes" / "n.md").keep("Likes tea.", NOON.date())
    await made(tmp_path / "tasks" / "t" / "work")
    kept = [tmp_path / name for name in ("calls/c", "notes", "tasks/t/work")]
    assert [folder.stat().st_mode & 0o077 for folder in kept] == [0, 0, 0]
