"""A call that reaches one server, about work that another has: it is seen, told, and its end is heard once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa
from dbos import DBOS, WorkflowStatus
from pydantic import SecretStr

from agents.errors import Stopped
from agents.work import Add, Done, Failed, Says, Stop
from orchestrator.config import Settings, TaskSettings
from orchestrator.delivery import Verdict
from orchestrator.durable import database_url
from orchestrator.elsewhere import Elsewhere
from orchestrator.records import VERSION, record_of
from orchestrator.servers import Servers
from orchestrator.task import Task
from orchestrator.task_list import all_tasks
from orchestrator.tasks import Tasks, Wish
from tests.kit.commands import eventually
from tests.kit.mortal import AGENT, OWNER, Diary, Mortal, killed
from tests.kit.postgres import cluster, postgres
from tests.orchestrator.workroom import Phone, happens, server

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
END = "Only the end is missing."


@pytest.fixture
def database() -> Generator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
def other(tmp_path: Path, database: str, diary: Diary) -> Mortal:
    """The server that has the work."""
    return Mortal(tmp_path / "other", diary.path, begins=1, verdicts=(Verdict.DELIVERED,), database=database)


@asynccontextmanager
async def ours(folder: Path, database: str, phone: Phone | None = None) -> AsyncGenerator[Tasks]:
    """The server that the call reaches."""
    async with server(folder / "ours", phone=phone, silent_s=2, database=SecretStr(database)) as tasks:
        yield tasks


@asynccontextmanager
async def on_our_line(tasks: Tasks) -> AsyncGenerator[None]:
    """And all servers know it."""
    async with tasks.on_the_line(OWNER):
        await happens(lambda: tasks.presence.ours(OWNER))
        yield


async def seen(tasks: Tasks) -> Task:
    """What the other server has for the owner, as this one sees it."""
    await happens(lambda: bool(tasks.of(OWNER)))
    (task,) = tasks.of(OWNER)
    return task


async def told(folder: Path, database: str) -> None:
    settings = Settings(home=folder, tasks=TaskSettings(database=SecretStr(database)))

    async def states() -> list[str]:
        return [task.state for task in await anyio.to_thread.run_sync(all_tasks, settings)]

    await eventually(states, lambda found: found == ["told"])


async def counted(diary: Diary, what: str, count: int = 1) -> None:
    await happens(lambda: diary.count(what) == count)


async def test_work_of_another_server_is_seen_added_to_stopped_and_told_here(
    other: Mortal, database: str, diary: Diary, tmp_path: Path
) -> None:
    with replace(other, hangs=True).alive():
        await counted(diary, "hangs")
        async with ours(tmp_path, database) as tasks, tasks.on_the_line(OWNER):
            task = await seen(tasks)
            assert task.agent.id == "engineer"
            await happens(lambda: Says(END) in task.events)
            task.tell(Add("a picture"))
            await counted(diary, "told")
            task.tell(Stop())
            await task.over.wait()
            assert isinstance(task.outcome, Failed)
            assert isinstance(task.outcome.error, Stopped)
            task.delivered = True
        await told(tmp_path, database)
    assert f"{Add('a picture')}" in [" ".join(line[2:]) for line in diary.lines() if line[0] == "told"]
    assert diary.count("ring") == 0


async def test_who_is_on_the_line_here_is_not_called_from_elsewhere(
    other: Mortal, database: str, diary: Diary, tmp_path: Path
) -> None:
    async with ours(tmp_path, database) as tasks, AsyncExitStack() as lives:
        async with on_our_line(tasks):
            lives.enter_context(other.alive())
            task = await seen(tasks)
            await task.over.wait()
            assert task.outcome == Done("# Result", "It is done.")
            await anyio.sleep(0.5)  # in which nothing must happen
            assert diary.count("ring") == 0
        await told(tmp_path, database)
        await happens(lambda: tasks.of(OWNER) == [])
    assert (diary.count("ring"), diary.count("heard")) == (1, 1)


async def test_who_is_told_elsewhere_is_not_told_here(other: Mortal, database: str, diary: Diary, tmp_path: Path) -> None:
    """They call here while the other server has them on its line already."""
    async with ours(tmp_path, database) as tasks:
        with replace(other, talk_s=1.0).alive():
            await counted(diary, "ring")
            async with tasks.on_the_line(OWNER):
                task = await seen(tasks)
                assert not tasks.presence.ours(OWNER)
                await counted(diary, "heard")
                assert task.running, "its end is not for us to tell"
                await task.heard.wait()
                assert tasks.of(OWNER) == []
    assert diary.count("heard") == 1


async def test_what_was_told_here_is_not_told_again_when_its_server_dies(
    other: Mortal, database: str, diary: Diary, tmp_path: Path
) -> None:
    phone = Phone()
    async with ours(tmp_path, database, phone) as tasks, AsyncExitStack() as lives:
        async with on_our_line(tasks):
            alive = lives.enter_context(other.alive())
            task = await seen(tasks)
            await task.over.wait()
            await killed(alive)
            task.delivered = True
        await told(tmp_path, database)
    assert (diary.count("ring"), phone.calls) == (0, [])


async def test_who_hangs_up_here_is_called_by_the_server_that_takes_the_work_over(
    other: Mortal, database: str, diary: Diary, tmp_path: Path
) -> None:
    phone = Phone()
    async with ours(tmp_path, database, phone) as tasks, AsyncExitStack() as lives:
        async with on_our_line(tasks):
            alive = lives.enter_context(replace(other, hangs=True).alive())
            task = await seen(tasks)
            await counted(diary, "hangs")
            await killed(alive)
            await happens(lambda: tasks.find(task.id) is task)
            await task.over.wait()
        await told(tmp_path, database)
    assert [id for _, id in phone.calls] == [task.id]


async def test_work_that_was_taken_over_while_they_are_on_the_line_is_told_here_and_not_there(
    database: str, tmp_path: Path
) -> None:
    """Nobody saw us for too long; but they were on the phone with us all the time."""
    engine = sa.create_engine(database_url(tmp_path, SecretStr(database)))
    with closing(Servers(engine, "other")) as other:
        async with ours(tmp_path, database, Phone([Verdict.BUSY])) as tasks:
            task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
            await task.over.wait()

            async with tasks.on_the_line(OWNER):
                await anyio.to_thread.run_sync(take_over, engine)
                await happens(lambda: tasks.find(task.id) is None)
                assert tasks.of(OWNER) == [task]
                assert not task.moved
                task.delivered = True

            async def letters() -> list[str]:
                return [letter.what for letter in await anyio.to_thread.run_sync(other.told, [task.id])]

            await eventually(letters, lambda letters: letters == ["heard"])


@pytest.mark.parametrize("resumed", [True, False])
async def test_work_that_was_claimed_and_that_no_other_server_has_goes_on(resumed: bool, database: str, tmp_path: Path) -> None:
    """Nobody saw us for too long, and then of all servers we are the one that is free; or who claimed it has died over it."""
    phone, steps = Phone(), ({"says": "I begin."}, {"waits_for": "picture"}, {"done": {"result": "R"}})
    engine = sa.create_engine(database_url(tmp_path, SecretStr(f"{database}?options=")))  # it may lock for as long as it likes
    async with server(tmp_path / "ours", *steps, phone=phone, database=SecretStr(database)) as tasks:
        task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
        await happens(lambda: Says("I begin.") in task.events)
        with engine.begin() as other:
            other.execute(sa.text("update pai_voice_servers set taken = true"))
        await happens(lambda: not taken(engine))
        if resumed:
            await DBOS.resume_workflow_async(task.id)
            await happens(lambda: task.events.count(Says("I begin.")) == 2)
        task.tell(Add("a picture"))
        await told(tmp_path, database)
        assert task.outcome == Done("R", "")
    engine.dispose()
    assert [id for _, id in phone.calls] == [task.id]


def take_over(engine: sa.Engine) -> None:
    """Without a word to whoever had it."""
    with engine.begin() as to:
        to.execute(sa.text("update dbos.workflow_status set executor_id = 'other'"))


async def test_work_that_was_taken_over_while_dbos_was_told_first_is_seen_here(database: str, tmp_path: Path) -> None:
    """Our next step finds that it is not ours, before we look."""
    engine = sa.create_engine(database_url(tmp_path, SecretStr(database)))
    steps = ({"says": "I begin."}, {"waits_for": "picture"}, {"says": "With a picture."}, {"hangs": True})
    async with server(tmp_path / "ours", *steps, silent_s=2, database=SecretStr(database)) as tasks:
        task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
        await happens(lambda: Says("I begin.") in task.events)
        with engine.begin() as to:  # nobody looks until this is over
            to.execute(sa.text("lock table pai_voice_letters"))
            to.execute(sa.text("select * from pai_voice_servers for update"))
            other = "update dbos.workflow_status set executor_id = 'other', owner_xid = 'other'"
            with engine.begin() as also:
                also.execute(sa.text(other))
            task.tell(Add("a picture"))
            await happens(lambda: tasks.find(task.id) is None)
        await happens(lambda: tasks.of(OWNER) == [task])
        assert not task.moved
    engine.dispose()


def taken(engine: sa.Engine) -> bool:
    with engine.connect() as to:
        return bool(to.scalar(sa.text("select count(*) from pai_voice_servers where taken")))


async def test_work_that_is_about_to_be_ours_is_not_over(database: str, tmp_path: Path) -> None:
    """It is ours by the database a moment before it is known here."""
    record = record_of(Task("t7", Wish(OWNER, "Write.", "a post", 1), AGENT, datetime.now(UTC)))
    workflow = WorkflowStatus()
    workflow.workflow_id, workflow.app_version, workflow.executor_id = "t7", VERSION, "other"
    workflow.input = {"args": (record,), "kwargs": {}}

    async def unfinished() -> list[WorkflowStatus]:
        return [workflow]

    engine = sa.create_engine(database_url(tmp_path, SecretStr(database)))
    async with ours(tmp_path, database) as tasks, anyio.create_task_group() as group:
        with closing(Servers(engine, "ours")) as servers:
            elsewhere = Elsewhere(tasks, servers, group)
            await elsewhere.look(unfinished)
            (task,) = tasks.of(OWNER)
            workflow.executor_id = "ours"
            await elsewhere.look(unfinished)
            assert not task.delivered
            assert tasks.known("t7", record) is task
        group.cancel_scope.cancel()


async def test_what_a_third_server_has_told_is_not_told_here_again(
    other: Mortal, database: str, diary: Diary, tmp_path: Path
) -> None:
    """And the server that has it is dead, so that nobody reads the letter about it."""
    engine = sa.create_engine(database_url(tmp_path, SecretStr(database)))
    async with server(tmp_path / "ours", database=SecretStr(database)) as tasks, AsyncExitStack() as lives:
        async with on_our_line(tasks):
            alive = lives.enter_context(other.alive())
            task = await seen(tasks)
            await task.over.wait()
            await killed(alive)
        with closing(Servers(engine, "third")) as third:
            await anyio.to_thread.run_sync(third.tell, task.id, "heard")
            await happens(lambda: [one.running for one in tasks.of(OWNER)] == [True])  # its end is not known while they are gone
            async with tasks.on_the_line(OWNER):
                await happens(lambda: tasks.of(OWNER) == [])
            assert [letter.what for letter in await anyio.to_thread.run_sync(third.told, [task.id])] == ["heard"]


async def test_nobody_loses_whom_they_have_on_the_phone_because_the_database_was_away(database: str, tmp_path: Path) -> None:
    """We are there again before they are seen."""
    engine = sa.create_engine(database_url(tmp_path, SecretStr(database)))
    with closing(Servers(engine, "they")) as they:
        async with server(tmp_path / "ours", silent_s=1, database=SecretStr(database)) as tasks:
            they.beat()
            assert they.take_turn(OWNER, silent_s=1)
            with engine.begin() as away:
                away.execute(sa.text("select * from pai_voice_servers for update"))  # nobody is seen until this is over
                await anyio.sleep(1.1)
                async with tasks.on_the_line(OWNER):
                    assert not tasks.presence.ours(OWNER)
            they.beat()
            async with tasks.on_the_line(OWNER):
                assert not tasks.presence.ours(OWNER)


async def test_a_database_that_goes_away_for_a_while_costs_nothing_but_time(tmp_path: Path) -> None:
    phone = Phone()
    steps = ({"says": "I begin."}, {"waits_for": "picture"}, {"says": "With a picture."}, {"done": {"result": "R"}})
    with cluster() as database:
        async with server(tmp_path / "ours", *steps, phone=phone, database=SecretStr(database.url)) as tasks:
            async with tasks.on_the_line(OWNER):
                task = tasks.start(Wish(OWNER, "Write.", "a post", 1), AGENT)
                await happens(lambda: Says("I begin.") in task.events)
                await anyio.to_thread.run_sync(database.stop)
                task.tell(Add("a picture"))
                await happens(lambda: Says("With a picture.") in task.events)
                assert tasks.of(OWNER) == [task]
                await anyio.to_thread.run_sync(database.start)
                await task.over.wait()
                assert task.outcome == Done("R", "")
                await happens(lambda: tasks.presence.ours(OWNER))
                assert phone.calls == []
            await told(tmp_path, database.url)
    assert [id for _, id in phone.calls] == [task.id]


async def test_no_server_is_taken_for_dead_because_the_database_was_away(diary: Diary, tmp_path: Path) -> None:
    with cluster() as database:
        mortal = Mortal(tmp_path / "one", diary.path, begins=1, hangs=True, database=database.url)
        async with server(tmp_path / "two", silent_s=2, database=SecretStr(database.url)) as tasks:
            with mortal.alive():
                await counted(diary, "hangs")
                task = await seen(tasks)
                await anyio.to_thread.run_sync(database.stop)
                await anyio.sleep(2.5)  # longer than anybody may be silent
                await anyio.to_thread.run_sync(database.start)
                async with tasks.on_the_line(OWNER):
                    await happens(lambda: tasks.presence.ours(OWNER))
                    task.tell(Stop())
                    await task.over.wait()
                    task.delivered = True
                await told(tmp_path, database.url)
    assert (diary.count("begin"), diary.count("ring"), diary.count("heard")) == (1, 0, 0)
