"""What a call cost: a fold over its events."""

from __future__ import annotations

from decimal import Decimal

from orchestrator.events import CallEvent, MoneySpent


class Ledger:
    def __init__(self) -> None:
        self.usd = Decimal(0)
        self.by: dict[str, Decimal] = {}
        """USD by what it was spent on: an agent's id, `router`, `warm`, `voice`, `line`."""
        self.by_turn: dict[int, Decimal] = {}

    def add(self, event: CallEvent) -> None:
        if isinstance(event, MoneySpent):
            self.usd += event.usd
            self.by[event.on] = self.by.get(event.on, Decimal(0)) + event.usd
            self.by_turn[event.turn] = self.by_turn.get(event.turn, Decimal(0)) + event.usd
