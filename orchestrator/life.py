"""A task's life: the run, then telling its owner how it ended. Its steps are kept: after a crash it goes on where it was.

The owner is called for both: a run that asks while no call listens to it waits for the answer to one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, Final, Protocol

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from agents import bounds
from agents.definition import Agent
from agents.errors import Crashed, OverBudget, Stopped, WorkError
from agents.work import Done, Failed, Order, Says, Spent, TaskEvent, TaskRunner, texts
from orchestrator.delivery import Bearer, CallbackSettings, Verdict, may_ask, next_call
from orchestrator.failures import leaves, place
from orchestrator.presence import Presence
from orchestrator.records import Record, SoFar, outcome_of, outcome_record
from orchestrator.results import prepared
from orchestrator.task import Task, begin_apart

log = structlog.get_logger()

MOST_RESUMES: Final = 2  # a run that has brought down three servers is not begun a fourth time
AGAIN_S: Final = 2.0  # until what could not be kept is tried again
LEAVE_S: Final = 5.0  # to keep what others must know of a server that leaves in good order
RUN: Final = "run"
WAIT: Final = "wait"
CALL: Final = "call"
SO_FAR: Final = "so_far"
DIALLING: Final = "dialling"
HEARD: Final = "heard"
MISSED: Final = "missed"
TURN_S: Final = 60.0  # that a question waits for another call to its owner to end; then it is a no
PAUSE_S: Final = 3_600.0  # that work waits for its owner's word to go on; then it ends, and they are told
LEFT_USD: Final = Decimal("0.01")  # a run that goes on may cost something, or it could not even say what it has done


class Steps(Protocol):
    """How one task's life is kept."""

    async def once(self, name: str, act: Callable[[], Coroutine[Any, Any, Record]]) -> Record:
        """What `act` returns; after a crash what it had returned. If it had not, it is done again, from its beginning."""
        ...

    async def note(self, key: str, value: Record) -> bool:
        """Keep that at once, in the place of what was noted before; False where it cannot be kept now. Only within an act."""
        ...

    async def noted(self, key: str) -> Record | None:
        """What was noted, perhaps before a crash. Only within an act."""
        ...


class InMemory:
    """Steps that die with the process."""

    def __init__(self, *, suffices: bool = True) -> None:
        """`suffices`: nobody expects them to be kept any better."""
        self._notes: dict[str, Record] = {}
        self._suffices = suffices

    async def once(self, name: str, act: Callable[[], Coroutine[Any, Any, Record]]) -> Record:
        return await act()

    async def note(self, key: str, value: Record) -> bool:
        self._notes[key] = value
        return self._suffices

    async def noted(self, key: str) -> Record | None:
        return self._notes.get(key)


