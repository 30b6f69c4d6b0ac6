"""The house put together: the only place that knows all implementations. Settings in, telephones that answer out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
import structlog
from anyio.streams.memory import MemoryObjectSendStream

from agents.claude import ClaudeBrain
from agents.pai import PaiRunner
from agents.permission import WorkWords
from agents.roster import Roster
from agents.toolbox import open_toolbox
from agents.work import TaskRunner
from orchestrator import events
from orchestrator.announcement import announce
from orchestrator.attended import Errand
from orchestrator.backlog import Unstored
from orchestrator.call import Call
from orchestrator.config import Settings, guarded, private, surroundings
from orchestrator.engines import open_ears, open_voices
from orchestrator.events import Entry
from orchestrator.failures import leaves, place
from orchestrator.history import CALLS, ID, spent_before
from orchestrator.holding import LongWork
from orchestrator.journal import Folder, Journal, Shelf
from orchestrator.keeping import doing
from orchestrator.lineup import Lineup
from orchestrator.meter import charge
from orchestrator.minds import Cast, Minds, cast_of
from orchestrator.music.source import open_music
from orchestrator.notes import FOLDER, NoteFile
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.pin import Trust
from orchestrator.pin_filter import PinFilter
from orchestrator.renewal import Renewal, read_lineup, stamp
from orchestrator.rosters import PROMPTS, readable
from orchestrator.spending import DaySpending
from orchestrator.tasks import Task, Tasks
from orchestrator.tries_kept import tries_kept
from orchestrator.voice_care import LINES, VoiceCare
from orchestrator.zones import clock, zones
from telephony.admission import Admission, Refused
from telephony.line import Line, LineError
from voices.endpoint import PauseEndpointer
from voices.inventory import Choice
from voices.vad import SileroVad, load_silero

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom a call is, as the journal has it."""

    call: str
    """Its id: ours, unique."""
    line: str
    caller: str
    called: str
    outbound: bool = False


