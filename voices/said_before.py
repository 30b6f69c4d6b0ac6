"""The latest short lines, whole, in memory: what is said again need not be made again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from voices.audio import duration_s
from voices.synthesis import Sound

LONGEST_S: Final = 10.0  # lines that come again (greetings, fillers) are short


class SaidBefore:
    """Up to so many bytes of sound; of more, the least recently used goes."""

    def __init__(self, limit_bytes: int) -> None:
        self._room = limit_bytes
        self._lines: OrderedDict[tuple[str, str], Sound] = OrderedDict()

    def get(self, voice: str, text: str) -> Sound | None:
        if (voice, text) in self._lines:
            self._lines.move_to_end((voice, text))
        return self._lines.get((voice, text))

    def put(self, voice: str, text: str, whole: Sound) -> None:
        if duration_s(whole.pcm) > LONGEST_S or (voice, text) in self._lines:
            return
        self._lines[voice, text] = whole
        self._room -= len(whole.pcm)
        while self._room < 0:
            self._room += len(self._lines.popitem(last=False)[1].pcm)
