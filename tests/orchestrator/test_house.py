"""The house takes what rings; what breaks in one call ends that call alone, with a word."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio

from orchestrator.app import House, Parties
from orchestrator.call import Parts
from orchestrator.callback import CallBack
from orchestrator.config import Settings
from orchestrator.events import CallbackDelivered, CallEnded, CallEvent, CallRefused, Failed, MoneySpent, SaidText
from orchestrator.history import CALLS
from orchestrator.journal import JOURNAL, Journal, read
from orchestrator.spending import DaySpending
from orchestrator.task import Task, Wish
from telephony.admission import Admission, AdmissionPolicy
from telephony.line import Refusal
from telephony.rehearsal import RehearsalDialler, RehearsalLine
from tests.kit.mortal import always
from tests.orchestrator.stage import LINES, LOUD, NOON, ROSTER, equipped
from tests.orchestrator.workroom import workroom
from voices.audio import Frame, level_dbfs
from voices.engines.tones import tone
from voices.recognition import Heard

CALLER = "+15550100"


class BrokenEars:
    """A recogniser with a defect that nobody foresaw."""

    name = "broken"

    async def warm(self) -> None:
        """Nothing to load."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        async for _ in speech:
            raise ZeroDivisionError("nobody foresaw this")
        yield Heard("", final=True, engine=self.name)

    async def aclose(self) -> None:
        """Nothing to close."""


def house(parts: Parts, home: Path) -> House:
    policy = AdmissionPolicy(allow=(CALLER,), max_usd_per_day=Decimal(1))
    return House(Settings(home=home), ROSTER, parts, Admission(policy), DaySpending(NOON.date()))


def facts(home: Path) -> list[CallEvent]:
    (journal,) = (home / CALLS).glob(f"*/{JOURNAL}")
    return [entry.event for entry in read(journal)]


async def test_a_call_that_breaks_says_so_and_hangs_up(tmp_path: Path) -> None:
    line = RehearsalLine(caller=CALLER)
    async with equipped(ears=BrokenEars()) as (parts, _), anyio.create_task_group() as tasks:
        tasks.start_soon(house(parts, tmp_path).take, line)
        await line.answered.wait()
        await line.quiet(0.3)
        line.say(tone(200, 1.0, LOUD))
        await line.over.wait()
    told = await anyio.to_thread.run_sync(facts, tmp_path)
    (failed,) = [fact for fact in told if isinstance(fact, Failed)]
    assert (failed.code, "ZeroDivisionError" in failed.sentence) == ("call_failed", True)
    said = [fact for fact in told if isinstance(fact, SaidText)][-1]
    assert (said.agent, said.text, said.interrupted) == ("kai", LINES.errors["call_failed"], False)
    assert sum(level_dbfs(frame) > -50 for _, frame in line.heard[-100:]) > 90
    assert isinstance(told[-1], CallEnded)
    assert told[-1].why == "failed"


async def test_what_the_line_costs_is_part_of_the_call(tmp_path: Path) -> None:
    line = RehearsalLine(caller=CALLER)
    line.cost_usd, spending = Decimal("0.028"), DaySpending(NOON.date())
    async with equipped() as (parts, _), anyio.create_task_group() as tasks:
        tasks.start_soon(replace(house(parts, tmp_path), spending=spending).take, line)
        await line.answered.wait()
        line.leave()
    told = await anyio.to_thread.run_sync(facts, tmp_path)
    (spent,) = [fact for fact in told if isinstance(fact, MoneySpent) and fact.on == "line"]
    assert (spent.model, spent.usd, spent.estimated) == ("rehearsal", Decimal("0.028"), True)
    assert isinstance(told[-1], CallEnded)
    assert told[-1].cost_usd == spending.today(NOON) == sum(fact.usd for fact in told if isinstance(fact, MoneySpent))


async def test_who_is_on_the_line_is_not_called_about_their_work(tmp_path: Path) -> None:
    line = RehearsalLine(caller=CALLER)
    async with (
        equipped() as (parts, _),
        workroom(tmp_path, {"done": {"result": "It is written."}}, callback=always()) as at,
        anyio.create_task_group() as group,
    ):
        group.start_soon(replace(house(parts, tmp_path), tasks=at.tasks).take, line)
        await line.answered.wait()
        await line.quiet(0.3)
        task = at.start(owner=CALLER)
        await task.over.wait()
        await anyio.wait_all_tasks_blocked()
        assert at.phone.calls == []
        line.leave()
        await task.heard.wait()
        assert [id for _, id in at.phone.calls] == [task.id]


async def test_who_is_not_on_the_list_is_turned_away_and_journaled(tmp_path: Path) -> None:
    line = RehearsalLine(caller="+15559999")
    async with equipped() as (parts, claude):
        await house(parts, tmp_path).take(line)
        assert not claude.exchanges
    assert line.rejected is Refusal.FORBIDDEN
    told = await anyio.to_thread.run_sync(facts, tmp_path)
    assert [type(fact) for fact in told[1:]] == [CallRefused, CallEnded]


async def test_what_a_call_back_told_before_a_crash_is_in_its_journal(tmp_path: Path) -> None:
    task, other = (Task(f"20261122-115900-{number}", Wish(CALLER, "", "", 1), ROSTER["kai"], NOON) for number in (1, 2))
    async with equipped() as (parts, _):
        here = house(parts, tmp_path)
        bearer = CallBack(here, RehearsalDialler(), lambda _: ())

        async def told(journal: Journal) -> str:
            journal.write(CallbackDelivered(task=task.id))
            return "server_stopped"

        assert not await bearer.brought(task)
        await here.journaled(Parties("a-call", "rehearsal", CALLER, CALLER, outbound=True), told)
        (tmp_path / CALLS / "20261122-130000-broken").mkdir()
        (tmp_path / CALLS / "20261122-130000-broken" / JOURNAL).write_text("no journal\nat all\n")
        assert await bearer.brought(task)
        assert not await bearer.brought(other)
