"""The house's telephone that calls owners back, over a scripted one: who takes it, and what they do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import anyio
from pydantic import SecretStr

from agents.errors import Crashed
from agents.script import Entry as Answer
from agents.scripted import ScriptedClaude
from agents.work import Done, Failed
from orchestrator import events
from orchestrator.app import House
from orchestrator.callback import CallBack
from orchestrator.config import Settings
from orchestrator.delivery import Verdict
from orchestrator.hold_words import HoldWords
from orchestrator.holding import LongWork
from orchestrator.journal import Memory
from orchestrator.rosters import PROMPTS
from orchestrator.spending import DaySpending
from orchestrator.task import Task, Wish
from orchestrator.tasks import Tasks
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import Pickup, RehearsalDialler, RehearsalLine
from tests.orchestrator.stage import LOUD, NOON, ROSTER, answer, equipped
from voices.audio import RATE
from voices.engines.tones import tone
from voices.recognition import Recognizer
from voices.vad import Vad

OWNER: Final = "+15550100"
WORDS: Final = HoldWords.read(PROMPTS / "hold.yaml")
SUMMARY: Final = "It has three parts and two pictures. It is in your drafts."
OPENING: Final = "This is the Engineer, with a blog post."
HELLO: Final = tone(200, 0.6, LOUD)
GREETING: Final = tone(200, 7.0, LOUD)
WORDED: Final = answer("engineer", SUMMARY)
F = TypeVar("F")


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def task(number: int = 1, agent: str = "engineer", title: str = "a blog post", *, failed: bool = False) -> Task:
    made = Task(f"20261122-120000-{number}", Wish(OWNER, f"Write {title}.", title, 5), ROSTER[agent], NOON)
    outcome = Failed(Crashed(), "The outline is written.") if failed else Done("# The post\n\nSecret words.", "It is written.")
    made.happened(outcome)
    return made


@dataclass
class Desk:
    house: House
    bearer: CallBack
    dialler: RehearsalDialler
    claude: ScriptedClaude
    admission: Admission
    shelves: list[Memory] = field(default_factory=list[Memory])

    def facts(self, kind: type[F]) -> list[F]:
        return [entry.event for shelf in self.shelves for entry in shelf.entries if isinstance(entry.event, kind)]

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(fact.agent, fact.text + (" —" if fact.interrupted else "")) for fact in self.facts(events.SaidText)]

    @property
    def told(self) -> str:
        return str([exchange.request for exchange in self.claude.exchanges])


@asynccontextmanager
async def desk(
    *script: Pickup,
    tasks: Sequence[Task] = (),
    tasks_of: Tasks | None = None,
    hello: str = "",
    ears: Recognizer | None = None,
    vad: Callable[[], Vad] | None = None,
    hears: Sequence[str] = (),
    answers: Sequence[Answer] = (WORDED,),
    pin: str = "",
    pin_mode: Literal["risky", "always"] = "always",
    allow: str = OWNER,
) -> AsyncGenerator[Desk]:
    """`hello` is what the ears make of the first that is said into a call (nothing: it is short), `hears` of what follows."""
    policy = AdmissionPolicy(
        allow=(allow,),
        pin=SecretStr(pin) if pin else None,
        pin_mode=pin_mode if pin else "never",
        max_usd_per_day=Decimal(1),
    )
    async with equipped((hello, *hears), *answers, ears=ears) as (parts, claude), anyio.create_task_group() as group:

        async def nowhere(_: Path) -> None:
            """Nothing is begun here."""

        book = tasks_of or Tasks(Unused(), Path(), lambda: NOON, group, make=nowhere)
        work = LongWork(book, WORDS, None, lambda: NOON)
        shelves: list[Memory] = []

        def shelf(_: Path) -> Memory:
            shelves.append(Memory())
            return shelves[-1]

        parts = replace(parts, minds=replace(parts.minds, work=work), vad=vad or parts.vad)
        house = House(Settings(home=Path("/nowhere")), ROSTER, parts, Admission(policy), DaySpending(NOON.date()), shelf=shelf)
        dialler = RehearsalDialler(*script)

        def of(owner: str) -> Sequence[Task]:
            return tasks_of.of(owner) if tasks_of else [one for one in tasks if one.wish.owner == owner and not one.delivered]

        yield Desk(house, CallBack(house, dialler, of), dialler, claude, house.admission, shelves)
        group.cancel_scope.cancel()


class Unused:
    """A runner that runs nothing."""

    def run(self, order: Any, words: Any) -> Any:
        raise AssertionError("no work is begun here")

    async def reap(self, began: Any) -> bool:
        return False


Person = Callable[[Desk, RehearsalLine], Any]


async def brought(at: Desk, about: Task, person: Person | None = None) -> Verdict:
    """What the call comes to, if the person acts so."""
    verdicts: list[Verdict] = []

    async def bring() -> None:
        verdicts.append(await at.bearer.bring(about))

    async with anyio.create_task_group() as group:
        group.start_soon(bring)
        if person is not None:
            await person(at, await at.dialler.taken())
    return verdicts[0]


async def said(at: Desk, text: str) -> None:
    """Until somebody has said that; within half a minute, or the test fails."""
    for _ in range(300):  # of virtual time
        await anyio.sleep(0.1)
        if any(text in spoken for _, spoken in at.said):
            return
    raise AssertionError(f"nobody said {text!r}, but: {at.said}")


async def listens(at: Desk, line: RehearsalLine) -> None:
    """To the end, and hangs up."""
    await line.quiet(2.0)
    line.leave()
