"""What a caller heard on hold, as silent turns of a scenario: nobody asked for it, and it takes its time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agents.lines import Lines
from agents.roster import Roster
from orchestrator.as_worked import worked
from orchestrator.events import Asked, Entry, HoldEnded, Narrated, SaidText, TaskDone, TaskStarted, TurnEnded
from orchestrator.hold import ANSWER_S

LINES_A_TURN: Final = 3  # a reader, and a pattern, can take in no more
LONGEST_S: Final = 600.0  # that a scenario is silent for in one turn
AFTER_S: Final = 0.5  # between two silent turns, so that a line is not cut in two


class Silence(float):
    """So many seconds in the call; in a rehearsal, whose voices are brisk, until `told` has been heard and `wait_s` longer."""

    told: str
    wait_s: float


@dataclass(frozen=True)
class Held:
    """A silent turn."""

    silence: Silence
    facts: list[Entry]
    """What is told in it."""


def unasked(facts: Sequence[Entry]) -> list[Entry]:
    """What was said about long work by itself, after what answered the caller."""
    ends = any(_begins_to_tell(entry, (HoldEnded,)) for entry in facts)
    kinds = (Narrated, Asked, HoldEnded) if ends else (Narrated, Asked, TaskDone)
    told = (at for at, entry in enumerate(facts) if _begins_to_tell(entry, kinds) and not _answers(facts, at))
    return list(facts[next(told, len(facts)) :])


def _answers(facts: Sequence[Entry], at: int) -> bool:
    """The question is put once more because the caller asked for it: at once, and before anything else is said."""
    asked = facts[at]
    if not (isinstance(asked.event, Asked) and asked.event.again):
        return False
    turn = next((entry for entry in reversed(facts[:at]) if isinstance(entry.event, TurnEnded | SaidText)), None)
    return turn is not None and isinstance(turn.event, TurnEnded) and asked.at_s - turn.at_s < ANSWER_S


def _begins_to_tell(entry: Entry, kinds: tuple[type[Any], ...]) -> bool:
    return isinstance(entry.event, kinds) and getattr(entry.event, "why", "done") in ("", "done")


def silences(facts: Sequence[Entry], since_s: float, until_s: float) -> Iterator[Held]:
    """Turns for what was told in that time; a line that the caller cut in on ends none."""
    ends = list(_ends(facts))
    first = 0
    for at, line in ends:
        to_s = until_s if (at, line) == ends[-1] else line.to_s + AFTER_S
        silence = Silence(round(min(LONGEST_S, max(AFTER_S, to_s - since_s)), 1))
        silence.told, silence.wait_s = line.text, max(0.0, to_s - line.to_s)
        yield Held(silence, [entry for entry in facts[first : at + 1] if not getattr(entry.event, "interrupted", False)])
        first, since_s = at + 1, to_s


def _ends(facts: Sequence[Entry]) -> Iterator[tuple[int, SaidText]]:
    """Where turns end: after so many lines, and never within an agent's own words."""
    said = [
        (at, entry.event) for at, entry in enumerate(facts) if isinstance(entry.event, SaidText) and not entry.event.interrupted
    ]
    lines = 0
    for (at, line), following in zip(said, [*(line for _, line in said[1:]), None], strict=True):
        lines += 1
        if following is None or (lines >= LINES_A_TURN and following.aside):
            yield at, line
            lines = 0


def passing(lines: Lines, roster: Roster) -> frozenset[str]:
    """What the phone says while an answer is made, if it takes long."""
    fillers = [filler for agent in roster for filler in agent.speech.fillers]
    return frozenset([*lines.fillers, *fillers, lines.still_thinking, lines.still_working, lines.slow, lines.slow_offer])


def works(entries: Sequence[Entry]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What was asked of each, and its steps, as one writes them by hand."""
    begun = [one for one in worked(entries) if isinstance(one.began, TaskStarted)]
    dumped = ([step.model_dump(mode="json", exclude_defaults=True) for step in one.work().steps] for one in begun)
    return [(one.began.what, list(map(_short, steps))) for one, steps in zip(begun, dumped, strict=True)]


def _short(step: dict[str, Any]) -> dict[str, Any]:
    after_s = round(step.pop("after_s", 0.0), 1)
    return ({"after_s": after_s} if after_s else {}) | step
