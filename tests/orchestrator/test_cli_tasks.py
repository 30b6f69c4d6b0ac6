"""`pai-voice tasks …`, as processes beside a server that works."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa

from orchestrator.config import Settings
from orchestrator.delivery import Verdict
from orchestrator.errors import NoSuchTask, TasksUnreachable
from orchestrator.task_list import KeptTask, find, tell
from orchestrator.tasks import Wish
from tests.kit.commands import environment, eventually, run
from tests.kit.mortal import AGENT, OWNER, Diary, Mortal, always
from tests.orchestrator.workroom import Phone, happens, server

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine


async def test_work_is_shown_stopped_and_over(tmp_path: Path) -> None:
    env, diary = environment(tmp_path), Diary(tmp_path / "diary")
    with Mortal(tmp_path / "home", diary.path, begins=1, hangs=True).alive():
        await eventually(lambda: found(diary, "hangs"), bool)
        (task,) = (await run("tasks", "list", "--json", env=env, cwd=tmp_path)).json
        assert (task["agent"], task["title"], task["owner"], task["wish"]) == ("engineer", "post 0", OWNER, "Write.")
        assert (task["state"], task["said"], task["outcome"]) == ("running", "Only the end is missing.", "")
        cancelled = await run("tasks", "cancel", task["id"], env=env, cwd=tmp_path)
        assert (cancelled.code, cancelled.out) == (0, f"{task['id']} is stopped (post 0)\n")
        await eventually(lambda: found(diary, "idle"), bool)
        shown = (await run("tasks", "show", env=env, cwd=tmp_path)).out
        assert "work_stopped" in shown
        assert shown.endswith("\n\nOnly the end is missing.\nThe caller stopped the work.\n")
        again = await run("tasks", "cancel", "last", env=env, cwd=tmp_path)
        assert (again.code, again.err.splitlines()[0]) == (1, f"task {task['id']} is over (told)")


async def test_a_call_back_is_wanted_before_its_time(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary")
    settings = Settings(home=tmp_path / "home", callback=always(1_000))
    verdicts = (Verdict.BUSY, Verdict.MACHINE, Verdict.DELIVERED)
    with Mortal(settings.home, diary.path, begins=1, verdicts=verdicts, retry_min=1_000).alive():
        await eventually(lambda: found(diary, "hung_up"), bool)
        task = await eventually(lambda: latest(settings), lambda task: bool(task.calls))
        assert (task.state, task.outcome, task.result) == ("to be told", "done", "# Result")
        assert task.next_call > task.calls[0][0]
        for calls in (2, 3):
            await anyio.to_thread.run_sync(tell, settings, task.id, "call_back")
            await eventually(lambda: found(diary, "ring"), lambda count, calls=calls: count == calls)
        await eventually(lambda: found(diary, "idle"), bool)
        task = await latest(settings)
        assert [verdict for _, verdict in task.calls] == ["busy", "machine", "delivered"]
        assert (task.state, task.next_call) == ("told", "")


async def test_what_is_said_when_there_is_nothing_or_nobody(tmp_path: Path) -> None:
    env, home = environment(tmp_path), tmp_path / "home"
    nothing = await run("tasks", "list", env=env, cwd=tmp_path)
    assert nothing.out == "no tasks yet; on a call, ask an agent for something that takes long\n"
    with pytest.raises(NoSuchTask, match=f"there are no tasks yet in {home}/tasks/tasks.sqlite"):
        await latest(Settings(home=home))
    async with server(home, {"says": "I begin."}, {"hangs": True}) as tasks:
        task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
        await happens(lambda: bool(task.events))
    later = await run("tasks", "cancel", task.id[:9], env=env, cwd=tmp_path)
    assert later.out == f"{task.id} is stopped as soon as a server runs (a post)\n"
    assert (await latest(Settings(home=home))).state == "running"
    phone = Phone()
    async with server(home, {"done": {"result": "R"}}, phone=phone):
        told = await eventually(lambda: latest(Settings(home=home)), lambda task: task.state == "told")
    assert (told.outcome, phone.calls) == ("work_stopped", [])


@contextmanager
def broken(file: Path) -> Generator[None]:
    file.write_text("not a database, by any means")
    yield


@contextmanager
def locked(file: Path) -> Generator[None]:
    with closing(sqlite3.connect(file)) as holder:
        holder.execute("begin exclusive")
        yield


@pytest.mark.parametrize(("how", "why"), [(broken, "file is not a database"), (locked, "database is locked")])
async def test_a_database_that_cannot_be_used_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[[Path], AbstractContextManager[None]], why: str
) -> None:
    (tmp_path / "tasks").mkdir()
    monkeypatch.setattr(sa, "create_engine", partial(sa.create_engine, connect_args={"timeout": 0.1}))  # 5 s, as SQLite has it
    with how(tmp_path / "tasks" / "tasks.sqlite"), pytest.raises(TasksUnreachable, match=why):
        await latest(Settings(home=tmp_path))


async def found(diary: Diary, what: str) -> int:
    return diary.count(what)


async def latest(settings: Settings) -> KeptTask:
    return await anyio.to_thread.run_sync(find, settings, "last")
