"""Who said what, as a listener would tell it: the sentences that one speaker said in one go, together. A fold over a journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from orchestrator.events import Entry, SaidText


@dataclass(frozen=True)
class Said:
    """What the caller heard of one speaker, until somebody else spoke or the turn was over."""

    agent: str
    text: str
    """Where it was cut and went on, a dash stands between."""
    turn: int
    from_s: float
    to_s: float
    interrupted: bool = False
    """It ends where the caller cut in."""
    aside: bool = False
    """The phone's own words: a filler, an error line."""


def speeches(entries: Iterable[Entry]) -> list[Said]:
    told: list[Said] = []
    for entry in entries:
        if isinstance(entry.event, SaidText):
            piece = _piece(entry.event)
            if told and (told[-1].agent, told[-1].turn, told[-1].aside) == (piece.agent, piece.turn, piece.aside):
                told[-1] = _joined(told[-1], piece)
            else:
                told.append(piece)
    return told


def _piece(said: SaidText) -> Said:
    return Said(said.agent, said.text, said.turn, said.from_s, said.to_s, said.interrupted, said.aside)


def _joined(first: Said, then: Said) -> Said:
    text = f"{first.text}{' — ' if first.interrupted else ' '}{then.text}"
    return replace(first, text=text, to_s=then.to_s, interrupted=then.interrupted)
