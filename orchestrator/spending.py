"""What all calls and all long work of a day cost, so that a day has a limit too; earlier starts are read from the journals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol


class Costing(Protocol):
    """A call's ledger, or a task: it counts from its first cent on."""

    @property
    def usd(self) -> Decimal: ...


class DaySpending:
    def __init__(self, day: date, earlier: Decimal = Decimal(0)) -> None:
        """`earlier` is what was spent on `day` before this start."""
        self._earlier = (day, earlier)
        self._costs: list[tuple[date, Costing]] = []

    def add(self, now: datetime, costs: Costing) -> None:
        self._forget(now.date())
        self._costs.append((now.date(), costs))

    def today(self, now: datetime) -> Decimal:
        self._forget(now.date())
        day, earlier = self._earlier
        return (earlier if day == now.date() else 0) + sum((costs.usd for _, costs in self._costs), Decimal(0))

    def _forget(self, today: date) -> None:
        self._costs = [(day, costs) for day, costs in self._costs if day == today]
