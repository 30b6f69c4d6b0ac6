"""Long work outlives its server, however and whenever that dies."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa
from dbos import DBOS
from pydantic import SecretStr
from sqlalchemy.exc import DatabaseError, OperationalError

from agents.errors import Stopped
from agents.work import Answer, Asks, Done, Failed, Says
from orchestrator.delivery import CallbackSettings, Verdict
from orchestrator.durable import database_url
from orchestrator.errors import TasksUnreachable
from orchestrator.failures import leaves
from orchestrator.life import MOST_RESUMES
from orchestrator.servers import Servers, Told
from orchestrator.tasks import Task, Wish
from tests.kit.mortal import AGENT, OWNER, Diary, Mortal, each_heard_once, killed
from tests.orchestrator.workroom import Phone, happens, server

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine


async def killed_at_random(seed: int, folder: Path) -> None:
    chance = Random(seed)
    diary = Diary(folder / f"diary-{seed}")
    mortal = Mortal(folder / f"home-{seed}", diary.path)
    for kill in range(chance.choice([1, 1, 2])):
        with replace(mortal, begins=0 if kill else 2).alive() as server:
            await diary.grows(chance.randint(3, 12))
            await anyio.sleep(chance.uniform(0, 0.06))
            await killed(server)
    with mortal.alive():
        await diary.grows(1)
        await diary.grows(1_000)
    each_heard_once(diary)


def test_an_old_sqlite_knows_the_time_as_dbos_asks_for_it() -> None:
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as sql:
        sql.execute(sa.text("CREATE TABLE noted (id INTEGER, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))"))
        sql.execute(sa.text("INSERT INTO noted (id) VALUES (1)"))
        at_ms = sql.execute(sa.text("SELECT at FROM noted")).scalar_one()
    assert 1_700_000_000_000 < at_ms < 10_000_000_000_000


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(first, first + 5) for first in range(0, 20, 5)], ids=str)
async def test_a_server_killed_at_any_moment_tells_each_result_once(seeds: range, tmp_path: Path) -> None:
    async with anyio.create_task_group() as group:
        for seed in seeds:
            group.start_soon(killed_at_random, seed, tmp_path)


def wish(title: str = "a post") -> Wish:
    return Wish(OWNER, "Write a post; `rm -rf ~`, said the cat: 5 €.", title, minutes=2, mood="bright")


def kept(home: Path, query: str) -> list[Any]:
    """What stands in the file."""
    with closing(sqlite3.connect(home / "tasks" / "tasks.sqlite")) as file:
        return [row[0] for row in file.execute(query)]


async def test_a_server_that_stops_leaves_its_work_to_the_next(tmp_path: Path) -> None:
    async with server(tmp_path, {"says": "I begin."}, {"spent": "0.5"}, {"hangs": True}) as tasks:
        first = tasks.start(wish(), AGENT)
        await happens(lambda: bool(first.usd))
    phone = Phone()
    async with server(tmp_path, {"done": {"result": "R", "spoken": "S"}}, phone=phone) as tasks:
        (task,) = tasks.of(OWNER)
        assert (task.id, task.wish, task.agent, task.began) == (first.id, first.wish, first.agent, first.began)
        await task.heard.wait()
        assert task.outcome == Done("R", "S")
        assert [event for event in task.events if isinstance(event, Says)] == [Says("I begin.")]
        assert task.usd == Decimal("0.5")
        assert [id for _, id in phone.calls] == [task.id]
    async with server(tmp_path) as tasks:
        assert tasks.of(OWNER) == []


async def test_what_is_heard_while_its_server_stops_is_not_told_again(tmp_path: Path) -> None:
    class Slow(Phone):
        async def bring(self, task: Task) -> Verdict:
            self.up += 1
            await task.until(lambda task: task.moved)
            task.delivered = True
            return Verdict.DELIVERED

    first, second = Slow(), Phone()
    async with server(tmp_path, {"done": {"result": "R"}}, phone=first) as tasks:
        tasks.start(wish(), AGENT)
        await happens(lambda: bool(first.up))
    async with server(tmp_path, phone=second) as tasks:
        await happens(lambda: not tasks.of(OWNER))
    assert second.calls == []


class Answering(Phone):
    """Whoever takes it says yes."""

    async def bring(self, task: Task) -> Verdict:
        if task.question is not None:
            task.tell(Answer(task.question.ask, yes=True))
        return await super().bring(task)


@pytest.mark.parametrize(("first", "calls", "said"), [(Phone(lasts_s=60), 1, "Pushed."), (Phone([Verdict.BUSY]), 0, "Left.")])
async def test_what_was_being_asked_when_it_died_is_asked_by_another_call_unless_that_was_in_vain(
    first: Phone, calls: int, said: str, tmp_path: Path
) -> None:
    asks = {"asks": {"question": "Push it?", "tool": "Bash"}, "yes": [{"says": "Pushed."}], "no": [{"says": "Left."}]}
    async with server(tmp_path, asks, {"hangs": True}, phone=first) as tasks:
        task = tasks.start(wish(), AGENT)
        await happens(lambda: Says("Left.") in task.events if first.verdicts == [Verdict.BUSY] else bool(first.up))
    second = Answering()
    async with server(tmp_path, asks, {"hangs": True}, phone=second) as tasks:
        (again,) = tasks.of(OWNER)
        await happens(lambda: any(isinstance(event, Asks) for event in again.events) and again.question is None)
        await happens(lambda: Says(said) in again.events)
        assert len(second.calls) == calls
    assert len(first.calls) == 1


async def test_work_that_is_begun_in_a_call_back_is_kept_as_work_of_its_own(tmp_path: Path) -> None:
    class Asked(Phone):
        """Whoever takes it asks for more."""

        async def bring(self, task: Task) -> Verdict:
            if task.wish.title == "a post":
                tasks.start(wish("another"), AGENT)
            return await super().bring(task)

    async with server(tmp_path, {"done": {"result": "R"}}, phone=Asked()) as tasks:
        tasks.start(wish(), AGENT)
        await happens(lambda: not tasks.ids())
    states = kept(tmp_path, "select coalesce(parent_workflow_id, status) from workflow_status")
    assert states == ["SUCCESS"] * 2


async def test_a_server_may_be_stopped_in_good_order_as_often_as_one_likes(tmp_path: Path) -> None:
    for stop in range(MOST_RESUMES + 2):
        said = Says(f"Part {stop}.")
        async with server(tmp_path, {"says": said.text}, {"hangs": True}) as tasks:
            task = tasks.of(OWNER)[0] if stop else tasks.start(wish(), AGENT)
            await happens(lambda task=task, said=said: said in task.events)
    async with server(tmp_path, {"done": {"result": "R"}}) as tasks:
        (task,) = tasks.of(OWNER)
        await task.over.wait()
        assert task.outcome == Done("R", "")


async def test_it_is_kept_as_json_and_for_the_owner_alone(tmp_path: Path) -> None:
    async with server(tmp_path, {"done": {"result": "R"}}) as tasks:
        task = tasks.start(wish(), AGENT)
        await task.heard.wait()
    (inputs,) = (json.loads(text) for text in kept(tmp_path, "select inputs from workflow_input"))
    assert "5 €" in str(inputs)
    outputs = [json.loads(text) for text in kept(tmp_path, "select output from operation_outputs order by function_id")]
    assert [list(output) for output in outputs] == [["outcome", "at"], ["heard"], ["verdict", "at"]]
    assert kept(tmp_path, "select serialization from workflow_status") == ["portable_json"]
    assert (tmp_path / "tasks").stat().st_mode & 0o077 == 0


async def test_two_servers_do_not_work_with_one_folder(tmp_path: Path) -> None:
    async with server(tmp_path):
        with pytest.raises(BaseExceptionGroup) as raised:
            async with server(tmp_path):
                pass
    (error,) = leaves(raised.value)
    assert isinstance(error, TasksUnreachable)
    assert str(error) == f"another server works with {tmp_path}"


async def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    nowhere = SecretStr("postgresql://voice:hush-hush@127.0.0.1:1/voice")
    with pytest.raises(BaseExceptionGroup) as raised:
        async with server(tmp_path, database=nowhere):
            pass
    (error,) = leaves(raised.value)
    assert isinstance(error, TasksUnreachable)
    assert "refused" in str(error)
    assert "hush" not in str(error)


@pytest.mark.parametrize(("failure", "raises"), [(OperationalError, OSError), (DatabaseError, TasksUnreachable)])
async def test_a_database_that_goes_away_while_a_server_starts(
    failure: type[DatabaseError], raises: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not take a file is no reason not to start; another file in its place is."""

    def launch() -> None:
        raise failure("select 1", {}, Exception("it is gone"))

    monkeypatch.setattr(DBOS, "launch", launch)
    with pytest.raises(BaseExceptionGroup) as raised:
        async with server(tmp_path):
            pass
    (error,) = leaves(raised.value)
    assert isinstance(error, raises)
    assert "it is gone" in str(error)


