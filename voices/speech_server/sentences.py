"""A text cut where a speech model may pause, so that each piece is short enough for it and the first is ready soon."""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]?\s+")
_SHORTEST: Final = 20  # characters: "Dr." and "No." stay with what follows
_LONGEST: Final = 300  # of what the model can say in one go (40 s), half


def sentences(text: str) -> list[str]:
    """Its sentences in order; none is empty, none over 300 characters. Runs of white space become one space."""
    pieces: list[str] = []
    for sentence in _END.split(text):
        sentence = " ".join(sentence.split())
        if pieces and len(pieces[-1]) < _SHORTEST:
            sentence = f"{pieces.pop()} {sentence}"
        while len(sentence) > _LONGEST:
            cut = max(sentence.rfind(mark, _SHORTEST, _LONGEST) for mark in (", ", "; ", ": ", " – ", " — "))
            cut = cut + 1 if cut > 0 else sentence.rfind(" ", _SHORTEST, _LONGEST)
            cut = cut if cut > 0 else _LONGEST
            pieces.append(sentence[:cut].rstrip())
            sentence = sentence[cut:].lstrip()
        if sentence:
            pieces.append(sentence)
    return pieces
