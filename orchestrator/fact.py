"""What every fact of a call has in common."""

from __future__ import annotations

from agents.strict import Strict


class Fact(Strict):
    """In the past tense."""
