"""Who answers this turn: by name, by floor, or by Claude.

The first two cost nothing and are decided at once. Claude is asked otherwise, while the agent who has the floor already begins to
answer; whoever is named then takes over, or nobody has to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agents.roster import Roster
from agents.who import MOST_SPEAKERS
from orchestrator.hints import hints
from orchestrator.names import Names
from orchestrator.phrases import Phrases

Act = Literal["stop", "moment", "goodbye"]


@dataclass(frozen=True, slots=True)
class Speaker:
    agent: str
    brief: str = ""
    """What to add, in a few words; from the router, for this turn only."""
    plain: tuple[str, ...] = ()
    """Sentences to say instead, should Claude fail."""


@dataclass(frozen=True, slots=True)
class Route:
    speakers: tuple[Speaker, ...]
    by: Literal["name", "floor", "claude"]
    because: str = ""
    """What decided it, in plain words, for people."""


class Router:
    """The stages that need no Claude, and the question for the one that does."""

    def __init__(self, roster: Roster, phrases: Phrases) -> None:
        self._roster = roster
        self._phrases = phrases
        self._names = Names(roster, phrases.words)

    @property
    def desk(self) -> str:
        return self._roster.front_desk.id

    def act(self, text: str) -> Act | None:
        """What the phone does by itself, without an answer; None when somebody should answer."""
        if self._phrases.is_moment(text):
            return "moment"
        if self._phrases.is_stop(text):
            return "stop"
        return "goodbye" if self._phrases.is_goodbye(text) else None

    def named(self, text: str) -> tuple[str, ...]:
        """Who is spoken to by name, else whose name is mentioned."""
        addressed = self._names.addressed(text)
        return addressed.agents if addressed else self._names.mentions(text)

    def at_once(self, text: str, floor: str) -> Route | None:
        """The route, if it is plain without Claude: a name, the only agent there is, an order, small talk, a short follow-up."""
        if named := self._names.addressed(text):
            heard = ", ".join(f'"{name}"' for name in named.heard)
            return Route(tuple(map(Speaker, named.agents[:MOST_SPEAKERS])), "name", f"{heard}: {named.how}")
        if len(self._roster) == 1:
            return Route((Speaker(floor),), "floor", "there is nobody else")
        desk = self._roster.front_desk
        if self._phrases.is_order(text):
            return Route((Speaker(desk.id),), "floor", f"an order to the phone, which {desk.name} takes")
        if self._phrases.is_small_talk(text):
            return Route((Speaker(desk.id),), "floor", f"small talk, which {desk.name} takes")
        if self._phrases.is_follow_up(text) and not self._names.mentioned(text):
            return Route((Speaker(floor),), "floor", "it only goes on with what was said")
        return None

    def read(self, choice: Mapping[str, Any], floor: str) -> Route:
        """Claude's choice (valid for the `route` tool) as a route; the one who has the floor anyway is no choice."""
        speakers = tuple(Speaker(speaker["agent"], speaker["brief"]) for speaker in choice["speakers"])
        if [speaker.agent for speaker in speakers] == [floor]:
            return Route((Speaker(floor),), "floor")
        return Route(speakers, "claude")


def router_of(roster: Roster, phrases: Phrases) -> Router:
    """A router between these agents. Works out how all their names sound, so call it in a thread: a large roster takes 0.5 s."""
    hints(roster)  # remembered
    return Router(roster, phrases)