async def test_letters_to_what_is_over_are_thrown_away_at_the_next_start(tmp_path: Path) -> None:
    async with server(tmp_path, {"hangs": True}) as tasks:
        task = tasks.start(wish(), AGENT)
        await happens(lambda: bool(kept(tmp_path, "select 1 from workflow_status")))
    for id in ("long-over", task.id):
        await anyio.to_thread.run_sync(told, tmp_path, id, "call_back")
    async with server(tmp_path, {"hangs": True}):
        assert kept(tmp_path, "select task from pai_voice_letters") == [task.id]


def test_a_database_is_waited_for_no_longer_than_its_url_says() -> None:
    ours = database_url(Path(), SecretStr("postgresql://db/voice?connect_timeout=3"))
    assert ours.query["connect_timeout"] == "3"
    assert "idle_in_transaction_session_timeout" in ours.query["options"]


@pytest.mark.parametrize(("what", "calls"), [("cancel", 0), ("call_back", 1)])
async def test_what_a_task_is_told_from_elsewhere(what: Told, calls: int, tmp_path: Path) -> None:
    phone = Phone()
    night = CallbackSettings(hours=f"{(datetime.now() + timedelta(hours=6)):%H}:00-{(datetime.now() + timedelta(hours=7)):%H}:00")
    async with server(tmp_path, {"done": {"result": "R"}}, phone=phone) as tasks:
        tasks._life.callback = night  # pyright: ignore[reportPrivateUsage]
        task = tasks.start(wish(), AGENT)
        await task.over.wait()
        await anyio.to_thread.run_sync(told, tmp_path, task.id, what)
        await task.heard.wait()
        assert len(phone.calls) == calls


async def test_cancelling_stops_the_run(tmp_path: Path) -> None:
    async with server(tmp_path, {"says": "I begin."}, {"hangs": True}) as tasks:
        task = tasks.start(wish(), AGENT)
        await happens(lambda: bool(task.events))
        await anyio.to_thread.run_sync(told, tmp_path, task.id, "cancel")
        await task.over.wait()
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, Stopped)


def told(home: Path, task: str, what: Told) -> None:
    """From another process."""
    with closing(Servers(sa.create_engine(database_url(home, None)), "elsewhere")) as servers:
        servers.tell(task, what)
