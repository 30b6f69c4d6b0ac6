"""Names that a telephone, or a recogniser, takes for each other, or that nobody can say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from unicodedata import combining

from orchestrator.phrases import plain
from orchestrator.sound_alike import sound, tellable
from voices.engines.pronunciation import guess, known

ALIKE: Final = 0.25
"""Of the longer name's phones: below it two names are taken for each other (Ben and Ken, Ava and Eva; not Kai and Sky)."""

_VOWELS: Final = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])
# Within one of these a line of 300-3,400 Hz leaves little to tell one from another.
_LIKE: Final = tuple(frozenset(group.split()) for group in ("P T K B D G CH JH", "F V S Z TH DH SH ZH HH", "M N NG", "L R W Y"))
_WEAK: Final = frozenset({"AH", "IH", "HH"})  # often not heard at all
_NEAR: Final = 0.5


def phones(name: str) -> tuple[str, ...]:
    """How a name sounds, by rule; empty for one without Latin letters."""
    return tuple(phone for word in plain(name).split() for phone in (known(word) or guess(word)).split())


def signs(name: str) -> str:
    """What is in it that nobody can say."""
    return "".join(sorted({sign for sign in name if not (sign.isalnum() or sign in " '’.-" or combining(sign))}))


def distance(one: Sequence[str], other: Sequence[str]) -> float:
    """0 for what sounds the same, 1 for what has nothing in common: the cheapest change of one into the other."""
    row = [0.0]
    for phone in other:
        row.append(row[-1] + _lost(phone))
    for said in one:
        above, row = row, [row[0] + _lost(said)]
        for at, phone in enumerate(other):
            row.append(min(above[at] + _changed(said, phone), above[at + 1] + _lost(said), row[-1] + _lost(phone)))
    return row[-1] / max(len(one), len(other), 1)


def alike(one: str, other: str) -> bool:
    """Whether a line does not keep these names apart, or the router does not, which goes by what recognisers write."""
    heard = phones(one), phones(other)
    written = sound(one)
    return (all(heard) and distance(*heard) <= ALIKE) or (tellable(written) and written == sound(other))


def _lost(phone: str) -> float:
    return _NEAR if phone in _WEAK else 1.0


def _changed(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return _NEAR if {one, other} <= _VOWELS or any({one, other} <= group for group in _LIKE) else 1.0
