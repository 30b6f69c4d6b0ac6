"""What the phone says in so many words, by whom: lines that can be spoken before they are needed."""

from __future__ import annotations

import string
from collections.abc import Iterator

from pydantic import BaseModel

from agents.definition import Agent
from agents.lines import Lines
from agents.roster import Roster
from orchestrator.hold_words import HoldWords


def fixed_lines(roster: Roster, lines: Lines, hold: HoldWords | None) -> Iterator[tuple[str, str]]:
    """Text and voice, what is needed soonest first: how a call begins, then what bridges a wait, then the rest."""
    desk = roster.front_desk
    opens = (
        desk.greeting or lines.greeting.format(name=desk.name),
        lines.an_ai,
        lines.pin.ask,
        f"{lines.callback.who} {lines.pin.ask}",
        lines.errors["call_failed"],
    )
    yield from ((text, desk.voice) for text in opens)
    agents = [desk, *(agent for agent in roster if agent is not desk)]
    for agent in agents:
        yield from ((text, agent.voice) for text in agent.speech.fillers or lines.fillers)
    for agent in agents:
        rest = (*_constants(lines), *(_constants(hold) if hold else ()), *_hand_overs(lines, agents, agent))
        yield from ((text, agent.voice) for text in dict.fromkeys(rest))


def _hand_overs(lines: Lines, agents: list[Agent], giver: Agent) -> Iterator[str]:
    yield from (lines.hand_over.format(name=agent.name) for agent in agents if agent is not giver)


def _constants(words: object) -> Iterator[str]:
    """All texts in it without blanks, but those for Claude."""
    match words:
        case str():
            if not any(name for _, name, _, _ in string.Formatter().parse(words)):
                yield words
        case BaseModel():
            for name in type(words).model_fields:
                if name not in ("for_claude", "late", "go_on", "fillers"):
                    yield from _constants(getattr(words, name))
        case tuple() | dict():
            for one in words.values() if isinstance(words, dict) else words:
                yield from _constants(one)
        case _:
            pass
