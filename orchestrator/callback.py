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
from orchestrator.machine import Finding
from orchestrator.meter import charge
from orchestrator.pickup import PickedUp
from orchestrator.pin import Trust
from orchestrator.results import message
from orchestrator.task import Task
from telephony.line import Dialler, Line, LineBusy, LineDown, LineError, LineRejected, NotAnswered, Refusal

log = structlog.get_logger()

MOST_TOLD: Final = 16  # tasks of one owner that are over or ask: nobody has so many
MOST_ASKED: Final = 3  # times that we say who calls: a screener may ask for more
FETCHED_S: Final = 45.0  # that somebody is waited for whom a screener or a switchboard fetches
ANSWERS_S: Final = 12.0  # that an answer is waited for from where nobody has spoken
PICKS_UP_S: Final = 2.0  # after the message to a machine: who listens along may lift the receiver
_NOBODY: Final = {Verdict.MACHINE: "machine"}


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

    def hears(self, text: str, spoke_s: float) -> None:
        if self.up is not None:
            self.up.heard(text, spoke_s)

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
        if self._house.refused(owner, journal) or await self._rests(owner, journal):
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

    async def _rests(self, owner: str, journal: Journal) -> bool:
        """Somebody there gave too many wrong PINs when we called: nothing could be told them now."""
        trust = Trust.of(self._house.admission, owner, called=True)
        await trust.arrive()
        if trust.risk == "rests":
            journal.write(
                events.CallRefused(why=Refusal.FORBIDDEN, reason="too many wrong PINs when we called; no PIN is taken yet")
            )
        return trust.risk == "rests"

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
        minds, why = self._house.parts.minds, ""
        async with aclosing(line.hear()) as sounds, anyio.create_task_group() as tasks:
            up = errand.up = PickedUp(line, sounds, self._house.parts.vad(), minds.recognizer, minds.phrases, tasks)
            why = await self._met(up, errand, journal)
            tasks.cancel_scope.cancel()
        return why

    async def _met(self, up: PickedUp, errand: Errand, journal: Journal) -> str:
        """Whoever or whatever took it, in stages: each finding may be followed by another for as long as the line is open."""
        minds = self._house.parts.minds
        lines, desk = minds.lines.callback, minds.roster.front_desk.name
        asked, found = 0, await up.next()
        while found is not None:
            match found:
                case Finding.PERSON:
                    why = await self._talk(up, errand, journal)
                    if up.person or up.gone:
                        return why
                    found = up.found
                case Finding.SCREENER | Finding.SILENT | Finding.UNSURE if asked == MOST_ASKED:
                    return "nobody"
                case Finding.SCREENER:
                    asked += 1
                    found = await self._says(up, journal, lines.screened.format(name=desk), FETCHED_S)
                case Finding.SILENT | Finding.UNSURE:
                    asked += 1
                    found = await self._says(up, journal, lines.unsure.format(name=desk), ANSWERS_S)
                case Finding.HOLDS:
                    found = await up.next(FETCHED_S)
                case Finding.MACHINE:
                    found = await up.next()
                case Finding.RECORDING:
                    errand.verdict = Verdict.MACHINE
                    if all(task.messaged for task in errand.tasks):
                        return "machine"
                    found = await self._says(up, journal, message(errand.tasks, minds.lines), PICKS_UP_S)
                case Finding.MENU | Finding.FAX:
                    return "no_person"
        return "caller_hung_up" if up.gone and errand.verdict is Verdict.UNHEARD else _NOBODY.get(errand.verdict, "nobody")

    async def _says(self, up: PickedUp, journal: Journal, text: str, within_s: float) -> Finding | None:
        """Nothing that is private; what is found meanwhile, or within that time after it, ends it."""
        house, said, found = self._house, anyio.Event(), list[Finding | None]()
        text = f"{house.parts.minds.lines.an_ai} {text}" if house.admission.policy.must_say_ai(up.caller) else text

        async def say() -> None:
            await announce(up, journal, house.parts.catalogue, house.parts.minds.roster.front_desk, text)
            said.set()

        up.says(text)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say)
            found.append(await up.next(within_s, after=said))
            tasks.cancel_scope.cancel()
        up.says("")
        if found[0] is not None:
            await up.clear()
        return found[0]

    async def _talk(self, up: PickedUp, errand: Errand, journal: Journal) -> str:
        """With a person, by all appearances: what a line told that proves to be none, nobody has heard."""
        why = ""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._deliver_when_certain, up, errand, journal)
            why = await self._house.talk(up, journal, errand)
            tasks.cancel_scope.cancel()
        if up.person:
            _deliver(errand, journal)
        else:
            errand.heard.clear()
        return why

    async def _deliver_when_certain(self, up: PickedUp, errand: Errand, journal: Journal) -> None:
        """As soon as it may be said: a crash later in the call must not make them hear it twice."""
        await up.certain()
        while True:
            _deliver(errand, journal)
            errand.news = anyio.Event()
            await errand.news.wait()


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
