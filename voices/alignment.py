"""Where in its text an engine without marks is: by the time that the words take, cut where the sound is quietest."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from voices.audio import RATE, samples

_LETTERS_A_SECOND: Final = 12.5  # of words that are spoken out; the median of four engines
_PAUSES_S: Final = {
    ",": 0.16,
    ";": 0.2,
    ":": 0.2,
    "—": 0.2,
    "…": 0.3,
    ".": 0.35,
    "!": 0.35,
    "?": 0.35,
}  # after a word, inside a text
_DIP: Final = RATE // 50
_WORD: Final = re.compile(r"\S+")


def quietest(pcm: bytes) -> int:
    """The sample at which sound is cut with the least harm: in the middle of its quietest 20 ms."""
    heard = samples(pcm).astype(np.float32)
    if heard.size < _DIP:
        return 0
    energy = np.convolve(np.square(heard), np.ones(_DIP, np.float32), "valid")
    return int(energy.argmin()) + _DIP // 2


def word_at(text: str, at_s: float) -> int:
    """Where the word begins that is next after so much speech; the text's length when all of it must have been said."""
    starts, begins_s = [], []
    now_s = 0.0
    for word in _WORD.finditer(text):
        starts.append(word.start())
        begins_s.append(now_s)
        now_s += sum(map(str.isalnum, word[0])) / _LETTERS_A_SECOND + _PAUSES_S.get(word[0].rstrip("\"')]}”’")[-1:], 0.0)
    if not starts:
        return len(text)
    nearest = int(np.abs(np.array([*begins_s, now_s]) - at_s).argmin())
    return [*starts, len(text)][nearest]
