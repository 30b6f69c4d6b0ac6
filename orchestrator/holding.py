"""A call's long work: it attends the caller's tasks, says what is due about them, and keeps the music on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, Self

import anyio
import structlog

from agents.definition import Agent
from agents.errors import ToolError
from agents.work import Add, Answer, Asks, Done, Failed, Says, Stop, TaskEvent, Working
from orchestrator import events
from orchestrator.bed import Bed
from orchestrator.errors import MusicUnavailable
from orchestrator.hold import BREATH_S, Hold, HoldWords, Telling, spoken_minutes
from orchestrator.journal import Journal
from orchestrator.music.mood import Mood
from orchestrator.music.source import MusicSource
from orchestrator.tasks import Task, Tasks, Wish

log = structlog.get_logger()

OFFER_S: Final = 4.0  # nobody answers "stay, or call back?": staying
SHORT_MINUTES: Final = 0.33  # of work that is not worth the question
LONGEST_RESULT: Final = 4_000  # characters of it that Claude reads in a turn


@dataclass(frozen=True, slots=True)
class LongWork:
    """What calls need for it, shared by all."""

    tasks: Tasks
    words: HoldWords
    music: MusicSource | None
    """None: a hold without music."""
    now: Callable[[], datetime]


class Errand(Protocol):
    """What we called the caller for."""

    @property
    def tasks(self) -> Sequence[Task]:
        """Finished ones, to be told in this order; the first opens the call."""
        ...

    def told(self, task: Task) -> None:
        """Whoever took the call has heard how it ended."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """Something that the phone says."""

    agent: Agent | None
    """None: whoever has the floor."""
    text: str = ""
    brief: str = ""
    """What the agent is told instead, to find the words itself; with a text, it is that if they come too late."""
    ends: Task | None = None
    """The task whose end this tells."""
    farewell: str = ""
    """Why the call ends when this has been heard."""


@dataclass(frozen=True, slots=True)
class Late:
    """A question whose answer takes too long: the caller was asked whether to be called back with it."""

    agent: Agent
    turn: int
    question: str
    talk: str
    """What was said before it, line by line."""


@dataclass(eq=False)
class Attended:
    """A task that this call listens to."""

    task: Task
    hold: Hold
    seqs: list[int] = field(default_factory=list[int])
    """Where its events stand in the journal, one for one."""
    ending: bool = False
    """Its end is being told."""

    def seqs_of(self, facts: tuple[TaskEvent, ...]) -> tuple[int, ...]:
        return tuple(seq for event, seq in zip(self.task.events, self.seqs, strict=False) if any(event is fact for fact in facts))


class Holding:
    """Use it as a context manager, for as long as the call lasts: what still runs then, runs on without it."""

    def __init__(self, work: LongWork, owner: str, bed: Bed, journal: Journal, errand: Errand | None = None) -> None:
        self._work, self.words, self._owner, self._errand = work, work.words, owner, errand
        self.bed, self._journal = bed, journal
        self._attended: list[Attended] = []
        self._stack = ExitStack()
        self.offered: Attended | None = None
        """The caller was asked whether to stay or to be called back."""
        self.held: Attended | None = None
        """The caller is on hold for this."""
        self._wanted = anyio.Event()
        self.music = True
        """The caller wants some."""
        self.told_last = False
        """The last thing said was about the work."""
        self.late: Late | None = None
        """What the caller may still be called back with."""

    def __enter__(self) -> Self:
        for task in self._errand.tasks if self._errand else self._work.tasks.of(self._owner):
            attended = self._attend(task)
            attended.seqs += [0] * (len(task.events) - bool(task.outcome))  # its end belongs into this call's journal
            if task.running:
                attended.hold.happened(*task.events[-1:])
                self.offered = attended
        return self

    def _attend(self, task: Task) -> Attended:
        self._stack.enter_context(task.attending())
        style = task.agent.task.narration if task.agent.task else "brief"
        attended = Attended(task, Hold(self.words, task.wish.title, task.agent.name, style))
        self._attended.append(attended)
        return attended

    def opening(self) -> Due | None:
        """What the call begins with, if it was we who called; given out once."""
        return self._end_of(self._attended[0]) if self._errand and self._attended and not self._attended[0].ending else None

    def __exit__(self, *_: object) -> None:
        self.leave("hung_up")
        self._stack.close()

    # --- what agents do -----------------------------------------------------------------------------------------------

    def start(self, agent: Agent, what: str, title: str, minutes: float, mood: str) -> str:
        """Begin; returns what Claude is told. Raises ToolError."""
        task = self._work.tasks.start(Wish(self._owner, what, title, minutes, mood), agent)
        self._journal.write(events.TaskStarted(task=task.id, agent=agent.id, title=title, what=what, minutes=minutes))
        self.offered = self._attend(task)
        self._wanted.set()
        notes = self.words.for_claude
        if minutes < SHORT_MINUTES:
            return notes.started_short
        return (notes.started if self.calls_back else notes.started_here).format(minutes=minutes)

    @property
    def calls_back(self) -> bool:
        """There is a telephone that can ring theirs."""
        return self._work.tasks.bearer is not None

    @property
    def goes_on(self) -> bool:
        """Some of it will not be over with the call."""
        return any(attended.task.running for attended in self._attended)

    def lapse(self, turn: int) -> None:
        """What was late is so no more when the caller has spoken of something else since."""
        if self.late is not None and turn > self.late.turn + 1:
            self.late = None

    def take_over(self) -> None:
        """What is late becomes long work. Raises ToolError."""
        late, self.late = self.late, None
        if late is not None:
            words = self.words.late
            what = words.what.format(question=late.question, talk=late.talk)
            self.start(late.agent, what, words.title, words.minutes, Mood.CALM)

    def add(self, words: str) -> str:
        """Raises ToolError."""
        self.newest().task.tell(Add(words))
        return "The work has been told."

    def stop(self) -> str:
        """Raises ToolError."""
        self.newest().task.tell(Stop())
        return "It is being stopped; what was achieved is told when it has ended."

    def newest(self) -> Attended:
        """What "it" is. Raises ToolError."""
        running = [attended for attended in self._attended if attended.task.running]
        if not running:
            raise ToolError("Nothing is under way.")
        return running[-1]

    def note(self) -> str:
        """What an agent should know of this caller's long work in a turn."""
        return "\n".join(self._known(attended) for attended in self._attended)

    def _known(self, attended: Attended) -> str:
        task, notes = attended.task, self.words.for_claude
        of = {"name": task.agent.name, "title": task.wish.title}
        match task.outcome:
            case Done(result=result):
                return notes.done.format(**of, result=result[:LONGEST_RESULT])
            case Failed(error=error, achieved=achieved):
                return notes.failed.format(**of, why=error, result=achieved[:LONGEST_RESULT])
            case None:
                running = notes.running.format(**of, since=self.since(attended), told=attended.hold.latest)
                asks = notes.asks.format(question=task.question.question) if task.question else ""
                return f"{running} {asks}".strip()

    def since(self, attended: Attended) -> str:
        return spoken_minutes((self._work.now() - attended.task.began).total_seconds())

    # --- what is due --------------------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Something is under way, or its end is still to be told: silence is welcome, and orders are understood."""
        return any(not attended.task.delivered for attended in self._attended)

    @property
    def asked(self) -> Attended | None:
        """Whose question the caller has been asked, and has not answered."""
        return next((attended for attended in self._attended if attended.task.question and attended.hold.question), None)

    def look(self) -> None:
        """Take in what has happened since the last time: into the journal, and to whoever tells it."""
        for attended in self._attended:
            for event in attended.task.events[len(attended.seqs) :]:
                attended.seqs.append(self._written(attended.task, event))
                attended.hold.happened(event)

    def _written(self, task: Task, event: TaskEvent) -> int:
        match event:
            case Working(what=what, detail=detail, step=step, of=of):
                fact = events.TaskProgress(task=task.id, what=what, said=detail, step=step, of=of)
            case Says(text=text):
                fact = events.TaskProgress(task=task.id, said=text)
            case Done():
                fact = events.TaskDone(task=task.id, ok=True, usd=task.usd)
            case Failed(error=error):
                fact = events.TaskDone(task=task.id, ok=False, why=error.code, usd=task.usd)
            case _:
                return 0
        return self._journal.write(fact).seq

    def due(self, now_s: float, quiet_s: float) -> Due | None:
        """What should be said now, after so long a silence; each is given out once, so say it."""
        if (asked := self.asked) is not None:  # and nothing else until that is settled: a yes must not mean two things
            return self._told(asked, telling) if (telling := asked.hold.due(now_s, quiet_s)) else None
        for attended in self._attended:
            if attended.task.outcome is not None and not attended.ending and quiet_s >= BREATH_S:
                return self._end_of(attended)
        if self.offered is not None:
            short = self.offered.task.wish.minutes < SHORT_MINUTES
            if quiet_s < (BREATH_S if short else OFFER_S):
                return None
            self.hold_on()
        for attended in self._attended:
            if attended.task.running and (telling := attended.hold.due(now_s, quiet_s)):
                return self._told(attended, telling)
        return None

    def _end_of(self, attended: Attended) -> Due:
        attended.ending = True
        if self.held is attended or self.offered is attended:
            self.leave("done")
            self.offered = next((other for other in reversed(self._attended) if other.task.running), None)
        task, notes = attended.task, self.words.for_claude
        if isinstance(task.outcome, Failed):
            brief = notes.failure.format(title=task.wish.title, why=task.outcome.error)
        else:
            brief = notes.result.format(title=task.wish.title)
        return Due(task.agent, brief=brief, ends=task)

    def _told(self, attended: Attended, telling: Telling) -> Due:
        task = attended.task
        match telling.why, telling.facts:
            case "question", (Asks() as asks,):
                again = telling.text != asks.question
                self._journal.write(events.Asked(task=task.id, question=asks.question, risky=asks.risky, again=again))
            case "unanswered", (Asks(),):
                with suppress(ToolError):  # it is ending just now
                    self.answer(attended, yes=False, by="silence")
            case _:
                of = attended.seqs_of(telling.facts)
                self._journal.write(events.Narrated(task=task.id, agent=task.agent.id, text=telling.text, of=of))
        self.told_last = True
        return Due(task.agent, telling.text, self._podcast(attended, telling))

    def named(self, attended: Attended) -> None:
        """The caller hears what the run asks, because they want to know how it is going: that is asking, too."""
        asks = attended.task.question
        if asks is not None and attended.hold.named():
            self._journal.write(events.Asked(task=attended.task.id, question=asks.question, risky=asks.risky, again=False))
        self.told_last = True

    def _podcast(self, attended: Attended, telling: Telling) -> str:
        """What the agent may word more finely, where the caller wants to hear all of it; else nothing."""
        if telling.why != "news" or attended.hold.style != "podcast":
            return ""
        facts = [attended.hold.in_words(fact) for fact in telling.facts if isinstance(fact, Says | Working)]
        return self.words.for_claude.podcast.format(title=attended.task.wish.title, facts=" ".join(facts))

    def told(self, task: Task, *, heard: bool) -> None:
        """How it ended was told; where the caller heard nothing of that, it is told again."""
        if not heard:
            next(attended for attended in self._attended if attended.task is task).ending = False
        elif self._errand is None:
            task.delivered = True
        else:
            self._errand.told(task)

    # --- on hold ------------------------------------------------------------------------------------------------------

    def hold_on(self) -> None:
        """The caller stays on the line."""
        offered, self.offered = self.offered, None
        if offered is not None:
            self.held = offered
            wish = offered.task.wish
            self._journal.write(events.HoldStarted(task=offered.task.id, mood=Mood.of(wish.mood)))
            self._wanted.set()

    async def run(self) -> None:
        """Bring the music, when it is wanted; what is composed while the caller still thinks about staying is there at once."""
        source = self._work.music
        while source is not None:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            attended = self.held or self.offered
            if attended is None or not self.music:
                continue
            try:
                music = await source.bed(Mood.of(attended.task.wish.mood), attended.task.began.toordinal())
            except MusicUnavailable as error:
                log.warning("no_music", reason=str(error))
                continue
            if self.held is not None and self.music:
                self.bed.play(music)

    def turn_music(self, *, on: bool) -> None:
        self.music = on
        if on:
            self._wanted.set()
        else:
            self.bed.stop()

    def leave(self, why: Literal["done", "call_back", "hung_up"]) -> None:
        """The hold is over."""
        held, self.held, self.offered = self.held, None, None
        self.bed.stop()
        if held is not None:
            self._journal.write(events.HoldEnded(task=held.task.id, why=why))

    def answer(self, attended: Attended, *, yes: bool, by: Literal["voice", "key", "silence", "policy"], words: str = "") -> None:
        """What the caller says to the run's question. Raises ToolError when the run takes nothing in any more."""
        question = attended.task.question
        if question is not None:
            attended.task.tell(Answer(question.ask, yes, words))
            attended.hold.answered()
            self._journal.write(events.Answered(task=attended.task.id, yes=yes, by=by))
