"""Which engine speaks a voice, and with which voice's part: the order in which a sentence falls back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from zlib import crc32

from voices.synthesis import Rendering
from voices.voice import Voice

CALLER: Final = "caller"
"""The voice of callers that are made; no agent has it, and it stands in for none."""

Nearest = Callable[[Voice, Sequence[Voice]], Sequence[Voice]]
"""Ranks other voices by how well they stand in for one, the best first; the same each time."""


def by_language(voice: Voice, others: Sequence[Voice]) -> list[Voice]:
    """What is known without sound: the same language first, then the same language elsewhere (en-GB for en-US), then any."""

    def distance(other: Voice) -> tuple[int, int]:
        same = other.language == voice.language
        near = other.language.split("-")[0] == voice.language.split("-")[0]
        return 0 if same else 1 if near else 2, crc32(f"{voice.id} {other.id}".encode())

    return sorted(others, key=distance)


def renderings_of(
    voice: Voice, voices: Mapping[str, Voice], engines: Sequence[str], nearest: Nearest = by_language
) -> tuple[Rendering, ...]:
    """One part for each engine that can speak it, best first.

    The engines that have the voice's own part come first, in their order; then those that have a part of the voice it is
    `like`; then those that have only other voices, each with the nearest one.
    """
    found: dict[str, Rendering] = {}
    for stand_in in _stand_ins(voice, voices, nearest):
        for engine in engines:
            if engine in stand_in.renderings:
                found.setdefault(engine, stand_in.renderings[engine])
    return tuple(found.values())


def _stand_ins(voice: Voice, voices: Mapping[str, Voice], nearest: Nearest) -> Iterator[Voice]:
    near: Voice | None = voice
    alike: dict[str, Voice] = {}
    while near is not None and near.id not in alike:
        alike[near.id] = near
        near = voices.get(near.like) if near.like else None
    yield from alike.values()
    # A person's clone never stands in for another voice.
    others = [other for name, other in voices.items() if name not in alike and name != CALLER and other.owner is None]
    yield from nearest(voice, others)
