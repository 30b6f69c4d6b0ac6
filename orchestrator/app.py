"""The house put together: the only place that knows all implementations. Settings in, telephones that answer out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass

import anyio
import anyio.to_thread
import structlog
from anyio.streams.memory import MemoryObjectSendStream

from agents.claude import ClaudeBrain
from agents.lines import Lines
from agents.pai import PaiRunner
from agents.permission import WorkWords
from agents.prompting import Prompts
from agents.roster import Roster
from agents.toolbox import open_toolbox
from agents.work import TaskRunner
from orchestrator import events
from orchestrator.apology import apologise
from orchestrator.call import Call, Parts
from orchestrator.config import Settings, surroundings
from orchestrator.engines import open_ears, open_mouths
from orchestrator.events import Entry
from orchestrator.failures import leaves, place
from orchestrator.history import CALLS, spent_before
from orchestrator.hold import HoldWords
from orchestrator.holding import LongWork
from orchestrator.journal import Folder, Journal
from orchestrator.keeping import doing, kept
from orchestrator.mind import Minds
from orchestrator.music.choice import open_music
from orchestrator.notes import FOLDER, NoteFile
from orchestrator.patience import Limits
from orchestrator.phrases import Phrases
from orchestrator.pin import Trust
from orchestrator.renewal import Renewal, stamp
from orchestrator.rosters import PROMPTS, phrases_of, roster_of, voice_folders
from orchestrator.router import Router
from orchestrator.spending import DaySpending
from orchestrator.tasks import Tasks
from orchestrator.zones import clock, zones
from telephony.admission import Admission, Refused
from telephony.line import Line, LineError
from voices.endpoint import PauseEndpointer
from voices.inventory import Choice
from voices.vad import SileroVad, load_silero
from voices.voice import Voice, load_voices

log = structlog.get_logger()


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

    async def take(self, line: Line) -> None:
        """One ringing line, to its end: turned away, or answered and talked to. Never raises for what goes wrong in it."""
        now = self.parts.minds.now()
        folder = Folder(self.settings.home / CALLS / f"{now:%Y%m%d-%H%M%S}-{line.call_id[:8]}")
        async with Journal(folder, anyio.current_time(), watch=self.watch) as journal, anyio.create_task_group() as tasks:
            tasks.start_soon(journal.run)
            journal.write(
                events.CallStarted(
                    call=line.call_id,
                    line=line.kind,
                    caller=line.caller,
                    called=line.called,
                    began=now.isoformat(timespec="seconds"),
                )
            )
            why = "server_stopped"
            try:
                with self.admission.calling(line.caller):
                    why = await self._admit(line, journal)
            finally:
                cost = journal.ledger.usd
                journal.write(events.CallEnded(why=why, duration_s=round(journal.now_s(), 3), cost_usd=cost))
                tasks.cancel_scope.cancel()

    async def _admit(self, line: Line, journal: Journal) -> str:
        """Returns why it ended."""
        now = self.parts.minds.now()
        verdict = self.admission.check(line.caller, now_s=anyio.current_time(), spent_today=self.spending.today(now))
        if isinstance(verdict, Refused):
            journal.write(events.CallRefused(why=verdict.why, reason=verdict.reason))
            log.info("call_refused", call_id=line.call_id, why=verdict.why.value, reason=verdict.reason)
            await line.reject(verdict.why)
            return "refused"
        self.spending.add(now, journal.ledger)
        return await self._talk(line, journal)

    async def _talk(self, line: Line, journal: Journal) -> str:
        trust = Trust.of(self.admission, line.caller)
        parts = self.parts if self.renewal is None else await self.renewal.parts()
        call = Call(parts, line, journal, trust=trust)
        try:
            with self.tasks.on_the_line(line.caller) if self.tasks else nullcontext():
                await call.run()
        except* LineError as group:
            for error in leaves(group):
                journal.write(events.Failed(where="line", code=error.code, sentence=str(error), retryable=error.retryable))
        except* Exception as group:  # noqa: BLE001  a call's edge: whatever it is ends this call, and no other
            where = place(next(leaves(group)))
            log.warning("call_failed", call_id=line.call_id, where=where)
            journal.write(events.Failed(where="call", code="call_failed", sentence=where))
            minds = self.parts.minds
            await apologise(line, journal, self.parts.catalogue, self.roster.front_desk, minds.lines.errors.call_failed)
        finally:
            with anyio.CancelScope(shield=True):
                await line.hang_up()
        return call.why or "failed"


@dataclass(frozen=True)
class _Texts:
    """All that is read from files."""

    roster: Roster
    prompts: Prompts
    phrases: Phrases
    lines: Lines
    hold: HoldWords
    work: WorkWords
    voices: Mapping[str, Voice]


def _read(settings: Settings) -> _Texts:
    zones()
    roster = roster_of(settings)
    return _Texts(
        roster,
        Prompts.read(roster, PROMPTS),
        phrases_of(roster),
        Lines.read(PROMPTS / "lines.yaml"),
        HoldWords.read(PROMPTS / "hold.yaml"),
        WorkWords.read(PROMPTS),
        load_voices(*voice_folders(settings)),
    )


@asynccontextmanager
async def open_house(
    settings: Settings, *, watch: MemoryObjectSendStream[Entry] | None = None, runner: TaskRunner | None = None
) -> AsyncGenerator[House]:
    """Everything loaded and warm. The runner does what agents are asked to do at length: the PAI command line, if left out.

    Raises AgentError, RecognitionError, SynthesisError, TasksUnreachable: what is missing, and how to get it.
    """
    before = await anyio.to_thread.run_sync(stamp, settings)
    texts = await anyio.to_thread.run_sync(_read, settings)
    roster = texts.roster
    async with AsyncExitStack() as stack:
        toolbox = await stack.enter_async_context(open_toolbox(settings.tools))
        brain = await stack.enter_async_context(ClaudeBrain(settings.claude, texts.prompts))
        recognizer, ears = await open_ears(settings.ears, roster.names(), stack)
        catalogue, mouths = await open_mouths(settings.mouths, texts.voices, stack)
        await anyio.to_thread.run_sync(load_silero)
        now = clock(settings.house.zone)
        if runner is None:
            runner = PaiRunner(settings.pai, texts.work, environ=surroundings(), key=settings.claude.api_key)
        tasks = await stack.enter_async_context(doing(runner, settings, now))
        work = LongWork(tasks, texts.hold, await open_music(settings, stack), now)
        minds = Minds(
            roster=roster,
            brain=brain,
            recognizer=recognizer,
            router=Router(roster, texts.phrases),
            router_system=texts.prompts.router_system(),
            router_model=settings.mind.router_model,
            phrases=texts.phrases,
            lines=texts.lines,
            now=now,
            notes=lambda caller: NoteFile(settings.home / FOLDER / f"{caller}.md"),
            place=settings.house.place,
            toolbox=toolbox,
            work=work,
        )
        policy = settings.admission
        parts = Parts(minds, catalogue, SileroVad, PauseEndpointer, Limits(policy.max_minutes, policy.max_usd_per_call))
        today = now().date()
        spending = DaySpending(today, await anyio.to_thread.run_sync(spent_before, settings, today))
        renewal = Renewal(settings, brain, parts, before)
        await toolbox.settled()
        house = House(settings, roster, parts, Admission(policy), spending, watch, (ears, mouths), renewal, tasks)
        if any(agent.task for agent in roster):
            await stack.enter_async_context(kept(tasks, settings))
        yield house
