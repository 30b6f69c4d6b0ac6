"""Calling back: the owner's phone is rung, somebody or something takes it, and a person hears what came out, or what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import anyio
import anyio.to_thread
import structlog

from orchestrator import events
from orchestrator.announcement import announce
from orchestrator.app import House, Parties
from orchestrator.delivery import Verdict
from orchestrator.events import Entry
from orchestrator.failures import leaves, place
from orchestrator.history import CALLS
from orchestrator.journal import JOURNAL, Journal, read
from orchestrator.meter import charge
from orchestrator.pickup import PickedUp
from orchestrator.results import message
from orchestrator.task import Task
from telephony.line import Dialler, Line, LineBusy, LineDown, LineError, LineRejected, NotAnswered

log = structlog.get_logger()

MOST_TOLD: Final = 16  # tasks of one owner that are over or ask: nobody has so many


@dataclass(eq=False)
class Errand:
    """What one call is made for, and what it came to."""

    tasks: Sequence[Task]
    verdict: Verdict = Verdict.FAILED
    up: PickedUp | None = None
    """Once somebody or something has taken it."""
    heard: list[Task] = field(default_factory=list[Task])
    """Told to whoever took the call, who may still prove to be a machine."""
    news: anyio.Event = field(default_factory=anyio.Event)
    """Set when something more was told."""
    _settled: list[Task] = field(default_factory=list[Task])

    def told(self, task: Task) -> None:
        self.heard.append(task)
        if self.up is not None and self.up.person:
            task.told.set()
        self.news.set()

    def answered(self, task: Task) -> None:
        self._settled.append(task)

    def of(self, task: Task) -> Verdict:
        """What the call came to for that one."""
        return Verdict.DELIVERED if task.delivered or task in self._settled else self.verdict

    def give_up(self) -> None:
        """They have called us while it rang: what is left of it is told and asked there."""
        self.verdict = Verdict.DELIVERED if all(task.running or task.delivered for task in self.tasks) else Verdict.UNHEARD


class CallBack:
    """A Bearer over a telephone; its calls are the house's like all others, with the same limits, and nobody else is rung."""

    def __init__(self, house: House, dialler: Dialler, of: Callable[[str], Sequence[Task]]) -> None:
        """`of` gives what an owner has under way, or has not heard the end of."""
        self._house, self._dialler, self._of = house, dialler, of

    async def bring(self, task: Task) -> Verdict:
        """As Bearer promises. What else the owner has not heard the end of, or is asked, comes in the same call."""
        owner = task.wish.owner
        others = [one for one in self._of(owner) if one is not task and one.calls]
        errand = Errand([task, *others][:MOST_TOLD])
        over = [one for one in errand.tasks if not one.running]
        parties = Parties(uuid4().hex, self._dialler.kind, owner, self._dialler.number, outbound=True)
        try:
            await self._house.journaled(parties, lambda journal: self._ring(owner, errand, journal))
        except* Exception as group:  # noqa: BLE001  a call's edge: whatever it is ends this call, and no other
            log.warning("callback_failed", task=task.id, where=place(next(leaves(group))))
        for one in over:
            one.rung = errand.of(one)
        return errand.of(task)

    async def brought(self, task: Task) -> bool:
        """As Bearer promises."""
        return await anyio.to_thread.run_sync(_was_delivered, self._house.settings.home / CALLS, task)

    async def _ring(self, owner: str, errand: Errand, journal: Journal) -> str:
        """Returns why the call ended."""
        if self._house.refused(owner, journal):
            return "refused"
        for task in errand.tasks:
            journal.write(events.CallbackDialing(task=task.id))
        try:
            line = await self._dialled(owner, errand, journal)
            return await self._up(line, errand, journal) if line else errand.verdict.value
        finally:
            _take_as_no(errand, journal)

    async def _up(self, line: Line, errand: Errand, journal: Journal) -> str:
        try:
            return await self._taken(line, errand, journal)
        finally:
            with anyio.CancelScope(shield=True):
                await line.hang_up()
                charge(line, journal)

    async def _dialled(self, owner: str, errand: Errand, journal: Journal) -> Line | None:
        """None if it was not taken, or there is nothing to call for any more: they called us while it rang."""
        async with anyio.create_task_group() as group:
            group.start_soon(_when_moot, errand.tasks, group.cancel_scope)
            line = None
            try:
                line = await self._dialler.dial(owner)
            except LineError as error:
                errand.verdict = _verdict(error)
                journal.write(events.Failed(where="line", code=error.code, sentence=str(error), retryable=error.retryable))
            group.cancel_scope.cancel()
            return line
        errand.give_up()
        return None

    async def _taken(self, line: Line, errand: Errand, journal: Journal) -> str:
        errand.verdict = Verdict.UNHEARD
        async with aclosing(line.hear()) as sounds:
            up = errand.up = PickedUp(line, sounds, self._house.parts.vad())
            if not await up.greeted():
                return "caller_hung_up"
            why = "machine" if up.machine else await self._talk(up, errand, journal)
            if not up.machine:
                return why
            if await up.recording():
                errand.verdict = Verdict.MACHINE
                await self._leave_message(line, errand, journal)
        return "machine"

    async def _talk(self, up: PickedUp, errand: Errand, journal: Journal) -> str:
        why = ""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._deliver_when_certain, up, errand, journal)
            why = await self._house.talk(up, journal, errand)
            tasks.cancel_scope.cancel()
        if not up.machine:
            _deliver(errand, journal)
        return why

    async def _deliver_when_certain(self, up: PickedUp, errand: Errand, journal: Journal) -> None:
        """As soon as it may be said: a crash later in the call must not make them hear it twice."""
        await up.certain()
        while True:
            _deliver(errand, journal)
            errand.news = anyio.Event()
            await errand.news.wait()

    async def _leave_message(self, line: Line, errand: Errand, journal: Journal) -> None:
        if all(task.messaged for task in errand.tasks):
            return
        minds = self._house.parts.minds
        told_first = f"{minds.lines.an_ai} " if self._house.admission.policy.must_say_ai(line.caller) else ""
        text = told_first + message(errand.tasks, minds.lines)
        await announce(line, journal, self._house.parts.catalogue, minds.roster.front_desk, text)


