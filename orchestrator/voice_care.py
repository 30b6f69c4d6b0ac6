"""The voices between calls: fixed lines are made and kept, and engines that were not there are tried again."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

import anyio
import structlog
from pydantic import BaseModel

from agents.definition import Agent
from agents.lines import Lines
from agents.roster import Roster
from orchestrator.hold_words import HoldWords
from orchestrator.parts import Parts
from orchestrator.spending import DaySpending
from voices.synthesis import UnknownVoice

log = structlog.get_logger()

LINES: Final = "lines"
"""Where they are kept, in `home`."""
ROUND_S: Final = 60.0
_TRIES: Final = 3  # of one line in a round: a call's sentence stops it each time


class VoiceCare:
    """Run it in the background of a service: one line at a time, and none while a call's sentence is being made."""

    def __init__(
        self, parts: Callable[[], Parts], spending: DaySpending, max_usd_per_day: Decimal, now: Callable[[], datetime]
    ) -> None:
        """`parts`: those of the next call, whose agents and voices may change."""
        self._parts, self._spending, self._most, self._now = parts, spending, max_usd_per_day, now
        self._began = now()
        self.usd = Decimal(0)
        """What it has cost; it counts towards the day like a call."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._parts().catalogue.revive()
            await self.prepare()
            await anyio.sleep(ROUND_S)

    async def prepare(self) -> None:
        """All lines once, as many as there is room and money for."""
        parts = self._parts()
        room = parts.catalogue.lines_bytes
        made, cost = 0, self.usd
        hold = parts.minds.work.words if parts.minds.work else None
        for text, voice in fixed_lines(parts.minds.roster, parts.minds.lines, hold):
            self._spending.add(self._now(), self, self._began)
            if room <= 0 or self._spending.today(self._now()) >= self._most:
                break
            size, new = await self._one(parts, text, voice)
            room -= size
            made += new
        if made:
            log.info("lines_prepared", lines=made, usd=str(self.usd - cost))

    async def _one(self, parts: Parts, text: str, voice: str) -> tuple[int, bool]:
        """Bytes that it takes, and whether it is new."""
        for _ in range(_TRIES):
            try:
                line = await parts.catalogue.prepare(text, voice)
            except UnknownVoice:
                break  # the call that needs it says so
            self.usd += line.usd
            if line.done:
                return line.size, line.new
        return 0, False


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
