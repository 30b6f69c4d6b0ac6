"""How long an engine may be silent before the next one takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEXT_S: Final = 0.3  # that the next engine may need for its first sound
COMPARE_S: Final = 0.1  # that it takes to find out which words an engine without marks has said
LONG_S: Final = 1.0  # no engine that lives gives nothing for so long while it is not far ahead
LAST_S: Final = 5.0  # of an engine behind which there is none: to give it up is silence as well


@dataclass(frozen=True, slots=True)
class Patience:
    """The defaults: engines that stream give their first sound in 0.1 to 0.4 s, those that do not in a quarter of the speech."""

    first_s: float = 1.0
    """For the first sound of a sentence, and `char_s` more for each character of it, up to `longest_s`."""
    char_s: float = 0.015
    longest_s: float = 3.0
    stall_s: float = 0.4
    """Of silence that is heard before the next sound comes. With much left to hear, the next engine is ready when it ends."""
    trial_s: float = 0.7
    """For the first sound of an engine that failed the last time."""

    def first(self, text: str, *, trial: bool, last: bool) -> float:
        """Seconds for the first sound of a text."""
        usual_s = min(self.first_s + self.char_s * len(text), self.longest_s)
        return max(usual_s, LAST_S) if last else min(usual_s, self.trial_s) if trial else usual_s

    def more(self, lead_s: float, *, last: bool) -> float:
        """Seconds for more sound, where the ear has `lead_s` left."""
        least_s = LAST_S if last else self.stall_s
        return max(least_s, min(lead_s + least_s, LONG_S), lead_s - NEXT_S)

    def late(self, limit_s: float) -> float:
        """How long before that limit an engine is late: nearly all is heard, and half of the stall has passed."""
        return min(limit_s - self.stall_s / 2, self.stall_s + COMPARE_S)


class Playback:
    """Where the ear is, if it hears all sound as soon as it is released, one piece after the other."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._released_s = 0.0

    def release(self, upto_s: float, now_s: float) -> None:
        """Sound up to `upto_s` of the sentence may be heard from now on."""
        if self.lead_s(now_s) <= 0:  # the ear has waited for it
            self._began_s = now_s - self._released_s
        self._released_s = upto_s

    def lead_s(self, now_s: float) -> float:
        """How much of the sound is not heard yet; below 0, for how long there has been nothing to hear."""
        return 0.0 if self._began_s is None else self._began_s + self._released_s - now_s
