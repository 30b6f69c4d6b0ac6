"""How right the router is: its score on labelled utterances, without Claude or with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, Self

import anyio
import anyio.to_thread

from agents.brain import CALLER, Brain, Utterance
from agents.claude import ClaudeBrain
from agents.definition import AgentId
from agents.errors import BrainError
from orchestrator.config import Settings
from orchestrator.errors import ConfigError
from orchestrator.routing import Decision, Routing
from orchestrator.routing_set import Labelled, Line, read

FIX: Final = "`pai-voice agents eval` shows the lines; mend aliases or prompts/phrases.yaml, or the label"
AT_ONCE: Final = 4  # requests to Claude; more would meet the rate limit of a small account
TRIES: Final = 3
WAIT_S: Final = 2.0
ASK_S: Final = 10.0  # a call waits less, but here the judgement is measured, not the line

Verdict = Literal["right", "wrong", "needless", "left"]
"""`needless`: Claude would be asked though the words alone tell. `left`: to Claude, as it should be, who has not been asked."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One line, and what the router made of it."""

    category: str
    line: Line
    decision: Decision
    verdict: Verdict

    @classmethod
    def of(cls, category: str, line: Line, decision: Decision) -> Self:
        if decision.by == "claude" and not decision.speakers:
            return cls(category, line, decision, "left" if line.by == "claude" else "needless")
        if decision.by == "claude":  # the order of a panel that it composes is its choice
            right = set(decision.speakers) == set(line.speakers)
        else:
            right = (decision.speakers, decision.act) == (line.speakers, line.act)
        return cls(category, line, decision, "right" if right else "wrong")

    def as_text(self) -> str:
        got = self.decision.act or ", ".join(self.decision.speakers) or "Claude is asked"
        wanted = self.line.act or ", ".join(self.line.speakers)
        why = f"by {self.decision.by}, {self.decision.because}"
        return f'{self.verdict}: "{self.line.said}" (floor: {self.decision.floor}): {got} ({why}), not {wanted}'

    def as_json(self) -> dict[str, Any]:
        return {
            "category": self.category,
            "verdict": self.verdict,
            "wanted": self.line.model_dump(mode="json"),
            "decision": asdict(self.decision),
        }


@dataclass(frozen=True)
class Score:
    judged: tuple[Judged, ...]
    asked: int = 0
    """Lines that Claude decided."""
    usd: Decimal = Decimal(0)

    def count(self, *verdicts: Verdict, category: str | None = None) -> int:
        return sum(each.verdict in verdicts and category in (None, each.category) for each in self.judged)

    @property
    def wrong_by_name(self) -> int:
        return sum(each.verdict == "wrong" and each.decision.by == "name" for each in self.judged)

    @property
    def percent(self) -> float:
        """Of the lines that were decided, or should have been; what is left to Claude is no merit and no fault."""
        counted = self.count("right", "wrong", "needless")
        return 100 * self.count("right") / counted if counted else 0.0

    def reaches(self, percent: float) -> bool:
        """A wrong agent by name is a failure whatever the rest is."""
        return self.percent >= percent and not self.wrong_by_name

    def summary(self) -> str:
        counted = self.count("right", "wrong", "needless")
        return f"{self.count('right')} of {counted} right ({self.percent:.1f} %), {self.wrong_by_name} wrong by name"

    def as_table(self) -> str:
        """Markdown."""
        head = ("category", "lines", "right", "wrong agent", "asked Claude needlessly", "rightly left to Claude")
        rows = [self._row(category) for category in dict.fromkeys(each.category for each in self.judged)]
        return _table([head, *rows, self._row(None)])

    def _row(self, category: str | None) -> tuple[str, ...]:
        verdicts: tuple[Verdict, ...] = ("right", "wrong", "needless", "left")
        counts = [self.count(verdict, category=category) for verdict in verdicts]
        return (category or "all", str(sum(counts)), *map(str, counts))

    def as_text(self) -> str:
        misses = [each.as_text() for each in self.judged if each.verdict in ("wrong", "needless")]
        paid = [f"Claude decided {self.asked} of them for {self.usd:.4f} USD"] if self.asked else []
        return "\n".join([*misses, *([""] if misses else []), self.as_table(), "", self.summary(), *paid])

    def as_json(self) -> dict[str, Any]:
        counts = {verdict: self.count(verdict) for verdict in ("right", "wrong", "needless", "left")}
        return {
            **counts,
            "percent": round(self.percent, 2),
            "wrong_by_name": self.wrong_by_name,
            "asked": self.asked,
            "usd": str(self.usd),
            "lines": [each.as_json() for each in self.judged],
        }


def _table(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the numbers to the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    cells = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))] for row in rows
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], ruler, *cells[1:]))


def offline(routing: Routing, labelled: Labelled) -> Score:
    """What the router decides without Claude."""
    return Score(
        tuple(
            Judged.of(category, line, routing.decide(line.said, routing.holder(line.floor or "")))
            for category, lines in labelled.lines.items()
            for line in lines
        )
    )


async def with_claude(score: Score, routing: Routing, brain: Brain, just_said: Mapping[AgentId, str]) -> Score:
    """The same, with Claude's choice for what is left to it. Raises BrainError: half a score is none."""
    places = anyio.CapacityLimiter(AT_ONCE)
    judged, bills = list(score.judged), list[Decimal]()

    async def choose(at: int, left: Judged) -> None:
        async with places:
            decision, usd = await _choice(left.decision, routing, brain, just_said)
        judged[at] = Judged.of(left.category, left.line, decision)
        bills.append(usd)

    async with anyio.create_task_group() as tasks:
        for at, each in enumerate(score.judged):
            if each.verdict == "left":
                tasks.start_soon(choose, at, each)
    return Score(tuple(judged), len(bills), sum(bills, Decimal(0)))


async def _choice(
    decision: Decision, routing: Routing, brain: Brain, just_said: Mapping[AgentId, str]
) -> tuple[Decision, Decimal]:
    """What Claude chose and what it cost. An overload is waited out: these are many questions, and nobody is on the line."""
    before = [Utterance(decision.floor, text)] if (text := just_said.get(decision.floor)) else []
    thread = [*before, Utterance(CALLER, decision.said)]
    for left in reversed(range(TRIES)):
        try:
            choice = await routing.ask(brain, thread, timeout_s=ASK_S)
        except BrainError as error:
            if not left or not error.retryable:
                raise
            await anyio.sleep(WAIT_S if error.retry_after_s is None else error.retry_after_s)
        else:
            route = routing.router.read(choice.input, decision.floor)
            speakers = tuple(speaker.agent for speaker in route.speakers)
            return replace(decision, speakers=speakers, because="its choice"), choice.spent.usd
    raise AssertionError("the last try returns or raises")


async def score(settings: Settings, path: Path, *, live: bool) -> Score:
    """Of the set in that file. Raises FileError, AgentError; ConfigError if Claude is to be asked without a key."""
    if live and settings.claude.api_key is None:
        raise ConfigError("--live asks Claude itself and needs ANTHROPIC_API_KEY", "set it, or leave --live out")
    routing, labelled = await anyio.to_thread.run_sync(_read, settings, path)
    without = offline(routing, labelled)
    if not live:
        return without
    async with ClaudeBrain(settings.claude, routing.prompts) as brain:
        return await with_claude(without, routing, brain, labelled.just_said)


def _read(settings: Settings, path: Path) -> tuple[Routing, Labelled]:
    routing = Routing.of(settings)
    return routing, read(path, routing.roster)