@dataclass
class Life:
    """What all tasks' lives need."""

    runner: TaskRunner
    group: TaskGroup
    """The house's: calls are made in it, so that whoever breaks a life off breaks off its waiting, and no call."""
    folder: Callable[[Task], Awaitable[Path]]
    """Where its work is done; made if need be. May raise OSError."""
    now: Callable[[], datetime]
    callback: CallbackSettings
    zone: tzinfo | None = None
    """The owner's, for the hours at which the phone may ring; None: this machine's."""
    bearer: Bearer | None = None
    """None: nobody is called; what is done waits until its owner calls."""
    presence: Presence = field(default_factory=Presence)
    may_spend: Callable[[Task], bool] = lambda _: True
    """See orchestrator.tasks.Tasks."""

    async def live(self, task: Task, steps: Steps) -> None:
        """From wherever it is to its end: its owner has heard how it ended."""
        task.moved = False
        try:
            ran = await steps.once(RUN, partial(self._run, task, steps))
            if task.running:  # else its end was seen here while another server had it
                task.happened(await _prepared(outcome_of(ran["outcome"]), task.hide))
            log.info("task_ended", task=task.id, outcome=type(task.outcome).__name__, usd=str(task.usd))
            await self._deliver(task, steps, datetime.fromisoformat(ran["at"]))
            task.delivered = True
        finally:
            task.moved = not task.delivered

    async def _run(self, task: Task, steps: Steps) -> Record:
        ran: Record = {}
        async with anyio.create_task_group() as group:
            group.start_soon(self._ask, task, steps)
            ran["outcome"] = outcome_record(await self._outcome(task, steps))
            group.cancel_scope.cancel()
        return ran | {"at": self.now().isoformat()}

    async def _outcome(self, task: Task, steps: Steps) -> Done | Failed:
        try:
            outcome = await self._work(task, steps)
        except* OSError as group:
            outcome = Failed(WorkError(f"Its folder cannot be used: {next(leaves(group))}"), "")
        except* Exception as group:  # noqa: BLE001  a task's edge: whatever it is ends this task, and no other
            outcome = Failed(WorkError(place(next(leaves(group)))), "")
        return outcome

    async def _work(self, task: Task, steps: Steps) -> Done | Failed:
        before = SoFar.of(await steps.noted(SO_FAR))
        task.remember(before.orders)
        if before.began is not None:
            left = await self.runner.reap(before.began)
            log.info("task_resumed", task=task.id, starts=before.starts, was_running=left)
            task.happened(Spent(before.spent))
        if before.said and not task.has_said(before.said):
            task.happened(Says(before.said))
        if before.starts > MOST_RESUMES:
            return Failed(Crashed(f"Its server broke off {before.starts} times."), before.said)
        if not self.may_spend(task):
            return Failed(OverBudget(), before.said)
        agent = _with_what_is_left(task.agent, before.spent)
        order = Order(task.id, task.wish.what, agent, await self.folder(task), before.session)
        if task.stopped:
            return Failed(Stopped(), before.said)
        async with _keeping(steps, replace(before, starts=before.starts + 1), task) as kept:
            again = before.orders.added
            while not task.paused or await _may_go_on(task):
                ended = await self._follow(task, order, kept, again)
                if isinstance(ended, Done) or not task.paused:
                    return ended
                agent, again = _with_what_is_left(task.agent, kept.so_far.spent), ()
                order = replace(order, agent=agent, session=kept.so_far.session)
            return Failed(Stopped(), kept.so_far.said)

    async def _follow(self, task: Task, order: Order, kept: _Kept, again: Sequence[str]) -> Done | Failed:
        before = kept.so_far.spent
        with task.listening(again) as words:
            async with aclosing(self.runner.run(order, words)) as events:
                async for raw in events:
                    event = await _prepared(raw, task.hide)
                    if isinstance(event, Failed):
                        return replace(event, achieved=event.achieved or kept.so_far.said)
                    if isinstance(event, Done):
                        return event
                    happened = replace(event, usd=before + event.usd) if isinstance(event, Spent) else event
                    task.happened(happened)
                    kept.further(happened)
        return Failed(Crashed("Its end was never told."), kept.so_far.said)

    async def _ask(self, task: Task, steps: Steps) -> None:
        """While it runs: who is not on the line is called to be asked. Where that may not be, or was in vain, the answer is no.

        After a call that was in vain there is none for what it asks later: it would ring again and again.
        """
        while True:
            await task.until(lambda task: task.waits_alone)
            question = task.question
            try:
                if self.bearer and may_ask(self.callback, self.now(), self.zone):
                    await self._ask_by_phone(self.bearer, task, steps)
            except Exception as error:  # noqa: BLE001  a task's edge: a defect in asking must not lose the work
                log.warning("task_not_asked", task=task.id, where=place(error))
            if task.waits_alone and task.question is question:
                task.nobody_answers()

    async def _ask_by_phone(self, bearer: Bearer, task: Task, steps: Steps) -> None:
        if await steps.noted(MISSED):
            return
        verdict = await self._asked(bearer, task)
        if verdict is not None:
            log.info("task_asked_by_phone", task=task.id, verdict=verdict.value)
        if verdict not in (None, Verdict.DELIVERED):
            await steps.note(MISSED, {"at": self.now().isoformat()})

    async def _asked(self, bearer: Bearer, task: Task) -> Verdict | None:
        """None: nobody was rung. They were on the phone for too long, or have been asked there, or in another call of ours."""
        with anyio.move_on_after(TURN_S) as patience:
            async with self.presence.calling(task.wish.owner):
                patience.deadline = inf
                return await self._in_the_house(bearer, task) if task.waits_alone else None
        return None

    async def _deliver(self, task: Task, steps: Steps, at: datetime) -> None:
        tried: list[Verdict] = []
        while Verdict.DELIVERED not in tried:
            waited = await steps.once(WAIT, partial(self._wait, task, tuple(tried), at))
            if waited["heard"]:
                return
            called = await steps.once(CALL, partial(self._call, task, steps, len(tried)))
            tried.append(Verdict(called["verdict"]))
            at = datetime.fromisoformat(called["at"])
            task.messaged = Verdict.MACHINE in tried
            log.info("task_called_back", task=task.id, verdict=tried[-1].value, calls=len(tried))

    async def _wait(self, task: Task, tried: tuple[Verdict, ...], at: datetime) -> Record:
        due = next_call(self.callback, tried, at, self.zone) if self.bearer else None
        await _first(task.heard.wait, task.wanted.wait, partial(self._due, task, due))
        task.wanted = anyio.Event()
        return {"heard": task.delivered}

    async def _due(self, task: Task, due: datetime | None) -> None:
        if due is None:
            await anyio.sleep_forever()
            return
        while True:
            await anyio.sleep(max(0.0, (due - self.now()).total_seconds()))
            await task.until(lambda task: not task.attended)
            # A long call, a machine that slept, or a clock that was set: it may be night by now.
            opens = next_call(self.callback, (), self.now(), self.zone)
            if opens is None or opens <= self.now():
                return
            due = opens

    async def _call(self, task: Task, steps: Steps, number: int) -> Record:
        bearer = self.bearer
        if bearer is None:
            verdict = Verdict.FAILED
        elif (dialled := await steps.noted(DIALLING)) and dialled["number"] == number:
            heard = await steps.noted(HEARD)
            told = (heard is not None and heard.get("number") == number) or await bearer.brought(task)
            verdict = Verdict.DELIVERED if told else Verdict.UNHEARD
        else:
            verdict = await self._bring(bearer, task, steps, number)
        return {"verdict": verdict.value, "at": self.now().isoformat()}

    async def _bring(self, bearer: Bearer, task: Task, steps: Steps, number: int) -> Verdict:
        verdict, task.rung = Verdict.FAILED, ""
        try:
            async with self.presence.calling(task.wish.owner) as until_free:
                if task.rung:  # while we waited for our turn
                    return Verdict(task.rung)
                if not task.delivered:
                    task.told = anyio.Event()
                    await steps.note(DIALLING, {"number": number})
                    await until_free()  # where the database was away, that has taken a while
                if not task.delivered:
                    verdict = await self._brought(bearer, task, steps, number)
        except Exception as error:  # noqa: BLE001  a task's edge: a defect in calling must not lose the result
            log.warning("task_not_brought", task=task.id, where=place(error))
        return Verdict.DELIVERED if task.delivered else verdict

    async def _brought(self, bearer: Bearer, task: Task, steps: Steps, number: int) -> Verdict:
        verdict = Verdict.FAILED
        async with anyio.create_task_group() as group:
            group.start_soon(self._keep_that_it_was_heard, task, steps, number)
            verdict = await self._in_the_house(bearer, task)
            group.cancel_scope.cancel()
        return verdict

    async def _in_the_house(self, bearer: Bearer, task: Task) -> Verdict:
        """The call goes on when the life that made it is broken off, and until it is over nobody else calls them."""
        verdicts, called = list[Verdict](), anyio.Event()

        async def call() -> None:
            try:
                with self.presence.on_the_line(task.wish.owner):
                    verdicts.append(await bearer.bring(task))
            except Exception as error:  # noqa: BLE001  a task's edge: a defect in calling must not lose the result
                log.warning("task_not_brought", task=task.id, where=place(error))
            finally:
                called.set()

        begin_apart(self.group, call)
        await called.wait()
        return next(iter(verdicts), Verdict.FAILED)

    async def _keep_that_it_was_heard(self, task: Task, steps: Steps, number: int) -> None:
        """Of one who sounds like a person at once: that it was a machine after all is found while we live, or not any more."""
        await task.told.wait()
        await steps.note(HEARD, {"number": number})