async def _when_moot(tasks: Sequence[Task], ringing: anyio.CancelScope) -> None:
    while calling := [task for task in tasks if task.calls]:
        await calling[0].until(lambda task: not task.calls)
    ringing.cancel()


def _verdict(error: LineError) -> Verdict:
    match error:
        case LineBusy():
            return Verdict.BUSY
        case LineRejected():
            return Verdict.REJECTED
        case NotAnswered() if not isinstance(error, LineDown):
            return Verdict.NO_ANSWER
        case _:
            return Verdict.FAILED


def _deliver(errand: Errand, journal: Journal) -> None:
    for task in errand.heard:
        if not task.delivered:
            task.delivered = True
            journal.write(events.CallbackDelivered(task=task.id))


def _take_as_no(errand: Errand, journal: Journal) -> None:
    """Nobody was there to be asked."""
    for task in errand.tasks:
        if task.waits_alone:
            task.nobody_answers()
            journal.write(events.Answered(task=task.id, yes=False, by="policy"))


def _was_delivered(calls: Path, task: Task) -> bool:
    """By the journals of the calls since it began."""
    since = f"{task.began:%Y%m%d-%H%M%S}"
    folders = [path.parent for path in calls.glob(f"*/{JOURNAL}") if path.parent.name >= since]
    facts = (entry.event for folder in folders for entry in _readable(folder / JOURNAL))
    return any(isinstance(fact, events.CallbackDelivered) and fact.task == task.id for fact in facts)


def _readable(journal: Path) -> Iterator[Entry]:
    with suppress(OSError, ValueError):  # one that was edited is no reason not to call
        yield from read(journal)
