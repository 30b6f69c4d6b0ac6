"""Which voice an agent has that names none: one of its own, always the same, as far as there are enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any, Final

MOST_REMEMBERED: Final = 2_000
"""Agents in the memory; of those that are gone, the first by id are kept."""


@dataclass(frozen=True)
class VoiceChoice:
    """The voices there are, as far as agents need to know them."""

    known: Collection[str]
    """All that an agent may name."""
    given: Collection[str]
    """Those of them that an agent may get without naming one."""
    remembered: Mapping[str, str] = field(default_factory=dict[str, str])
    """Which agent was given which voice before."""
    unusable: Collection[str] = ()
    """Names of broken files: an agent that names one is given a voice, as if it named none."""

    @classmethod
    def of(cls, voices: Collection[str]) -> VoiceChoice:
        """All of these may be named and given."""
        return cls(voices, voices)


def choose(agents: Collection[str], named: Sequence[str], choice: VoiceChoice) -> dict[str, str]:
    """A voice for each of these agents, by id; `named` are the voices of all other agents, one for each.

    What is remembered stays, whoever comes or goes. Beyond that each agent gets the voice that the fewest have, so each its own
    while there are enough; of those rather one that nobody names, then that of its own name, then one that no absent agent is
    remembered for, then by a hash of both ids. Depends on nothing else. Empty if no voice may be given.
    """
    given = sorted(set(choice.given))
    if not given:
        return {}
    chosen = {one: voice for one in agents if (voice := choice.remembered.get(one)) in given}
    used = Counter([*named, *chosen.values()])
    absent = {voice for one, voice in choice.remembered.items() if one not in chosen}

    def rank(one: str, voice: str) -> tuple[Any, ...]:
        return used[voice], voice in named, voice != one, voice in absent, _distance(one, voice)

    for one in sorted({*agents} - chosen.keys(), key=lambda one: (one not in given, one)):
        chosen[one] = min(given, key=partial(rank, one))
        used[chosen[one]] += 1
    return chosen


def remember(chosen: Mapping[str, str], present: Collection[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """What to keep for next time. An absent agent's voice stays its own until another one has it."""
    taken = {*chosen.values()}
    absent = sorted((one, voice) for one, voice in remembered.items() if one not in present and voice not in taken)
    return dict(sorted([*chosen.items(), *absent[: max(0, MOST_REMEMBERED - len(chosen))]]))


def _distance(agent: str, voice: str) -> bytes:
    """Rendezvous hashing: each agent orders the voices in its own way."""
    return blake2b(f"{agent} {voice}".encode("utf-8", "replace"), digest_size=8).digest()
