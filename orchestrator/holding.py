"""A call's long work: it attends the caller's tasks, says what is due about them, and keeps the music on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self

import anyio
import structlog

from agents.definition import Agent
from agents.errors import ToolError
from agents.work import Done, Failed, Says, Working
from orchestrator import events
from orchestrator.answers import SEAL_S, Answers
from orchestrator.as_worked import began_before, fact_of
from orchestrator.attended import Attended, Choice, Due, Errand, Late, News
from orchestrator.earcons import Earcon
from orchestrator.errors import MusicUnavailable
from orchestrator.hold import BREATH_S, Hold, HoldWords, Telling, spoken_minutes
from orchestrator.journal import Journal
from orchestrator.mixer import Clip, Mixer
from orchestrator.music.mood import Mood
from orchestrator.music.source import MusicSource
from orchestrator.phrases import Phrases
from orchestrator.results import abridged, looked_up, own_line, part_of
from orchestrator.tasks import Task, Tasks, Wish
from orchestrator.withheld import Withheld

log = structlog.get_logger()

OFFER_S: Final = 4.0  # nobody answers "stay, or call back?": staying
SHORT_MINUTES: Final = 0.33  # of work that is not worth the question


@dataclass(frozen=True, slots=True)
class LongWork:
    """What calls need for it, shared by all."""

    tasks: Tasks
    words: HoldWords
    music: MusicSource | None
    """None: a hold without music."""
    now: Callable[[], datetime]


class Holding:
    """Use it as a context manager, for as long as the call lasts: what still runs then, runs on without it."""

    def __init__(
        self, work: LongWork, owner: str, mixer: Mixer, journal: Journal, phrases: Phrases, errand: Errand | None = None
    ) -> None:
        self.answers, self.names = Answers(phrases.consent, journal, errand), phrases.works
        self._work, self.words, self._owner, self._errand = work, work.words, owner, errand
        self.bed, self._earcons, self._journal = mixer.bed, mixer.earcons, journal
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
        self.choice: Choice | None = None
        """What the phone has asked about an order, last of all."""
        self.choice_clip: Clip | None = None
        self._withheld = Withheld()
        self.late: Late | None = None
        """What the caller may still be called back with."""

    def __enter__(self) -> Self:
        first = list(self._errand.tasks) if self._errand else []
        for task in (*first, *(task for task in self._work.tasks.of(self._owner) if task not in first)):
            attended = self._attend(task)
            self._journal.write(began_before(task, self._work.now()))
            attended.seqs += [0] * attended.old
            if task.running:
                self.offered = attended
        return self

    def _attend(self, task: Task) -> Attended:
        self._stack.enter_context(task.attending())
        style = task.agent.task.narration if task.agent.task else "brief"
        began_s = self._journal.now_s() - (self._work.now() - task.began).total_seconds()
        attended = Attended(task, Hold(self.words, task.wish.title, task.agent.name, style, began_s))
        self._attended.append(attended)
        return attended

    def opening(self) -> Due | None:
        """What the call begins with, if it was we who called; given out once."""
        if not self._errand or not self._attended or self._attended[0].ending:
            return None
        first = self._attended[0]
        if first.task.outcome is not None:
            return self._end_of(first)
        if first.task.question is None:  # it lapsed while the PIN was asked for
            return None
        return Due(first.task.agent, opens=first.task, of_work=True)

    def __exit__(self, *_: object) -> None:
        self.answers.seal(self._attended)
        self.leave("hung_up")
        self._stack.close()
        for attended in self._attended:
            if attended.hold.question is not None and attended.task.waits_alone:
                attended.task.nobody_answers()
                self._journal.write(events.Answered(task=attended.task.id, yes=False, by="policy"))

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
        return any(attended.task.running and not (attended.task.stopped or attended.task.paused) for attended in self._attended)

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

    @property
    def attended(self) -> Sequence[Attended]:
        return self._attended

    @property
    def works(self) -> list[Attended]:
        """What is under way; the newest is the last."""
        return [attended for attended in self._attended if attended.task.running]

    def newest(self) -> Attended:
        """Raises ToolError."""
        works = self.works
        if not works:
            raise ToolError("Nothing is under way.")
        return works[-1]

    def note(self, *, withheld: bool) -> str:
        """What an agent should know of this caller's long work in a turn; where it is withheld, that there is some."""
        if withheld:
            return self.words.for_claude.withheld if self.active else ""
        return "\n".join(self._known(attended) for attended in self._attended)

    def _known(self, attended: Attended) -> str:
        task, notes = attended.task, self.words.for_claude
        of = {"name": task.agent.name, "title": task.wish.title}
        match task.outcome:
            case Done(result=result, spoken=spoken):
                return notes.done.format(**of, spoken=spoken, result=abridged(result))
            case Failed(error=error, achieved=achieved):
                return notes.failed.format(**of, why=error, result=abridged(achieved))
            case None:
                running = notes.running.format(**of, since=self.since(attended), told=attended.hold.latest)
                asks = notes.asks.format(question=task.question.question) if task.question else ""
                return f"{running} {asks}".strip()

    async def read_result(self, about: str, part: int, *, to_file: bool) -> str:
        """Of the work that was finished last. Raises ToolError."""
        done = [(one.task, outcome) for one in self._attended if isinstance(outcome := one.task.outcome, Done)]
        if not done:
            raise ToolError("Nothing that was finished is known in this call.")
        task, outcome = done[-1]
        if to_file:
            await self._work.tasks.write_result(task)
            return "It is in a file now; `pai-voice tasks show` names it. Say so."
        return looked_up(outcome.result, about) if about else part_of(outcome.result, part)

    def since(self, attended: Attended) -> str:
        return spoken_minutes(self.age_s(attended))

    def age_s(self, attended: Attended) -> float:
        return (self._work.now() - attended.task.began).total_seconds()

    # --- what is due --------------------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Something is under way, or its end is still to be told: silence is welcome, and orders are understood."""
        return self.held is not None or any(attended.open for attended in self._attended)

    @property
    def asked(self) -> Attended | None:
        """Whose question the caller has been asked, and has not answered."""
        return next((one for one in self._attended if one.task.question and one.hold.question and not one.yes), None)

    def look(self) -> None:
        """Take in what has happened since the last time: into the journal, and to whoever tells it."""
        for attended in self._attended:
            for event in attended.task.events[len(attended.seqs) :]:
                fact = fact_of(attended.task, event)
                attended.seqs.append(self._journal.write(fact).seq if fact else 0)
                attended.hold.happened(event)
            if attended.task.question is None:  # nor is it asked here, if it was answered elsewhere
                attended.hold.answered()

    def due(self, now_s: float, quiet_s: float) -> Due | None:
        """What should be said now, after so long a silence; each is given out once, so say it."""
        if quiet_s >= SEAL_S:
            self.answers.seal(self._attended)
        if self.choice is not None and quiet_s < OFFER_S:
            return None
        if quiet_s >= BREATH_S and (gone := next((one for one in self._attended if one.lost), None)):
            return self._lost(gone)
        if (asked := self.asked) is not None:  # and nothing else until that is settled: a yes must not mean two things
            return self._told(asked, telling) if (telling := asked.hold.due(now_s, quiet_s)) else None
        if quiet_s >= BREATH_S and (end := self.ended()):
            return end
        asking = next((one for one in self._attended if one.task.question and not one.yes), None)
        if asking is not None:
            # Who else spoke last may have asked something: what is said now answers that.
            telling = asking.hold.due(now_s, quiet_s) if self.told_last or quiet_s >= OFFER_S else None
            return self._told(asking, telling) if telling else None
        if self.offered is not None:
            short = self.offered.task.wish.minutes < SHORT_MINUTES
            if quiet_s < (BREATH_S if short else OFFER_S):
                return None
            self.hold_on()
        for attended in self._attended:
            halted = attended.task.stopped or attended.task.paused
            if attended.task.running and not halted and (telling := attended.hold.due(now_s, quiet_s)):
                return self._told(attended, telling)
        return None

    def withheld(self, now_s: float, quiet_s: float) -> Due | None:
        """Instead, until the PIN is given: that there is something to be told. Nothing else begins by itself.

        What is asked is a no after a while: the work must not wait for somebody who does not give the PIN.
        """
        waiting = [attended for attended in self._attended if attended.open and not attended.ending]
        over = [outcome for attended in waiting if (outcome := attended.task.outcome)]
        asking = next((attended for attended in self._attended if attended.task.question), None)
        ask = asking.task.question.ask if asking and asking.task.question else ""
        if quiet_s < (OFFER_S if self._withheld.again(ask) else BREATH_S):
            return None
        due = self._withheld.due(now_s, ask=ask, over=bool(over), well=all(isinstance(outcome, Done) for outcome in over))
        if due == "lapsed" and asking is not None:
            self.answers.give_up(asking, "policy", "pin")
            return None
        return Due(None, self.words.withheld[due], asks_pin=True) if due and due != "lapsed" else None

    def _lost(self, attended: Attended) -> Due:
        """What is known of it here is old, and nothing more comes."""
        self._attended.remove(attended)
        self._hold_no_more(attended, "moved")
        return Due(attended.task.agent, self.words.moved if self.calls_back else self.words.moved_here, of_work=True)

    def _hold_no_more(self, attended: Attended, why: Literal["done", "moved"]) -> None:
        if attended not in (self.held, self.offered):
            return
        if self.held is attended:
            self.leave(why)
        self.offered = None if self.held else next((other for other in reversed(self._attended) if other.task.running), None)

    def ended(self) -> Due | None:
        """How work ended, if that is still to be told; given out once, so say it.

        Whoever is on hold for it hears that also where somebody has cancelled it.
        """
        over = (one for one in self._attended if one.task.outcome is not None and not one.ending)
        first = next((one for one in over if one.open or one is self.held), None)
        return self._end_of(first) if first else None

    def _end_of(self, attended: Attended) -> Due:
        attended.ending = True
        attended.tellings += 1
        self._hold_no_more(attended, "done")
        task, notes = attended.task, self.words.for_claude
        if attended.tellings > 1:
            brief = ""
        elif isinstance(task.outcome, Failed):
            brief = notes.failure.format(title=task.wish.title, why=task.outcome.error)
        else:
            told = notes.told_first.format(spoken=" ".join(own_line(task))) if own_line(task) else ""
            brief = f"{notes.result.format(title=task.wish.title)} {told}".strip()
        return Due(task.agent, brief=brief, ends=task)

    def _told(self, attended: Attended, telling: Telling) -> Due:
        task = attended.task
        match telling.why:
            case "question":
                return Due(task.agent, telling.text, asks=task, of_work=True)
            case "unanswered":
                self.answers.give_up(attended, "silence", "silence")
            case "start":
                self._narrated(attended, telling)
            case _:
                pass
        news = News(attended, telling) if telling.why in ("news", "still") else None
        return Due(task.agent, telling.text, self._podcast(attended, telling), news=news, of_work=True)

    def stands(self, due: Due) -> bool:
        """It is still so, and may begin to be heard."""
        if due.news is None:
            return True
        self.look()
        return due.news.stands

    def sounds(self, due: Due, clip: Clip) -> None:
        """The caller begins to hear it; from now on, and not before, what they say may be an answer to it."""
        self.told_last |= due.of_work
        self.choice, self.choice_clip = due.choice, clip
        if due.choice:
            clip.vital = len(clip.text)
        if due.asks_pin:
            self._withheld.sounds()
        if asked := next((one for one in self._attended if one.task is due.asks), None):
            self.answers.sounds(asked, clip)
        if due.news:
            due.news.clip, clip.vital = clip, len(clip.text)
            self._narrated(due.news.of, due.news.telling)
        if read := next((one for one in self._attended if one.task is due.reads), None):
            read.clip, clip.vital = clip, len(clip.text)

    def read_out(self, task: Task) -> None:
        """The caller has heard all of what it asks."""
        for attended in self._attended:
            if attended.task is task and task.question is not None:
                attended.read = task.question.ask

    def _podcast(self, attended: Attended, telling: Telling) -> str:
        """What the agent may word more finely, where the caller wants to hear all of it; else nothing."""
        if telling.why != "news" or attended.hold.style != "podcast":
            return ""
        facts = [attended.hold.in_words(fact) for fact in telling.facts if isinstance(fact, Says | Working)]
        return self.words.for_claude.podcast.format(title=attended.task.wish.title, facts=" ".join(facts))

    def _narrated(self, attended: Attended, telling: Telling) -> None:
        task, of = attended.task, attended.seqs_of(telling.facts)
        self._journal.write(events.Narrated(task=task.id, agent=task.agent.id, text=telling.text, of=of))

    def over(self, due: Due, *, heard: bool) -> None:
        """It was said, or not a word of it; news that the caller has not heard to its end is told again, if it is still so."""
        if due.ends is not None:
            self._told_end(due.ends, heard=heard)
        if due.news is not None and not due.news.heard:
            due.news.of.hold.unheard(due.news.telling)

    def _told_end(self, task: Task, *, heard: bool) -> None:
        """How it ended was told; where the caller heard nothing of that, it is told again, within limits."""
        if not heard:
            next(attended for attended in self._attended if attended.task is task).ending = False
        elif self._errand is None:
            task.delivered = True
        else:
            self._errand.told(task)

    # --- on hold ------------------------------------------------------------------------------------------------------

    def hold_on(self) -> None:
        """The caller stays on the line; who is on hold already goes on being so. Raises ToolError when nothing is under way."""
        offered, self.offered = self.offered or self.newest(), None
        if self.held is None:
            self.held = offered
            self._journal.write(events.HoldStarted(task=offered.task.id, mood=Mood.of(offered.task.wish.mood)))
            self._earcons.play(Earcon.ON_HOLD)
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

    @property
    def has_music(self) -> bool:
        """There is some to be had."""
        return self._work.music is not None

    def turn_music(self, *, on: bool) -> None:
        self.music = on
        if on:
            self._wanted.set()
        else:
            self.bed.stop()

    def leave(self, why: Literal["done", "call_back", "hung_up", "moved"]) -> None:
        """The hold is over."""
        held, self.held, self.offered = self.held, None, None
        self.bed.stop()
        if held is not None:
            self._journal.write(events.HoldEnded(task=held.task.id, why=why))
            if why == "done":
                self._earcons.play(Earcon.BACK)
