"""What a caller hears of their work before the PIN: that there is something. Pure."""

from __future__ import annotations

from typing import Final, Literal

AGAIN_S: Final = 60.0  # after the first time, and until what is asked counts as a no

Announced = Literal["result", "news", "still", "lapsed"]


class Withheld:
    """For one call."""

    def __init__(self) -> None:
        self._announced = False
        self._asked: dict[str, tuple[int, float]] = {}
        """By the question's id: how often, and when last."""

    def due(self, now_s: float, *, ask: str, over: bool, well: bool) -> Announced | None:
        """Each is given out once. `ask`: an open question's id; `over`: something has ended; `well`: all of it well."""
        if ask:
            return self._asks(ask, now_s)
        if self._announced or not over:
            return None
        self._announced = True
        return "result" if well else "news"

    def again(self, ask: str) -> bool:
        """Whoever calls has heard of that once."""
        return ask in self._asked

    def _asks(self, ask: str, now_s: float) -> Announced | None:
        times, at_s = self._asked.get(ask, (0, now_s))
        if times and now_s - at_s < AGAIN_S:
            return None
        self._announced = True
        self._asked[ask] = times + 1, now_s
        return ("news", "still", "lapsed")[min(times, 2)]
