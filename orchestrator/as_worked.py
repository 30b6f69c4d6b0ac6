"""What long work did in a call: the run's events as facts of the journal, and these again as a script for scripted work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agents.errors import CODES, Stopped
from agents.scripted_work import Doing, Ending, Question, Step, Work
from agents.work import Asks, Done, Failed, Says, TaskEvent, Working
from orchestrator import events
from orchestrator.events import CallEvent, Entry
from orchestrator.records import outcome_of
from orchestrator.results import abridged
from orchestrator.task import Task


def began_before(task: Task, now: datetime) -> events.TaskAttended:
    """A call that begins now listens to it."""
    wish, since_s = task.wish, (now - task.began).total_seconds()
    return events.TaskAttended(
        task=task.id,
        agent=task.agent.id,
        title=wish.title,
        what=wish.what,
        minutes=wish.minutes,
        mood=wish.mood,
        since_s=round(since_s, 3),
        over=task.outcome is not None,
    )


def fact_of(task: Task, event: TaskEvent) -> CallEvent | None:
    """None for what is nobody's news."""
    match event:
        case Working(what=what, detail=detail, step=step, of=of, went=went):
            return events.TaskProgress(task=task.id, what=what, said=detail, step=step, of=of, went=went)
        case Says(text=text, passing=passing):
            return events.TaskProgress(task=task.id, said=text, passing=passing)
        case Asks(question=question, tool=tool, exact=exact, risky=risky, whole=whole):
            return events.TaskAsked(task=task.id, question=question, tool=tool, exact=exact, risky=risky, whole=whole)
        case Done(result=result, spoken=spoken):
            return events.TaskDone(task=task.id, ok=True, result=abridged(result), spoken=spoken, usd=task.usd)
        case Failed(error=error, achieved=achieved):
            return events.TaskDone(task=task.id, ok=False, why=error.code, result=abridged(achieved), usd=task.usd)
        case _:
            return None


@dataclass
class Worked:
    """One piece of long work, as far as a call knows of it."""

    began: events.TaskStarted | events.TaskAttended
    since_s: float
    """When the last thing happened to it, on the call's axis."""
    steps: list[Step] = field(default_factory=list[Step])
    """What it did; it hangs where the call knows no end."""
    done: events.TaskDone | None = None

    @property
    def outcome(self) -> Done | Failed | None:
        """None where the call knows no end."""
        done = self.done
        if done is None:
            return None
        if done.ok:
            return Done(done.result, done.spoken)
        return outcome_of({"failed": done.why, "detail": "", "achieved": done.result})

    def work(self, when: str = "") -> Work:
        """As a script; `when` is a pattern for the prompt."""
        end = () if self.done is not None and self.done.why != Stopped.code else (Step(hangs=True),)
        return Work(when=when, steps=(*self.steps, *end))

    def take(self, entry: Entry) -> None:
        step = _step(entry.event)
        if step is not None:
            self._add(entry, step)
        elif isinstance(entry.event, events.Answered):
            self.since_s = entry.at_s  # the run waits for it
        elif isinstance(entry.event, events.TaskDone):
            self._end(entry, entry.event)

    def added(self, entry: Entry, words: str) -> None:
        """What the caller added comes before all that was done after it."""
        self.steps.append(Step(waits_for=literal(words)))
        self.since_s = entry.at_s

    def _end(self, entry: Entry, done: events.TaskDone) -> None:
        self.done = done
        if done.ok and done.usd:
            self._add(entry, Step(spent=done.usd))
        if done.ok:
            self._add(entry, Step(done=Ending(result=done.result, spoken=done.spoken)))
        elif done.why != Stopped.code:
            self._add(entry, Step(failed=done.why if done.why in CODES else "work_crashed"))

    def _add(self, entry: Entry, step: Step) -> None:
        after_s = max(0.0, round(entry.at_s - self.since_s, 3))
        self.steps.append(step.model_copy(update={"after_s": after_s}))
        self.since_s = entry.at_s


def _step(fact: CallEvent) -> Step | None:
    match fact:
        case events.TaskProgress(what="", said=said, passing=passing):
            return Step(says=said, passing=passing)
        case events.TaskProgress(what=what, said=said, step=step, of=of, went=went):
            return Step(working=Doing(what=what, detail=said, step=step, of=of, went=went))
        case events.TaskAsked(question=question, tool=tool, exact=exact, risky=risky, whole=whole):
            return Step(asks=Question(question=question, tool=tool, exact=exact, risky=risky, whole=whole))
        case _:
            return None


def worked(entries: Sequence[Entry]) -> list[Worked]:
    """All of a call, in the order in which it began."""
    found: dict[str, Worked] = {}
    adding: list[Entry] = []
    for entry in entries:
        match entry.event:
            case events.TaskStarted(task=task) | events.TaskAttended(task=task) as began:
                found[task] = Worked(began, entry.at_s)
            case events.ToolUsed(name="add_to_task"):
                adding.append(entry)
            case events.ToolReturned(name="add_to_task", failed=False) if adding:
                used = adding.pop().event
                under_way = [one for one in found.values() if one.done is None]
                if under_way and isinstance(used, events.ToolUsed):
                    under_way[-1].added(entry, str(used.input.get("words", "")))
            case event:
                one = found.get(getattr(event, "task", ""))
                if one is not None:
                    one.take(entry)
    return list(found.values())


def literal(text: str) -> str:
    """A regular expression for that text, as a person would write it."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def all_known(entries: Sequence[Entry]) -> bool:
    """The journal holds what its long work did: journals from before it was kept lack the beginning, or what was asked."""
    begun, asked = set[str](), set[str]()
    for entry in entries:
        match entry.event:
            case events.TaskStarted(task=task) | events.TaskAttended(task=task):
                begun.add(task)
            case events.TaskAsked(task=task):
                asked.add(task)
            case events.Asked(task=task) if task not in asked:
                return False
            case events.TaskProgress(task=task) | events.TaskDone(task=task) if task not in begun:
                return False
            case _:
                pass
    return True
