"""What all calls of a day cost, so that a day has a limit too; what ran before this start is read from its journals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from orchestrator.ledger import Ledger


class DaySpending:
    """Sums live ledgers: a call counts from its first cent on."""

    def __init__(self, day: date, earlier: Decimal = Decimal(0)) -> None:
        """`earlier` is what was spent on `day` before this start."""
        self._earlier = (day, earlier)
        self._ledgers: list[tuple[date, Ledger]] = []

    def add(self, now: datetime, ledger: Ledger) -> None:
        self._forget(now.date())
        self._ledgers.append((now.date(), ledger))

    def today(self, now: datetime) -> Decimal:
        self._forget(now.date())
        day, earlier = self._earlier
        return (earlier if day == now.date() else 0) + sum((ledger.usd for _, ledger in self._ledgers), Decimal(0))

    def _forget(self, today: date) -> None:
        self._ledgers = [(day, ledger) for day, ledger in self._ledgers if day == today]
