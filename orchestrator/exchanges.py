"""A call as exchanges: one move of the caller's, and all that came of it. A fold over a journal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

from orchestrator import waterfall
from orchestrator.events import (
    Answered,
    Asked,
    BargeIn,
    Entry,
    Failed,
    HeardText,
    HoldEnded,
    HoldStarted,
    Routed,
    SaidText,
    TaskDone,
    TaskStarted,
    ToolUsed,
    TurnEnded,
)
from orchestrator.testing.speeches import Said, speeches

EARLY_S: Final = 0.3  # how much sooner another voice detector may hear a move begin
JOINED: Final = " / "  # between two turns that came of one move


@dataclass(frozen=True, slots=True)
class Exchange:
    heard: str
    routed: tuple[str, ...]
    by: str
    said: tuple[Said, ...]
    asides: tuple[str, ...]
    """The phone's own words: fillers, error lines."""
    tools: tuple[str, ...]
    failed: tuple[str, ...]
    work: tuple[str, ...]
    """What became of long work, and of the hold for it; what was told of it meanwhile is in `asides`."""
    interrupted: bool
    """The caller cut in on the answer."""
    response_ms: int | None
    """From the caller's last word to the first of the answer."""
    gap_ms: int | None
    """The longest silence within the answer."""
    stopped_ms: int | None
    """From the caller's cutting in to our silence."""

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who was heard, in order."""
        agents = [said.agent for said in self.said]
        return tuple(agent for at, agent in enumerate(agents) if not at or agents[at - 1] != agent)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "speakers": list(self.speakers)}


def split(entries: Sequence[Entry], onsets_s: Sequence[float]) -> list[list[Entry]]:
    """The facts of each exchange, that before the first move included: one more than there are onsets.

    A fact of a turn belongs to the move that became the turn, any other to the last move before it.
    """
    heard = {fact.turn: fact.from_s + EARLY_S for entry in entries if isinstance(fact := entry.event, HeardText)}
    ended = {fact.turn: entry.at_s for entry in entries if isinstance(fact := entry.event, TurnEnded)}
    owners = {turn: bisect_right(onsets_s, at_s) for turn, at_s in {**ended, **heard}.items()}
    parts: list[list[Entry]] = [[] for _ in range(len(onsets_s) + 1)]
    for entry in entries:
        turn: int | None = getattr(entry.event, "turn", None)
        parts[bisect_right(onsets_s, entry.at_s + EARLY_S) if turn is None else owners.get(turn, 0)].append(entry)
    return parts


def exchange(entries: Sequence[Entry]) -> Exchange:
    """What a stretch of a call comes to."""
    facts = [entry.event for entry in entries]
    asides = [fact.text for fact in facts if isinstance(fact, SaidText) and fact.aside]
    routes = [fact for fact in facts if isinstance(fact, Routed)]
    timed = [turn.response_ms for turn in waterfall.turns(entries) if turn.response_ms is not None]
    return Exchange(
        heard=JOINED.join(fact.text for fact in facts if isinstance(fact, HeardText)),
        routed=tuple(agent for fact in routes for agent in fact.speakers),
        by=JOINED.join(fact.by for fact in routes),
        said=tuple(speeches(entry for entry in entries if not getattr(entry.event, "aside", False))),
        asides=tuple(asides),
        tools=tuple(fact.name for fact in facts if isinstance(fact, ToolUsed)),
        failed=tuple(fact.code for fact in facts if isinstance(fact, Failed)),
        work=tuple(_of_work(facts)),
        interrupted=any(isinstance(fact, BargeIn) for fact in facts),
        response_ms=timed[0] if timed else None,
        gap_ms=max(_gaps_ms(facts), default=None),
        stopped_ms=next(_stops_ms(facts), None),
    )


def _of_work(facts: Sequence[object]) -> Iterator[str]:
    for fact in facts:
        match fact:
            case TaskStarted(title=title):
                yield f"begun: {title}"
            case HoldStarted():
                yield "hold"
            case HoldEnded(why=why):
                yield f"hold over: {why}"
            case Asked(question=question, again=again):
                yield f"asked{' again' if again else ''}: {question}"
            case Answered(yes=yes, by=by):
                yield f"{'yes' if yes else 'no'} by {by}"
            case TaskDone(why=why):
                yield f"over: {why or 'done'}"
            case _:
                pass


def _gaps_ms(facts: Sequence[object]) -> list[int]:
    said = [fact for fact in facts if isinstance(fact, SaidText)]
    return [round(1_000 * (then.from_s - first.to_s)) for first, then in pairwise(said)]


def _stops_ms(facts: Sequence[object]) -> Iterator[int]:
    for cut in facts:
        if isinstance(cut, BargeIn):
            yield from (
                round(1_000 * (said.to_s - cut.onset_s)) for said in facts if isinstance(said, SaidText) and said.interrupted
            )
