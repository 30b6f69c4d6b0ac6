"""How loud a caller is: what is far softer than they usually are is a television, the room, or our own voice. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import Final

from voices.audio import Frame, speech_level_dbfs

FAR_DB: Final = 12.0  # below the caller's usual level: it is not them who speaks into the phone
TURNS: Final = 8  # that the usual level is taken from
LONGEST_FRAMES: Final = 250  # 5 s: of a longer turn the end says enough


def level_db(frames: Sequence[Frame]) -> float:
    """Of the speech in it."""
    return speech_level_dbfs(b"".join(frames[-LONGEST_FRAMES:]))


class CallerLevel:
    """Of one caller, in one call."""

    def __init__(self) -> None:
        self._turns: deque[float] = deque(maxlen=TURNS)

    def is_far(self, turn_db: float) -> bool:
        """False as long as nothing is known of them."""
        return bool(self._turns) and turn_db <= median(self._turns) - FAR_DB

    def learn(self, turn_db: float) -> None:
        """Of a turn with words. A far one teaches nothing: a television that goes on does not become the caller."""
        if not self.is_far(turn_db):
            self._turns.append(turn_db)
