"""Long work in a replay: it goes as it went in the call, and nothing is done."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from anyio.abc import ObjectReceiveStream, TaskGroup

from agents.roster import Roster
from agents.scripted_work import ScriptedRunner, Step, Work, WorkScript
from agents.work import Began, Order, Spent, TaskEvent, Word
from orchestrator.as_worked import Worked, worked
from orchestrator.events import CallbackDialing, Entry, TaskAttended, TaskStarted
from orchestrator.holding import LongWork
from orchestrator.life import InMemory
from orchestrator.minds import Minds
from orchestrator.records import record_of
from orchestrator.task import Task, Wish
from orchestrator.tasks import Tasks
from orchestrator.testing.cast import Noted

NEVER: Final = Work(steps=(Step(hangs=True),))  # begun in the replay only: it comes to nothing


class _AsItWent:
    """A TaskRunner."""

    def __init__(self, known: Sequence[Worked]) -> None:
        self._before = {one.began.task: one for one in known if isinstance(one.began, TaskAttended)}
        self._new = deque(one for one in known if isinstance(one.began, TaskStarted))

    def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent, None]:
        """See TaskRunner. What is begun in the replay is done as what was begun in the call, in that order;
        whatever is added to it counts."""
        one = self._before.get(order.task) or (self._new.popleft() if self._new else None)
        work = one.work() if one else NEVER
        steps = tuple(step.model_copy(update={"waits_for": "."}) if step.waits_for else step for step in work.steps)
        return ScriptedRunner(WorkScript(works=(Work(steps=steps),))).run(order, words)

    async def reap(self, began: Began) -> bool:
        """See TaskRunner: nothing can be left."""
        return False


@dataclass(frozen=True)
class ReplayedErrand:
    """What the call was made for: an Errand, and whoever took it heard what was told."""

    tasks: list[Task] = field(default_factory=list[Task])

    def hears(self, text: str, spoke_s: float) -> None:
        pass

    def told(self, task: Task) -> None:
        task.delivered = True

    def answered(self, task: Task) -> None:
        """Nobody is called again."""


async def replayed_work(
    minds: Minds, entries: Sequence[Entry], owner: str, group: TaskGroup
) -> tuple[LongWork | None, ReplayedErrand | None]:
    """What the call has to do with long work, and what it is made for, if it was we who called.

    What had been begun before it is as far as it was then, and goes on.
    """
    work, known = minds.work, worked(entries)
    if work is None:
        return None, None
    tasks = Tasks(_AsItWent(known), Path(), work.now, group, make=_nothing, write=_nothing)
    tasks.bearer = Noted()
    before = {
        one.began.task: _begun(tasks, one, one.began, work, owner, minds.roster)
        for one in known
        if isinstance(one.began, TaskAttended)
    }
    for task in before.values():
        if task.running:
            group.start_soon(tasks.live, task, InMemory())
    dialling = [entry.event.task for entry in entries if isinstance(entry.event, CallbackDialing)]
    errand = ReplayedErrand([before[task] for task in dialling if task in before])
    for task in errand.tasks:
        await task.until(lambda task: task.question is not None or not task.running)
    return replace(work, tasks=tasks), errand if dialling else None


def _begun(tasks: Tasks, one: Worked, before: TaskAttended, work: LongWork, owner: str, roster: Roster) -> Task:
    agent = next((agent for agent in roster if agent.id == before.agent), roster.front_desk)
    wish = Wish(owner, before.what, before.title, before.minutes, before.mood)
    began = work.now() - timedelta(seconds=before.since_s)
    task = tasks.known(before.task, record_of(Task(before.task, wish, agent, began)))
    if before.over and one.done and one.outcome:
        task.happened(Spent(one.done.usd))
        task.happened(one.outcome)
    return task


async def _nothing(*_: object) -> None:
    """No folder is needed."""