@dataclass(frozen=True)
class House:
    """Everything that outlives a call."""

    settings: Settings
    roster: Roster
    parts: Parts
    admission: Admission
    spending: DaySpending
    watch: MemoryObjectSendStream[Entry] | None = None
    engines: tuple[Choice, ...] = ()
    """Ears and mouths: which, why, and what would be better."""
    renewal: Renewal | None = None
    """Reads the files of agents and voices anew when they changed; without it, whoever is there stays."""
    tasks: Tasks | None = None
    """Long work. It is in memory until `orchestrator.keeping.kept` keeps it."""
    care: VoiceCare | None = None
    """Works on the voices in the background, where somebody runs it."""
    unstored: Unstored = field(default_factory=Unstored)
    """What could not be stored of calls that are over."""
    shelf: Callable[[Path], Shelf] = Folder
    """Where the journal of a call is kept that is to lie in that folder."""

    async def take(self, line: Line) -> None:
        """One ringing line, to its end: turned away, or answered and talked to. Never raises for what goes wrong in it."""

        async def admit(journal: Journal) -> str:
            refused = self.refused(line.caller, journal)
            if refused is None:
                try:
                    return await self.talk(line, journal)
                finally:
                    charge(line, journal)
            await line.reject(refused.why)
            return "refused"

        await self.journaled(Parties(line.call_id, line.kind, line.caller, line.called), admit)

    async def journaled(self, parties: Parties, call: Callable[[Journal], Awaitable[str]]) -> None:
        """A call, in a journal of its own from its first moment to its last; `call` says why it ended."""
        now = self.parts.minds.now()
        shelf = self.shelf(self.settings.home / CALLS / f"{now:%Y%m%d-%H%M%S}-{parties.call[:ID]}")
        async with (
            Journal(shelf, anyio.current_time(), watch=self.watch, unstored=self.unstored) as journal,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(journal.run)
            journal.write(events.CallStarted(**asdict(parties), began=now.isoformat(timespec="seconds")))
            why = "server_stopped"
            try:
                with self.admission.calling(parties.caller):
                    why = await call(journal)
            finally:
                cost = journal.ledger.usd
                journal.write(events.CallEnded(why=why, duration_s=round(journal.now_s(), 3), cost_usd=cost))
                tasks.cancel_scope.cancel()

    def refused(self, caller: str, journal: Journal) -> Refused | None:
        """Whether there may be no call with them now; it is in the journal then, and else what the call costs is counted."""
        now = self.parts.minds.now()
        verdict = self.admission.check(caller, spent_today=self.spending.today(now))
        if not isinstance(verdict, Refused):
            self.spending.add(now, journal.ledger)
            return None
        journal.write(events.CallRefused(why=verdict.why, reason=verdict.reason))
        log.info("call_refused", why=verdict.why.value, reason=verdict.reason)
        return verdict

    async def talk(self, line: Line, journal: Journal, errand: Errand | None = None) -> str:
        """The call itself, on a line that rings; or with an `errand`, on one that is up. Returns why it ended."""
        trust = Trust.of(self.admission, line.caller, called=errand is not None)
        parts = self.parts if self.renewal is None else await self.renewal.parts()
        call = Call(parts, line, journal, trust=trust, errand=errand)
        try:
            async with self.tasks.on_the_line(line.caller) if self.tasks else nullcontext():
                await call.run()
        except* LineError as group:
            for error in leaves(group):
                journal.write(events.Failed(where="line", code=error.code, sentence=str(error), retryable=error.retryable))
        except* Exception as group:  # noqa: BLE001  a call's edge: whatever it is ends this call, and no other
            where = place(next(leaves(group)))
            log.warning("call_failed", call_id=line.call_id, where=where)
            journal.write(events.Failed(where="call", code="call_failed", sentence=where))
            minds = self.parts.minds
            await announce(line, journal, self.parts.catalogue, self.roster.front_desk, minds.lines.errors["call_failed"])
        finally:
            with anyio.CancelScope(shield=True):
                await line.hang_up()
        return call.why or "failed"


def _read(settings: Settings, forgiving: bool) -> tuple[Lineup, Cast, WorkWords]:
    zones()
    lineup = readable(settings)[0] if forgiving else read_lineup(settings)
    return lineup, cast_of(lineup.roster), WorkWords.read(PROMPTS)


def _pai(settings: Settings, words: WorkWords) -> PaiRunner:
    return PaiRunner(
        settings.pai,
        words,
        environ=surroundings(),
        key=settings.claude.api_key,
        private=private(settings),
        guarded=guarded(settings),
    )


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    watch: MemoryObjectSendStream[Entry] | None = None,
    runner: TaskRunner | None = None,
    forgiving: bool = False,
) -> AsyncGenerator[House]:
    """Everything loaded and warm. The runner does what agents are asked to do at length: the PAI command line, if left out.
    `forgiving` leaves out agents whose files are broken.

    Raises AgentError, RecognitionError, SynthesisError, TasksUnreachable: what is missing, and how to get it.
    """
    before = await anyio.to_thread.run_sync(stamp, settings)
    lineup, cast, words = await anyio.to_thread.run_sync(_read, settings, forgiving)
    roster = cast.roster
    async with AsyncExitStack() as stack:
        toolbox = await stack.enter_async_context(open_toolbox(settings.tools, roster.tools(), settings.agents))
        brain = await stack.enter_async_context(ClaudeBrain(settings.claude, cast.prompts))
        recognizer, ears = await open_ears(settings.ears, stack)
        catalogue, mouths = await open_voices(settings.voices, lineup.voices, lineup.words, stack, settings.home / LINES)
        await anyio.to_thread.run_sync(load_silero)
        now = clock(settings.house.zone)
        if runner is None:
            runner = await anyio.to_thread.run_sync(_pai, settings, words)
        tasks = await stack.enter_async_context(doing(runner, settings, now))
        work = LongWork(tasks, cast.hold, await open_music(settings, stack), now)
        minds = Minds(
            roster=roster,
            brain=brain,
            recognizer=recognizer,
            router=cast.router,
            router_system=cast.prompts.router_system(),
            router_model=settings.mind.router_model,
            history_tokens=settings.mind.history_tokens,
            phrases=cast.phrases,
            lines=cast.lines,
            now=now,
            notes=lambda caller: NoteFile(settings.home / FOLDER / f"{caller}.md"),
            place=settings.house.place,
            toolbox=toolbox,
            work=work,
        )
        policy = settings.admission
        limits = Limits(policy.max_minutes, policy.max_usd_per_call, settings.patience)
        parts = Parts(minds, catalogue, SileroVad, PauseEndpointer, limits, settings.earcons)
        today = now().date()
        spending = DaySpending(today, await anyio.to_thread.run_sync(spent_before, settings, today))
        renewal = Renewal(settings, brain, parts, before, lineup)
        await toolbox.settled()

        def may_spend(task: Task) -> bool:
            spending.add(now(), task, task.began)
            return spending.today(now()) < policy.max_usd_per_day

        tasks.may_spend = may_spend
        brain.hide = tasks.hide = PinFilter(policy.pin).hide
        care = VoiceCare(lambda: renewal.latest, spending, policy.max_usd_per_day, now)
        admission = Admission(policy, await anyio.to_thread.run_sync(tries_kept, settings), lambda: now().timestamp())
        house = House(settings, roster, parts, admission, spending, watch, (ears, mouths), renewal, tasks, care)
        yield house
