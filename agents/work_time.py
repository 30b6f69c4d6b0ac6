"""How long a run may still work: waiting for an answer is no work, within reason. Pure."""

from __future__ import annotations

from typing import Final

LONGEST_ANSWER_S: Final = 300.0  # each time: a caller may have to be rung, and to find the PIN; beyond that it is lost time


class WorkTime:
    def __init__(self, minutes: float, now_s: float) -> None:
        self.by_s = now_s + 60 * minutes
        """When it must end, as far as is known now."""
        self._since_s: float | None = None

    def waiting(self, waits: bool, now_s: float) -> None:
        """Whether an answer is waited for from now on."""
        if waits and self._since_s is None:
            self._since_s = now_s
            self.by_s += LONGEST_ANSWER_S
        elif not waits and self._since_s is not None:
            self.by_s -= max(0.0, LONGEST_ANSWER_S - (now_s - self._since_s))
            self._since_s = None
