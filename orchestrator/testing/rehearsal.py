"""A whole call in virtual time, with the caller's part played by a test: the real call, brain and mixer, a line in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import anyio
import httpx2

from agents.claude import BrainSettings
from agents.scripted import ScriptedTransport
from agents.scripted_work import WorkScript
from orchestrator import waterfall
from orchestrator.call import Call
from orchestrator.events import Entry, HeardText, Routed, TaskStarted, ToolUsed
from orchestrator.failures import leaves
from orchestrator.hints import hints
from orchestrator.journal import Journal, Memory, Watch
from orchestrator.keypad import ENTRY_ENDS_S
from orchestrator.minds import Minds
from orchestrator.notes import NoteList
from orchestrator.parts import Parts
from orchestrator.patience import Limits, Rest
from orchestrator.pin import Trust
from orchestrator.screen import as_text
from orchestrator.testing import cast
from orchestrator.testing.caller import Caller
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.speeches import Said, speeches
from orchestrator.testing.stand_ins import StandIns
from telephony.rehearsal import RehearsalLine
from voices.audio import FRAME_S
from voices.recognition import Recognizer
from voices.synthesis import Synthesizer

AT_REST_S: Final = 0.3  # so long nobody says anything, and nothing is being thought about
LOOK_S: Final = 0.1
F = TypeVar("F")


class RehearsedCall:
    """A call that is under way, or is over."""

    def __init__(self, minds: Minds, call: Call, line: RehearsalLine, caller: Caller, journal: Journal, shelf: Memory) -> None:
        self.minds, self.call, self.line, self.caller = minds, call, line, caller
        self.writing, self._shelf = journal, shelf
        self.finished = anyio.Event()

    # --- the caller's part --------------------------------------------------------------------------------------------

    async def say(self, what: str | Path, *, heard_as: str | None = None, wait: bool = True) -> None:
        """A text, or the path of a wav; returns when it has been answered (`wait=False`: when it has been said).

        `heard_as` is what the recogniser makes of it. Without it a wav is heard by Whisper. Raises AudioError.
        """
        await self._over(self.caller.say(what, heard_as), wait=wait)

    async def barge_in(self, what: str | Path, *, after_s: float = 1.0, heard_as: str | None = None, wait: bool = True) -> None:
        """As `say`, when somebody has been speaking for so long; the answer before was not waited for (`wait=False`)."""
        await self.speaking(after_s)
        await self.say(what, heard_as=heard_as, wait=wait)

    async def cough(self, seconds: float = 0.1, *, wait: bool = True) -> None:
        """A sound without words."""
        await self._over(self.caller.cough(seconds), wait=wait)

    async def press(self, keys: str, *, wait: bool = True) -> None:
        """Keys; an entry that does not end in `#` or `*` ends when no more keys come."""
        self.line.press(keys)
        await self._over(FRAME_S if keys.endswith(("#", "*")) else ENTRY_ENDS_S + FRAME_S, wait=wait)

    async def pause(self, seconds: float) -> None:
        """Say nothing for so long, or until the call is over."""
        with anyio.move_on_after(seconds):
            await self.finished.wait()

    async def speaking(self, for_s: float = 0.0) -> None:
        """Until somebody has begun to speak, and so much longer."""
        since_s = anyio.current_time()
        while not self.line.over.is_set() and (self.line.last_loud_s or 0.0) <= since_s:
            await self.pause(FRAME_S)
        await self.pause(for_s)

    async def hang_up(self) -> None:
        """Returns when the call is over."""
        self.line.leave()
        await self.finished.wait()

    async def answered(self) -> None:
        """Until the caller has been heard out and answered, and it is the caller's turn again, or the call is over."""
        calm_s = 0.0
        while calm_s < AT_REST_S and not self.line.over.is_set():
            at_rest = self.line.spoken and self.call.rest in (Rest.CALLER, Rest.WORK)
            calm_s = calm_s + LOOK_S if at_rest else 0.0
            await anyio.sleep(LOOK_S)
        if self.line.over.is_set():
            await self.finished.wait()

    async def _over(self, in_s: float, *, wait: bool) -> None:
        await self.pause(in_s)
        if wait:
            await self.answered()

    # --- what happened ------------------------------------------------------------------------------------------------

    @property
    def said(self) -> list[Said]:
        """What the caller heard, speaker by speaker."""
        return speeches(self.journal)

    @property
    def heard(self) -> list[str]:
        """What the ears made of the caller's turns."""
        return [fact.text for fact in self.facts(HeardText)]

    @property
    def routed(self) -> list[Routed]:
        return self.facts(Routed)

    @property
    def tools(self) -> list[ToolUsed]:
        return self.facts(ToolUsed)

    @property
    def tasks(self) -> list[TaskStarted]:
        """The long work that was begun."""
        return self.facts(TaskStarted)

    @property
    def waterfall(self) -> list[waterfall.Turn]:
        """How long the caller waited for each answer, and for what."""
        return waterfall.turns(self.journal)

    @property
    def journal(self) -> list[Entry]:
        return [*self._shelf.entries, *(Entry.parse(line) for line in self.writing.unstored)]

    @property
    def recording(self) -> bytes:
        """The sound that is stored by now: stereo, left the caller."""
        return bytes(self._shelf.sound)

    def facts(self, kind: type[F]) -> list[F]:
        return [entry.event for entry in self.journal if isinstance(entry.event, kind)]

    @property
    def why(self) -> str:
        """How it ended; empty while it goes on."""
        return self.call.why

    def transcript(self) -> str:
        """As a terminal would show it."""
        return as_text(self.journal, self.minds.roster)


