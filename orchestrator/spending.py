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
        self._costs: list[tuple[date, Costing, Decimal]] = []

    def add(self, now: datetime, costs: Costing, began: datetime | None = None) -> None:
        """Once in a day. Of what began on another day, only what it costs from now on."""
        today = now.date()
        self._forget(today)
        if not any(known is costs for _, known, _ in self._costs):
            before = costs.usd if began and began.astimezone(now.tzinfo).date() != today else Decimal(0)
            self._costs.append((today, costs, before))

    def today(self, now: datetime) -> Decimal:
        self._forget(now.date())
        day, earlier = self._earlier
        return (earlier if day == now.date() else 0) + sum((costs.usd - before for _, costs, before in self._costs), Decimal(0))

    def _forget(self, today: date) -> None:
        self._costs = [cost for cost in self._costs if cost[0] == today]
