"""What things cost, as facts for the journal: as whoever charges for it counted it, or estimated where nobody did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from agents.brain import Spent, Utterance
from agents.definition import Agent
from agents.prices import CHARS_PER_TOKEN, cost_usd
from orchestrator.events import MoneySpent
from orchestrator.journal import Journal
from telephony.line import Line
from voices.catalogue import Charge


def money(spent: Spent, turn: int, on: str) -> MoneySpent:
    return MoneySpent(turn=turn, on=on, **asdict(spent))


class Meter:
    """What a speaker's turn cost: as Claude counted it, or estimated where it was cut off."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._chars = self._prompt_tokens = 0
        self.owed = False

    def said(self, text: str) -> None:
        self._chars += len(text)

    def spent(self, spent: Spent, turn: int) -> MoneySpent:
        # Input is counted when an answer begins, output when it ends: in between, the output is owed.
        self.owed = spent.output_tokens == 0
        self._chars = 0
        self._prompt_tokens = spent.input_tokens + spent.cache_read_tokens + spent.cache_write_tokens or self._prompt_tokens
        return money(spent, turn, self._agent.id)

    def estimate(self, turn: int) -> MoneySpent:
        tokens = self._chars // CHARS_PER_TOKEN + 1
        model = self._agent.model.id
        usd = cost_usd(model, prompt_tokens=self._prompt_tokens, output_tokens=tokens)
        return MoneySpent(turn=turn, on=self._agent.id, model=model, output_tokens=tokens, usd=usd, estimated=True)


def unanswered(model: str, usual: str, thread: Sequence[Utterance], turn: int) -> MoneySpent:
    """What the router was asked, where its answer was not waited for: by length, what it is always told out of the cache."""
    cached, fresh = _tokens(usual), sum(_tokens(line.text) for line in thread)
    usd = cost_usd(model, prompt_tokens=cached + fresh, input_tokens=fresh, cache_read_tokens=cached)
    return MoneySpent(turn=turn, on="router", model=model, input_tokens=fresh, cache_read_tokens=cached, usd=usd, estimated=True)


def _tokens(text: str) -> int:
    return len(text) // CHARS_PER_TOKEN + 1


def spoken(charge: Charge, turn: int) -> MoneySpent:
    """What a voice engine takes for a sentence."""
    return MoneySpent(turn=turn, on="voice", model=charge.model, usd=charge.usd)


def charge(line: Line, journal: Journal) -> None:
    """What the carrier takes for a call that is over, by its price list."""
    if usd := line.cost_usd:
        journal.write(MoneySpent(turn=0, on="line", model=line.kind, usd=usd, estimated=True))