@asynccontextmanager
async def on_a_line(
    parts: Parts,
    line: RehearsalLine,
    caller: Caller,
    *,
    trust: Trust | None = None,
    greeted: bool = True,
    watch: Watch | None = None,
) -> AsyncGenerator[RehearsedCall]:
    """A call from ringing to hung up; entered when the greeting has been heard. The caller leaves at the end."""
    shelf = Memory()
    async with Journal(shelf, anyio.current_time(), watch=watch) as journal, anyio.create_task_group() as tasks:
        rehearsed = RehearsedCall(parts.minds, Call(parts, line, journal, trust=trust), line, caller, journal, shelf)

        async def run() -> None:
            await rehearsed.call.run()
            rehearsed.finished.set()

        tasks.start_soon(journal.run)
        tasks.start_soon(run)
        await line.answered.wait()
        if greeted:
            await rehearsed.answered()
        yield rehearsed
        await rehearsed.hang_up()
        tasks.cancel_scope.cancel()


class Rehearsal:
    """The fixture `rehearsal`: as many calls as the test wants, all on the test's own clock."""

    def __init__(
        self, network: httpx2.AsyncBaseTransport | None, claude: BrainSettings = cast.SCRIPTED, *, watch: Watch | None = None
    ) -> None:
        """`network` is the way to Claude: to a scripted one, or None for the real one, and then on a real clock."""
        self._network, self._settings, self._watch = network, claude, watch
        self.calls: list[RehearsedCall] = []
        self.notes: dict[str, NoteList] = defaultdict(NoteList)
        """What callers asked to be kept, by number."""
        self.toolbox = StandIns()
        """Tools that others bring, played by functions of the test."""

    @asynccontextmanager
    async def call(
        self,
        agents: str | Path = "agents",
        *,
        recognizer: Recognizer | None = None,
        synthesizers: Sequence[Synthesizer] = (),
        limits: Limits = cast.LIMITS,
        trust: Trust | None = None,
        line: RehearsalLine | None = None,
        greeted: bool = True,
        work: WorkScript = cast.NO_WORK,
    ) -> AsyncGenerator[RehearsedCall]:
        """With the shipped agents, and over them those of the folder (from where pytest was started). Raises AgentError.

        `work` is what long work does; what is not in it breaks off at once.
        """
        players = cast.read(Path(agents))
        line = line or RehearsalLine()
        if isinstance(self._network, ScriptedTransport) and isinstance(self._network.claude, StagedClaude):
            self._network.claude.missing = {agent.id: self.toolbox.missing(agent) for agent in players.roster}
        caller = Caller(line, hints(players.roster))
        try:
            async with (
                cast.equipped(
                    players,
                    self._network,
                    recognizer or caller,
                    synthesizers,
                    limits,
                    self._settings,
                    self.notes.__getitem__,
                    work,
                    self.toolbox,
                    trust.filter.hide if trust else str,
                ) as parts,
                on_a_line(parts, line, caller, trust=trust, greeted=greeted, watch=self._watch) as call,
            ):
                self.calls.append(call)
                yield call
        except BaseExceptionGroup as group:  # of whatever kind: it is raised again, without the task groups around it
            raise next(leaves(group)) from None
