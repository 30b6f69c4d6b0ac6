"""The house put together: the only place that knows all implementations. Settings in, telephones that answer out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.to_thread
import structlog
from anyio.streams.memory import MemoryObjectSendStream

from agents.claude import ClaudeBrain
from agents.lines import Lines
from agents.prompting import Prompts
from agents.roster import Roster, load
from orchestrator import events
from orchestrator.call import Call, Parts
from orchestrator.config import Settings
from orchestrator.engines import open_ears, open_mouths
from orchestrator.events import Entry
from orchestrator.history import CALLS, spent_before
from orchestrator.journal import Folder, Journal
from orchestrator.mind import Minds
from orchestrator.patience import Limits
from orchestrator.phrases import Phrases
from orchestrator.pin import PinGuard
from orchestrator.router import Router
from orchestrator.spending import DaySpending
from telephony.admission import Admission, Refused
from telephony.line import Line, LineError
from voices.catalogue import voice_ids
from voices.endpoint import PauseEndpointer
from voices.vad import SileroVad, load_silero

ROOT: Final = Path(__file__).parent.parent
E = TypeVar("E", bound=BaseException)

log = structlog.get_logger()


def roster_of(settings: Settings) -> Roster:
    """The shipped agents under the user's own. Raises AgentError."""
    return load([ROOT / "agents", settings.agents], ROOT / "prompts", known_voices=voice_ids())


@dataclass(frozen=True)
class House:
    """Everything that outlives a call."""

    settings: Settings
    roster: Roster
    parts: Parts
    admission: Admission
    spending: DaySpending
    watch: MemoryObjectSendStream[Entry] | None = None

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
            with self.admission.calling(line.caller):
                why = await self._admit(line, journal)
            journal.write(why)
            tasks.cancel_scope.cancel()

    async def _admit(self, line: Line, journal: Journal) -> events.CallEnded:
        now = self.parts.minds.now()
        verdict = self.admission.check(line.caller, now_s=anyio.current_time(), spent_today=self.spending.today(now))
        if isinstance(verdict, Refused):
            journal.write(events.CallRefused(why=verdict.why, reason=verdict.reason))
            log.info("call_refused", call_id=line.call_id, why=verdict.why.value, reason=verdict.reason)
            await line.reject(verdict.why)
            return events.CallEnded(why="refused", duration_s=round(journal.now_s(), 3), cost_usd=Decimal(0))
        self.spending.add(now, journal.ledger)
        return await self._talk(line, journal)

    async def _talk(self, line: Line, journal: Journal) -> events.CallEnded:
        guard = PinGuard(self.admission, line.caller) if self.admission.asks_for_pin else None
        call = Call(self.parts, line, journal, guard=guard)
        try:
            await call.run()
        except* LineError as group:
            for error in leaves(group):
                journal.write(events.Failed(where="line", code=error.code, sentence=str(error), retryable=error.retryable))
        except* Exception as group:
            log.exception("call_failed", call_id=line.call_id)
            journal.write(events.Failed(where="call", code="call_failed", sentence=repr(next(leaves(group)))))
        finally:
            with anyio.CancelScope(shield=True):
                await line.hang_up()
        return events.CallEnded(
            why=call.why or "failed",
            duration_s=round(journal.now_s(), 3),
            cost_usd=journal.ledger.usd,
            pacer_late_p99_ms=call.pacer_late_p99_ms,
        )


def leaves(group: BaseExceptionGroup[E]) -> Iterator[E]:
    """The errors in a group, however deep."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


@asynccontextmanager
async def open_house(settings: Settings, *, watch: MemoryObjectSendStream[Entry] | None = None) -> AsyncGenerator[House]:
    """Everything loaded and warm. Raises AgentError, RecognitionError, SynthesisError: what is missing, and how to get it."""
    roster = roster_of(settings)
    prompts = Prompts.read(roster, ROOT / "prompts")
    phrases = Phrases.load(ROOT / "prompts" / "phrases.yaml", roster.names())
    async with AsyncExitStack() as stack:
        brain = await stack.enter_async_context(ClaudeBrain(settings.claude, prompts))
        recognizer = await open_ears(settings.ears, stack)
        catalogue = await open_mouths(settings.mouths, stack)
        await anyio.to_thread.run_sync(load_silero)
        minds = Minds(
            roster=roster,
            brain=brain,
            recognizer=recognizer,
            router=Router(roster, phrases),
            router_system=prompts.router_system(),
            router_model=settings.mind.router_model,
            phrases=phrases,
            lines=Lines.read(ROOT / "prompts" / "lines.yaml"),
            now=lambda: datetime.now().astimezone(),
        )
        policy = settings.admission
        parts = Parts(minds, catalogue, SileroVad, PauseEndpointer, Limits(policy.max_minutes, policy.max_usd_per_call))
        today = minds.now().date()
        spending = DaySpending(today, await anyio.to_thread.run_sync(spent_before, settings, today))
        yield House(settings, roster, parts, Admission(policy), spending, watch)
