"""What a caller hears of their work before the PIN: that there is something. Pure."""

from __future__ import annotations

from typing import Final, Literal

from orchestrator.attended import MOST_TELLINGS

AGAIN_S: Final = 60.0  # after the first time, and until what is asked counts as a no

Announced = Literal["result", "news", "still", "lapsed"]


class Withheld:
    """For one call."""

    def __init__(self) -> None:
        self._left = MOST_TELLINGS
        """How often the next thing may be given out, until the caller hears it."""
        self._given = "", 0.0
        """The id of the question that the last one was about, if any, and when."""
        self._announced = False
        self._asked: dict[str, tuple[int, float]] = {}
        """By the question's id: how often they have heard of it, and when last."""

    def due(self, now_s: float, *, ask: str, over: bool, well: bool) -> Announced | None:
        """Each is given out until it is heard (`sounds`). `ask`: an open question's id; `over`: some work; `well`: all of it."""
        if ask:
            return self._asks(ask, now_s)
        if self._announced or not over or not self._left:
            return None
        return self._give("result" if well else "news", ask, now_s)

    def again(self, ask: str) -> bool:
        """Whoever calls has heard of that once."""
        return ask in self._asked

    def sounds(self) -> None:
        """The caller begins to hear what was given out last."""
        self._left, self._announced = MOST_TELLINGS, True
        ask, at_s = self._given
        if ask:
            times, _ = self._asked.get(ask, (0, at_s))
            self._asked[ask] = times + 1, at_s

    def _asks(self, ask: str, now_s: float) -> Announced | None:
        times, at_s = self._asked.get(ask, (0, now_s))
        if times and now_s - at_s < AGAIN_S:
            return None
        if times > 1 or not self._left:
            return "lapsed"
        return self._give("still" if times else "news", ask, now_s)

    def _give(self, what: Announced, ask: str, now_s: float) -> Announced:
        self._left -= 1
        self._given = ask, now_s
        return what
