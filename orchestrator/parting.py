"""What is said as a call ends: that the work goes on without the caller, where it does, and how they will hear of it."""

from __future__ import annotations

from agents.lines import GoodbyeLines, Lines
from orchestrator.holding import Holding


def goodbyes(lines: Lines, holding: Holding | None, *, withheld: bool) -> GoodbyeLines:
    """`withheld`: the caller may not hear of their work yet."""
    if withheld or holding is None or not holding.goes_on:
        return GoodbyeLines(farewell=lines.farewell, time_up=lines.limits.time_up, budget_spent=lines.limits.budget_spent)
    return lines.work_goes_on.called_back if holding.calls_back else lines.work_goes_on.told_later
