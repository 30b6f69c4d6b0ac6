"""How long the caller waited, turn by turn, and for what: a fold over a call's entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from orchestrator.events import (
    Entry,
    FirstAudio,
    FirstSentence,
    FirstToken,
    HeardText,
    Played,
    Routed,
    SpeculationDropped,
    TurnEnded,
)

GUESSED = ("first_token", "first_sentence", "first_audio")
STAGES = ("heard", "routed", "first_token", "first_sentence", "first_audio", "turn_ended", "played")


@dataclass
class Turn:
    """One question and its answer; times in milliseconds after the caller's last speech."""

    number: int
    heard: str = ""
    speech_ended_s: float | None = None
    speakers: tuple[str, ...] = ()
    by: str = ""
    waterfall_ms: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def response_ms(self) -> int | None:
        """From the end of the caller's speech to the first sound of the answer."""
        return self.waterfall_ms.get("played")


def turns(entries: Iterable[Entry]) -> list[Turn]:
    """The caller's turns, in order. What came too early to have a zero (a fact before `heard`) is put on the axis then."""
    found: dict[int, Turn] = {}
    times: dict[int, dict[str, float]] = {}
    for entry in entries:
        match entry.event:
            case HeardText(turn=number, text=text, to_s=to_s):
                turn = found.setdefault(number, Turn(number))
                turn.heard, turn.speech_ended_s = text, to_s
                times.setdefault(number, {})["heard"] = entry.at_s
            case Routed(turn=number, speakers=speakers, by=by):
                turn = found.setdefault(number, Turn(number))
                turn.speakers, turn.by = speakers, by
                times.setdefault(number, {})["routed"] = entry.at_s
            case SpeculationDropped(turn=number):
                for stage in GUESSED:
                    times.setdefault(number, {}).pop(stage, None)
            case FirstToken() | FirstSentence() | FirstAudio() | Played() | TurnEnded():
                # The first of each in a turn: later speakers of a panel do not keep the caller waiting.
                times.setdefault(entry.event.turn, {}).setdefault(entry.event.kind, entry.at_s)
            case _:
                pass
    for number, turn in found.items():
        if turn.speech_ended_s is not None:
            turn.waterfall_ms = {
                stage: round(1_000 * (times[number][stage] - turn.speech_ended_s)) for stage in STAGES if stage in times[number]
            }
    return [found[number] for number in sorted(found) if found[number].heard]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p95; of one value both are that value, of none there are none."""
    if not values:
        return {}
    if len(values) == 1:
        return {"p50": values[0], "p95": values[0]}
    cuts = quantiles(values, n=20, method="inclusive")
    return {"p50": cuts[9], "p95": cuts[18]}
