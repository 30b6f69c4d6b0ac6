"""Several servers on one PostgreSQL: they share the work, and take over that of a dead one."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import InternalError

from orchestrator.config import Settings, TaskSettings
from orchestrator.delivery import Verdict
from orchestrator.durable import database_url
from orchestrator.servers import Judge, Servers
from orchestrator.task_list import all_tasks, place
from tests.kit.commands import eventually
from tests.kit.mortal import Diary, Mortal, each_heard_once, killed
from tests.kit.postgres import postgres

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
DELIVERED = (Verdict.DELIVERED,)


@pytest.fixture
def database() -> Generator[str]:
    with postgres() as url:
        yield url


def two(folder: Path, database: str, begins: int, verdicts: tuple[Verdict, ...] = DELIVERED) -> tuple[Mortal, Mortal]:
    a, b = (Mortal(folder / name, folder / "diary", begins, verdicts, database=database) for name in "ab")
    return a, b


async def all_told(folder: Path, database: str) -> None:
    settings = Settings(home=folder, tasks=TaskSettings(database=SecretStr(database)))

    async def states() -> set[str]:
        return {task.state for task in await anyio.to_thread.run_sync(all_tasks, settings)}

    await eventually(states, lambda found: found == {"told"})


@pytest.mark.parametrize("seed", range(4))
async def test_the_work_of_a_dead_server_is_taken_over(seed: int, database: str, tmp_path: Path) -> None:
    chance = Random(seed)
    diary = Diary(tmp_path / "diary")
    one, other = two(tmp_path, database, begins=2, verdicts=(Verdict.BUSY, Verdict.DELIVERED))
    with one.alive() as server, other.alive():
        await diary.grows(4)
        await diary.grows(chance.randint(0, 12))
        await killed(server)
        await all_told(tmp_path, database)
    each_heard_once(diary)


async def test_nobody_is_called_by_two_servers_at_once(database: str, tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary")
    one, other = two(tmp_path, database, begins=2)
    with one.alive(), other.alive():
        await eventually(lambda: found(diary, "hung_up"), lambda calls: calls == 4)
    each_heard_once(diary)
    calls = [line[0] for line in diary.lines() if line[0] in ("ring", "hung_up")]
    assert calls == ["ring", "hung_up"] * 4


async def test_a_server_that_slept_gives_up_what_was_taken_over(database: str, tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary")
    sleeper, waker = two(tmp_path, database, begins=0)
    with replace(sleeper, begins=1, hangs=True).alive() as slept:
        await eventually(lambda: found(diary, "hangs"), bool)
        assert slept.pid
        os.kill(slept.pid, signal.SIGSTOP)
        with waker.alive():
            await all_told(tmp_path, database)
            os.kill(slept.pid, signal.SIGCONT)
            await eventually(lambda: found(diary, "idle"), lambda idle: idle == 2)
    each_heard_once(diary)


async def test_what_a_server_has_locked_that_fell_asleep_comes_free(database: str, tmp_path: Path) -> None:
    quick = SecretStr(f"{database}?options=-c idle_in_transaction_session_timeout=100")
    engines = [sa.create_engine(database_url(tmp_path, quick)) for _ in range(2)]

    def lock() -> None:
        with closing(Servers(engines[0], "awake")) as awake, closing(engines[1].connect()) as asleep:
            awake.open()
            asleep.execute(sa.text("select * from pai_voice_servers for update"))
            awake.beat()
            with pytest.raises(InternalError, match="idle-in-transaction timeout"):
                asleep.commit()

    await anyio.to_thread.run_sync(lock)


@pytest.mark.parametrize(
    ("unseen", "may"),
    [
        ([5, 5], [False, True]),
        ([5, 60, 5], [False] * 3),
        ([5, None, 5], [False] * 3),
        ([5, 60] + [5] * 9, [False] * 10 + [True]),
    ],
)
def test_who_was_not_seen_judges_nobody_for_a_while(unseen: list[float | None], may: list[bool]) -> None:
    judge = Judge(silent_s=45, from_s=5)

    def seen(unseen_s: float | None, now_s: float) -> bool:
        judge.seen(unseen_s, now_s)
        return judge.may(now_s)

    assert [seen(unseen_s, 5.0 * beat) for beat, unseen_s in enumerate(unseen)] == may


def test_who_is_not_seen_now_judges_nobody() -> None:
    judge = Judge(silent_s=45, from_s=0)
    assert not judge.may(0)
    judge.seen(5, 0)
    assert [judge.may(now_s) for now_s in (20, 30)] == [True, False]


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, tasks=TaskSettings(database=SecretStr("postgresql://voice:hush@db/voice?sslmode=require")))
    assert place(settings) == "postgresql://voice:***@db/voice"


async def found(diary: Diary, what: str) -> int:
    return diary.count(what)
