"""What several servers know of each other: the tasks that others have, and whom they have on the phone.

A task of another server is a Task here as well, which listens to this server's callers: what they say is left as a letter for
the server that has it. How it ended is known here only while its owner's turn is ours, so that nobody is told it twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup
from dbos import DBOS, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from agents.work import Add, Done, Failed, Says, Spent, Stop
from orchestrator.delivery import Verdict
from orchestrator.life import CALL, HEARD, RUN, SO_FAR, WAIT
from orchestrator.presence import Turn
from orchestrator.records import VERSION, Record, SoFar, outcome_of
from orchestrator.servers import Servers, Told
from orchestrator.task import Task, begin_apart
from orchestrator.tasks import Tasks

log = structlog.get_logger()

AGAIN_S: Final = 2.0  # until we look again whether a person whom another server has on the phone has hung up


@dataclass(eq=False)
class _Image:
    """A task of another server."""

    task: Task
    seen: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    """Cancelled when it is not another server's any more."""
    passed_on: anyio.Event = field(default_factory=anyio.Event)
    """Set when the server that has it will learn that its owner has heard its end."""


class Elsewhere:
    """The tasks of other servers."""

    def __init__(self, tasks: Tasks, servers: Servers, group: TaskGroup) -> None:
        self._tasks, self._servers, self._group = tasks, servers, group
        self._images: dict[str, _Image] = {}
        self._looks = count(1)
        self._shown = 0
        """The latest look that was taken in."""
        self._looking = anyio.Lock()

    async def look(self, unfinished: Callable[[], Awaitable[Sequence[WorkflowStatus]]], number: str = "") -> None:
        """Take in how they are, by what is kept of them; that person's turn has just become ours."""
        look = next(self._looks)
        found = [one for one in await unfinished() if one.app_version == VERSION]
        async with self._looking:
            if look > self._shown:  # one that DBOS kept waiting is old by now
                self._shown = look
                await self._show(found, number)

    async def _show(self, unfinished: Sequence[WorkflowStatus], number: str) -> None:
        others = {one.workflow_id: one for one in unfinished if not self._tasks.find(one.workflow_id)}
        for id in [id for id in self._images if id not in others]:
            await self._gone(self._images.pop(id))
        for id, workflow in others.items():
            # Of those that are ours, some have ended a moment ago, and some will be known in a moment.
            if id not in self._images and workflow.executor_id != self._servers.id and workflow.input is not None:
                self._show_one(self._tasks.seen(id, workflow.input["args"][0]))
            if id in self._images:
                await self._look(self._images[id], number)

    def goes_on(self, task: Task) -> None:
        """It was ours, and another server has it from now on."""
        self._tasks.elsewhere[task.id] = task
        task.nobody_answers()  # the run that asked is no more
        task.moved = False
        self._show_one(task)

    def _show_one(self, task: Task) -> None:
        image = self._images[task.id] = _Image(task)
        self._group.start_soon(self._stand_in, image)

    async def settle(self, owner: str) -> None:
        """Until all servers can learn which ends they have heard."""
        for image in list(self._images.values()):
            if image.task.wish.owner == owner and image.task.delivered:
                await image.passed_on.wait()
        for task in filter(None, map(self._tasks.find, self._tasks.ids())):
            if task.wish.owner == owner and task.delivered:
                await self._write(task, "heard")
        for id, image in list(self._images.items()):
            if image.task.wish.owner == owner and not (image.task.running or image.task.delivered or image.task.attended):
                image.seen.cancel()  # another server may tell them; it is seen anew, and its end when their turn is ours again
                del self._images[id]
                self._tasks.elsewhere.pop(id, None)

    async def leave(self) -> None:
        """Whatever was heard here is kept, even if it was a moment ago."""
        for image in self._images.values():
            if image.task.delivered and not image.passed_on.is_set():
                await self._write(image.task, "heard")

    async def _look(self, image: _Image, number: str) -> None:
        task, owner = image.task, image.task.wish.owner
        notes = await DBOS.get_all_events_async(task.id)
        so_far, ended = SoFar.of(notes.get(SO_FAR)), None
        if owner == number or self._tasks.presence.ours(owner):
            ended = await self._end_to_tell(image, notes)
        if not task.running or task.id not in self._tasks.elsewhere:
            return
        if so_far.said and not task.has_said(so_far.said):
            task.happened(Says(so_far.said))
        if so_far.spent > task.usd:
            task.happened(Spent(so_far.spent))
        if ended is not None:
            task.happened(ended)

    async def _end_to_tell(self, image: _Image, notes: Mapping[str, Record]) -> Done | Failed | None:
        """Unless its owner has heard it, by all appearances, and only its life is not quite over."""
        task = image.task
        letters = await anyio.to_thread.run_sync(self._servers.told, [task.id])
        steps = await _steps(task)
        calls = [output["verdict"] for name, output in steps if name == CALL]
        heard = (
            any(letter.what == "heard" for letter in letters)
            or any(output["heard"] for name, output in steps if name == WAIT)
            or Verdict.DELIVERED in calls
        )
        if heard and task.id in self._tasks.elsewhere:
            image.passed_on.set()
            task.delivered = True
        return None if heard or notes.get(HEARD, {}).get("number") == len(calls) else _ended(steps)

    async def _gone(self, image: _Image) -> None:
        """It is ours now, or it is over: its owner has heard it from another server, or somebody has cancelled it."""
        image.seen.cancel()
        image.passed_on.set()
        if self._tasks.elsewhere.pop(image.task.id, None) is None:
            return
        if image.task.running and (ended := _ended(await _steps(image.task))) is not None:
            image.task.happened(ended)
        image.task.delivered = True

    async def _stand_in(self, image: _Image) -> None:
        """Take in what a caller here tells it, and pass that on."""
        with image.seen:
            async with anyio.create_task_group() as group:
                group.start_soon(self._heard, image)
                with image.task.listening() as words:
                    async for word in words:
                        match word:
                            case Add(words=said):
                                await self._write(image.task, "add", said)
                            case Stop():
                                await self._write(image.task, "stop")
                            case _:
                                continue  # what it asks is asked by the server that has it
                        image.task.keep(image.task.orders)

    async def _heard(self, image: _Image) -> None:
        await image.task.heard.wait()
        if not image.passed_on.is_set():
            await self._write(image.task, "heard")
            image.passed_on.set()

    async def _write(self, task: Task, what: Told, words: str = "") -> None:
        await insist(lambda: self._servers.tell(task.id, what, words))
        log.info("task_told_elsewhere", task=task.id, what=what)


