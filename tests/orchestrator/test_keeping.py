"""Long work in a house: kept on disk where that can be done, in memory where it cannot, and the doctor tells which."""

from __future__ import annotations

from datetime import datetime
from importlib.machinery import ModuleSpec
from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr

from agents.scripted_work import ScriptedRunner, WorkScript
from orchestrator import keeping
from orchestrator.config import HouseSettings, Settings, TaskSettings
from orchestrator.doctor.kept import kept as long_work
from orchestrator.keeping import doing, kept
from orchestrator.tasks import Wish
from orchestrator.zones import clock, zone
from tests.kit.mortal import AGENT, OWNER


@pytest.fixture
def without_dbos(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(keeping, "find_spec", find_spec)


async def done(home: Path) -> None:
    """Something, in a house of its own."""
    settings = Settings(home=home)
    runner = ScriptedRunner(WorkScript.model_validate({"works": [{"steps": [{"done": {"result": "R"}}]}]}))
    async with doing(runner, settings, clock("")) as tasks, kept(tasks, settings):
        task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
        await task.over.wait()


async def test_work_is_kept(tmp_path: Path) -> None:
    await done(tmp_path)
    assert await anyio.Path(tmp_path / "tasks" / "tasks.sqlite").exists()


@pytest.mark.usefixtures("without_dbos")
async def test_without_the_extra_work_is_done_all_the_same(tmp_path: Path) -> None:
    await done(tmp_path)
    assert not await anyio.Path(tmp_path / "tasks" / "tasks.sqlite").exists()


@pytest.mark.usefixtures("without_dbos")
def test_the_doctor_says_that_it_is_lost(tmp_path: Path) -> None:
    finding = long_work(Settings(home=tmp_path))
    assert (finding.state, finding.fix) == ("warn", "pip install 'pai-voice[pai]'")


@pytest.mark.parametrize(
    ("database", "state", "fact"),
    [
        (None, "ok", "kept in {home}/tasks/tasks.sqlite"),
        ("postgresql://voice:hush@127.0.0.1:1/voice", "broken", "the database of long work cannot be used: "),
    ],
)
def test_the_doctor_says_where_it_is_kept(database: str | None, state: str, fact: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, tasks=TaskSettings(database=SecretStr(database) if database else None))
    finding = long_work(settings)
    assert finding.state == state
    assert finding.fact.startswith(fact.format(home=tmp_path))
    assert "hush" not in finding.fact


def test_the_owners_time() -> None:
    settings = HouseSettings(zone="Europe/Vienna")
    assert clock(settings.zone)().tzinfo is zone("Europe/Vienna")
    assert clock("")().utcoffset() == datetime.now().astimezone().utcoffset()