class _Kept:
    """How far a run is, kept beside it: a database that is away for a minute holds up nothing."""

    def __init__(self, steps: Steps, so_far: SoFar) -> None:
        self.so_far, self._steps = so_far, steps
        self._news = anyio.Event()
        self._over = False
        self._noting = anyio.Lock()  # an older note must not come after a newer one

    def further(self, event: TaskEvent) -> None:
        if (so_far := self.so_far.after(event)) != self.so_far:
            self.so_far = so_far
            self._news.set()

    def end(self) -> None:
        self._over = True
        self._news.set()

    async def run(self) -> None:
        """To its end: all is kept then that can be."""
        while not self._over or self._news.is_set():
            await self._news.wait()
            self._news = anyio.Event()
            if not await self.note() and not self._over:
                with anyio.move_on_after(AGAIN_S):
                    await self._news.wait()
                self._news.set()

    async def obey(self, task: Task) -> None:
        """Until cancelled: what its owner orders is kept at once, and only then confirmed."""
        while True:
            orders = task.orders
            self.so_far = self.so_far.ordered(orders)
            if await self.note():
                task.keep(orders)
                await task.until(lambda task: task.orders != task.kept)
            else:
                await anyio.sleep(AGAIN_S)

    async def note(self) -> bool:
        async with self._noting:
            return await self._steps.note(SO_FAR, self.so_far.as_record())


