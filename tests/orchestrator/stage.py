"""The test kit's calls with ears and voices of one's own: for tests of what a recogniser or a synthesiser does to a call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import anyio

from agents.script import Entry as Answer
from agents.script import Script, ToolUse, When
from agents.scripted import ScriptedClaude, ScriptedTransport
from agents.scripted_work import WorkScript
from orchestrator.events import SaidText
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.pin import Trust
from orchestrator.testing import cast
from orchestrator.testing.caller import Caller
from orchestrator.testing.cast import NOON as NOON
from orchestrator.testing.rehearsal import RehearsedCall, on_a_line
from telephony.rehearsal import RehearsalLine
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer, tone
from voices.recognition import Recognizer
from voices.synthesis import Synthesizer

CAST = cast.read(Path("agents"))
ROSTER, LINES, PHRASES = CAST.roster, CAST.lines, CAST.phrases
assert anthropic.__version__  # imported here, because inside a call it would be a thread, which virtual time cannot see
LOUD = 6_000
MOUTHS = (TonesSynthesizer(char_s=0.05),)


def route_to(*agents: str, heard: str | None = None) -> Answer:
    """The router's choice, whenever it is asked (about that)."""
    speakers = [{"agent": agent, "brief": ""} for agent in agents]
    return Answer(when=When(forced="route", heard=heard), calls=(ToolUse(tool="route", input={"speakers": speakers}),))


def answer(agent: str, say: str, heard: str | None = None, **more: Any) -> Answer:
    return Answer(when=When(agent=agent, heard=heard), say=say, **more)


class Rehearsal:
    """A call whose caller only makes sounds: what the ears make of them is in their script."""

    def __init__(self, rehearsed: RehearsedCall, claude: ScriptedClaude) -> None:
        self._rehearsed, self.claude = rehearsed, claude
        self.line, self.call, self.journal = rehearsed.line, rehearsed.call, rehearsed.writing
        self.facts, self.speaking = rehearsed.facts, rehearsed.speaking

    async def say(self, seconds: float = 1.2, *, wait: bool = True) -> None:
        """Speak that long. Waits until the far end has answered and is quiet."""
        ends_s = anyio.current_time() + seconds
        self.line.say(tone(200, seconds, LOUD))
        if wait:
            await self.line.quiet(1.0, after_s=ends_s)

    @property
    def entries(self) -> Any:
        return self._rehearsed.journal

    @property
    def said(self) -> list[tuple[str, str]]:
        """Sentence by sentence, as they were played."""
        return [(fact.agent, fact.text + (" —" if fact.interrupted else "")) for fact in self.facts(SaidText)]

    @property
    def heard(self) -> list[str]:
        return self._rehearsed.heard


@asynccontextmanager
async def equipped(
    hears: Sequence[str] = (),
    *answers: Answer,
    defaults: dict[str, str] | None = None,
    ears: Recognizer | None = None,
    mouths: Sequence[Synthesizer] = (),
    limits: Limits = cast.LIMITS,
    work: WorkScript = cast.NO_WORK,
) -> AsyncGenerator[tuple[Parts, ScriptedClaude]]:
    """What a call is made of."""
    claude = ScriptedClaude(Script(entries=answers, defaults=defaults or {"kai": "Tell me more about that."}))
    async with cast.equipped(
        CAST, ScriptedTransport(claude), ears or ScriptedRecognizer(hears), mouths or MOUTHS, limits, work=work
    ) as parts:
        yield parts, claude


@asynccontextmanager
async def on_the_phone(
    hears: Sequence[str] = (),
    *answers: Answer,
    defaults: dict[str, str] | None = None,
    ears: Recognizer | None = None,
    mouths: Sequence[Synthesizer] = (),
    limits: Limits = cast.LIMITS,
    trust: Trust | None = None,
    line: RehearsalLine | None = None,
    greeted: bool = True,
    work: WorkScript = cast.NO_WORK,
) -> AsyncGenerator[Rehearsal]:
    """A call from ringing to hung up; entered when the greeting has been heard. The caller leaves at the end."""
    line = line or RehearsalLine()
    async with (
        equipped(hears, *answers, defaults=defaults, ears=ears, mouths=mouths, limits=limits, work=work) as (parts, claude),
        on_a_line(parts, line, Caller(line), trust=trust, greeted=greeted) as rehearsed,
    ):
        yield Rehearsal(rehearsed, claude)
