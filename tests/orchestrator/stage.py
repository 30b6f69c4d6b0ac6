"""A whole call in virtual time: the real call, brain and mixer; a rehearsed line, scripted ears and Claude, humming voices."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import anthropic
import anyio
from pydantic import SecretStr

from agents.claude import BrainSettings, ClaudeBrain
from agents.lines import Lines
from agents.prompting import Prompts
from agents.roster import load
from agents.script import Entry as Answer
from agents.script import Script, ToolUse, When
from agents.scripted import ScriptedClaude, ScriptedTransport
from orchestrator.call import Call, Parts
from orchestrator.events import Entry, HeardText, SaidText
from orchestrator.journal import Journal, Memory
from orchestrator.mind import Guard, Minds
from orchestrator.patience import Limits
from orchestrator.phrases import Phrases
from orchestrator.router import Router
from telephony.rehearsal import RehearsalLine
from voices.catalogue import Catalogue
from voices.endpoint import PauseEndpointer
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer, tone
from voices.recognition import Recognizer
from voices.synthesis import Rendering, Synthesizer
from voices.vad import LevelVad
from voices.voice import Voice

ROOT = Path(__file__).parents[2]
ROSTER = load([ROOT / "agents"], ROOT / "prompts")
PROMPTS = Prompts.read(ROSTER, ROOT / "prompts")
PHRASES = Phrases.load(ROOT / "prompts" / "phrases.yaml", ROSTER.all_names())
LINES = Lines.read(ROOT / "prompts" / "lines.yaml")
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOUD = 6_000
F = TypeVar("F")


def route_to(*agents: str, heard: str | None = None) -> Answer:
    """The router's choice, whenever it is asked (about that)."""
    speakers = [{"agent": agent, "brief": ""} for agent in agents]
    return Answer(when=When(forced="route", heard=heard), calls=(ToolUse(tool="route", input={"speakers": speakers}),))


def answer(agent: str, say: str, heard: str | None = None, **more: Any) -> Answer:
    return Answer(when=When(agent=agent, heard=heard), say=say, **more)


class Rehearsal:
    """A call that is under way."""

    def __init__(self, line: RehearsalLine, call: Call, shelf: Memory, journal: Journal, claude: ScriptedClaude) -> None:
        self.line, self.call, self.journal, self.claude = line, call, journal, claude
        self._shelf = shelf

    async def say(self, seconds: float = 1.2, *, wait: bool = True) -> None:
        """Speak that long; what the ears make of it is in their script. Waits until the far end has answered and is quiet."""
        ends_s = anyio.current_time() + seconds
        self.line.say(tone(200, seconds, LOUD))
        if wait:
            await self.line.quiet(1.0, after_s=ends_s)

    async def speaking(self, for_s: float = 0.0) -> None:
        """Until the far end has begun to speak, and that much longer."""
        await self.line.quiet(0.0)
        await anyio.sleep(for_s)

    @property
    def entries(self) -> list[Entry]:
        return [*self._shelf.entries, *(Entry.parse(line) for line in self.journal.unstored)]

    def facts(self, kind: type[F]) -> list[F]:
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(fact.agent, fact.text + (" —" if fact.interrupted else "")) for fact in self.facts(SaidText)]

    @property
    def heard(self) -> list[str]:
        return [fact.text for fact in self.facts(HeardText)]


@asynccontextmanager
async def equipped(
    hears: Sequence[str] = (),
    *answers: Answer,
    defaults: dict[str, str] | None = None,
    ears: Recognizer | None = None,
    mouths: Sequence[Synthesizer] | None = None,
    limits: Limits | None = None,
) -> AsyncGenerator[tuple[Parts, ScriptedClaude]]:
    """What a call is made of."""
    claude = ScriptedClaude(Script(entries=answers, defaults=defaults or {"kai": "Tell me more about that."}))
    settings = BrainSettings(api_key=SecretStr("scripted"), idle_s=2.5)
    async with ClaudeBrain(settings, PROMPTS, transport=ScriptedTransport(claude)) as brain:
        minds = Minds(
            roster=ROSTER,
            brain=brain,
            recognizer=ears or ScriptedRecognizer(hears),
            router=Router(ROSTER, PHRASES),
            router_system=PROMPTS.router_system(),
            router_model="claude-haiku-5-5",
            phrases=PHRASES,
            lines=LINES,
            now=lambda: NOON,
        )
        mouths = mouths or [TonesSynthesizer(char_s=0.05)]
        hums = {
            agent.voice: Voice(agent.voice, "", {mouth.name: Rendering(agent.voice, mouth.name) for mouth in mouths})
            for agent in ROSTER.agents
        }
        yield Parts(minds, Catalogue(hums, mouths), LevelVad, PauseEndpointer, limits or Limits(30, Decimal(1))), claude


@asynccontextmanager
async def on_the_phone(
    hears: Sequence[str] = (),
    *answers: Answer,
    defaults: dict[str, str] | None = None,
    ears: Recognizer | None = None,
    mouths: Sequence[Synthesizer] | None = None,
    limits: Limits | None = None,
    guard: Guard | None = None,
    line: RehearsalLine | None = None,
    greeted: bool = True,
) -> AsyncGenerator[Rehearsal]:
    """A call from ringing to hung up; entered when the greeting has been heard. The caller leaves at the end."""
    line, shelf = line or RehearsalLine(), Memory()
    async with (
        equipped(hears, *answers, defaults=defaults, ears=ears, mouths=mouths, limits=limits) as (parts, claude),
        Journal(shelf, anyio.current_time()) as journal,
        anyio.create_task_group() as tasks,
    ):
        call = Call(parts, line, journal, guard=guard)
        tasks.start_soon(journal.run)
        finished = anyio.Event()

        async def run() -> None:
            await call.run()
            finished.set()

        tasks.start_soon(run)
        await line.answered.wait()
        if greeted:
            await line.quiet(0.5)
        yield Rehearsal(line, call, shelf, journal, claude)
        line.leave()
        await finished.wait()
        tasks.cancel_scope.cancel()