async def _prepared(event: TaskEvent, hide: Callable[[str], str]) -> TaskEvent:
    """As it may be told; in a thread where that takes long."""
    is_long = sum(len(text) for text in texts(event)) > bounds.AT_ONCE_CHARS
    return await anyio.to_thread.run_sync(prepared, event, hide) if is_long else prepared(event, hide)


@asynccontextmanager
async def _keeping(steps: Steps, so_far: SoFar, task: Task) -> AsyncGenerator[_Kept]:
    """Left in good order, it was no crash, and does not count as one."""
    kept = _Kept(steps, so_far.ordered(task.orders))
    await kept.note()
    try:
        async with anyio.create_task_group() as obeying, anyio.create_task_group() as group:
            obeying.start_soon(kept.obey, task)
            group.start_soon(kept.run)
            yield kept
            kept.end()
            obeying.cancel_scope.cancel()
    except anyio.get_cancelled_exc_class():
        with anyio.move_on_after(LEAVE_S, shield=True):
            kept.so_far = replace(kept.so_far, starts=kept.so_far.starts - 1)
            await kept.note()
        raise


async def _may_go_on(task: Task) -> bool:
    """When its owner has said so; not if they stop it, or say nothing for too long."""
    with anyio.move_on_after(PAUSE_S):
        await task.until(lambda task: not task.orders.paused)
    return not (task.orders.paused or task.stopped)


def _with_what_is_left(agent: Agent, spent: Decimal) -> Agent:
    """A run that goes on has only the money that the one before it left."""
    if agent.task is None or not spent:
        return agent
    left = max(agent.task.max_usd - spent, LEFT_USD)
    return agent.model_copy(update={"task": agent.task.model_copy(update={"max_usd": left})})


async def _first(*waits: Callable[[], Awaitable[object]]) -> None:
    """Until one of them is over."""
    async with anyio.create_task_group() as group:

        async def one(wait: Callable[[], Awaitable[object]]) -> None:
            await wait()
            group.cancel_scope.cancel()

        for wait in waits:
            group.start_soon(one, wait)
