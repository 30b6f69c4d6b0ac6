"""Which words a recogniser is told to expect: the names by which people call the agents, not how recognisers misspell them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from agents.roster import Roster
from orchestrator.confusable import alike, distance
from orchestrator.sound_alike import sound

_MISSPELT: Final = 0.34  # of the sounds of the longer one: "Kaj" for Kai, "Searcher" for Researcher, not "Ava"


def hints(roster: Roster, lately: Iterable[str] = ()) -> tuple[str, ...]:
    """The most likely first: the names of those who spoke `lately` (ids), of the front desk, then of the others.

    A recogniser may have room for some only. Of a name and what sounds like it, only one is among them.
    """
    order = dict.fromkeys((*lately, *(agent.id for agent in roster)))
    called = (_called(roster[one].name, roster[one].aliases) for one in order if one in roster)
    return tuple(dict.fromkeys(name for names in called for name in names))


@lru_cache(1_000)
def _called(name: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The name, and the aliases that sound unlike it and unlike each other: Marcus, but no Markus, and no Marcus Webb as well."""
    known = [name]
    for alias in aliases:
        if not any(_same(alias, one) for one in known):
            known.append(alias)
    return tuple(known)


def _same(alias: str, name: str) -> bool:
    if alias.casefold().startswith(f"{name.casefold()} ") or alike(alias, name):
        return True
    return distance(sound(alias), sound(name)) <= _MISSPELT
