"""Who answers this turn: by name, by floor, or by Claude.

The first two cost nothing and are decided at once. Claude is asked otherwise, while the agent who has the floor already begins to
answer; whoever is named then takes over, or nobody has to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agents.roster import Roster
from orchestrator.phrases import Phrases, Words, one_of, plain

MOST_SPEAKERS: Final = 3


@dataclass(frozen=True, slots=True)
class Speaker:
    agent: str
    brief: str = ""
    """What to add, in a few words; from the router, for this turn only."""


@dataclass(frozen=True, slots=True)
class Route:
    speakers: tuple[Speaker, ...]
    by: Literal["name", "floor", "claude"]


class Names:
    """Finds out who is addressed by name."""

    def __init__(self, roster: Roster, words: Words) -> None:
        self._owner = {plain(name): agent.id for agent in roster.agents for name in (agent.name, *agent.aliases)}
        every = one_of(self._owner)
        names = rf"{every}(?:(?: and| or|) (?:the )?{every})*"
        lead_in = rf"^(?:{one_of(words.lead_in)} )*"
        not_after = "".join(rf"(?<!\b{re.escape(word)} )" for word in words.not_before_a_name)
        self._each = re.compile(rf"\b{every}\b")
        self._patterns = (
            re.compile(rf"{lead_in}(?P<names>{names})(?!['-])\b"),
            re.compile(rf"{lead_in}{one_of(words.call_in)} (?:the )?(?P<names>{names})(?!['-])\b"),
            re.compile(rf" {not_after}(?P<names>{names})$"),
        )

    def addressed(self, text: str) -> tuple[str, ...]:
        """The ids of the agents spoken to, in the order of their names; empty when nobody is."""
        words = plain(text)
        for pattern in self._patterns:
            found = pattern.search(words)
            if found:
                ids = [self._owner[name] for name in self._each.findall(found["names"])]
                return tuple(dict.fromkeys(ids))[:MOST_SPEAKERS]
        return ()


class Router:
    """The stages that need no Claude, and the question for the one that does."""

    def __init__(self, roster: Roster, phrases: Phrases) -> None:
        self._roster = roster
        self._phrases = phrases
        self._names = Names(roster, phrases.words)

    def at_once(self, text: str, floor: str) -> Route | None:
        """The route, if it is plain without Claude: a name, the only agent there is, small talk, a short follow-up."""
        named = self._names.addressed(text)
        if named:
            return Route(tuple(Speaker(agent) for agent in named), "name")
        if len(self._roster.agents) == 1 or self._phrases.is_follow_up(text):
            return Route((Speaker(floor),), "floor")
        if self._phrases.is_small_talk(text):
            return Route((Speaker(self._roster.front_desk.id),), "floor")
        return None

    def read(self, choice: Mapping[str, Any], floor: str) -> Route:
        """Claude's choice (valid for the `route` tool) as a route; the one who has the floor anyway is no choice."""
        speakers = tuple(Speaker(speaker["agent"], speaker["brief"]) for speaker in choice["speakers"])
        if [speaker.agent for speaker in speakers] == [floor]:
            return Route((Speaker(floor),), "floor")
        return Route(speakers, "claude")