class Turns:
    """Of those who are on the phone with this server, or about to be."""

    def __init__(
        self,
        servers: Servers,
        group: TaskGroup,
        patience_s: Callable[[], float],
        begin: Callable[[str], Awaitable[None]],
        end: Callable[[str], Awaitable[None]],
    ) -> None:
        """Who was not seen for `patience_s` has nobody on the phone any more. `begin` is called when a turn was taken, before it
        counts; `end` before it is given back."""
        self._servers, self._group, self._patience_s, self._begin, self._end = servers, group, patience_s, begin, end
        self._one: dict[str, anyio.Lock] = {}

    def of(self, number: str) -> Turn:
        turn = Turn(partial(self._hold, number))
        begin_apart(self._group, self._keep, number, turn)
        return turn

    async def _keep(self, number: str, turn: Turn) -> None:
        async with self._one.setdefault(number, anyio.Lock()):
            while not turn.over.is_set():
                await self._hold(number, turn)
                with anyio.move_on_after(AGAIN_S):
                    await turn.over.wait()
            await self._end(number)
            await insist(lambda: self._servers.give_turn(number))

    async def _hold(self, number: str, turn: Turn) -> None:
        """Again and again: a database that was away may have forgotten it."""
        taken = False
        try:
            taken = await anyio.to_thread.run_sync(self._servers.take_turn, number, self._patience_s())
            if taken and not turn.held.is_set():
                with anyio.move_on_after(AGAIN_S):  # DBOS may keep us waiting for longer than they talk
                    await self._begin(number)
        except SQLAlchemyError as failure:
            log.warning("tasks_database_failed", error=type(failure).__name__)
            taken = False
        if taken:
            turn.held.set()
        elif turn.held.is_set():
            turn.held = anyio.Event()


async def insist(act: Callable[[], object]) -> None:
    """Until the database has taken it."""
    while True:
        try:
            await anyio.to_thread.run_sync(act)
        except SQLAlchemyError as failure:
            log.warning("tasks_database_failed", error=type(failure).__name__)
            await anyio.sleep(AGAIN_S)
        else:
            return


async def _steps(task: Task) -> list[tuple[str, Record]]:
    """Those that are done."""
    steps = await DBOS.list_workflow_steps_async(task.id)
    return [(step["function_name"], step["output"]) for step in steps if step["output"]]


def _ended(steps: Sequence[tuple[str, Record]]) -> Done | Failed | None:
    return next((outcome_of(output["outcome"]) for name, output in steps if name == RUN), None)
