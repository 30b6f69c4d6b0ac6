"""How a model says which agents it means, and in how many words: by id or by name, in whatever form the sense is plain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator

from agents import bounds
from agents.definition import Agent
from agents.mending import key

MOST_SPEAKERS: Final = 3


def ids(agents: Sequence[Agent]) -> Mapping[str, str]:
    """By all that they may be called; an id before a name, a name before an alias."""
    names = [*((agent.id, agent) for agent in agents), *((agent.name, agent) for agent in agents)]
    names += [(alias, agent) for agent in agents for alias in agent.aliases]
    return {key(name): agent.id for name, agent in reversed(names)}


def one_of(agents: Sequence[Agent]) -> Any:
    return Annotated[Literal[tuple(agent.id for agent in agents)], BeforeValidator(partial(_id, ids(agents)))]


def _id(known: Mapping[str, str], given: object) -> object:
    """An agent's id, who may be called by name, with `the` or `agent` before it."""
    if not isinstance(given, str):
        return given
    bare = key(given)
    return next((known[one] for one in (bare, bare.removeprefix("the"), bare.removeprefix("agent")) if one in known), given)


def chosen(known: Mapping[str, str], given: object) -> object:
    """The first three that are meant, each once, in whatever form; as it was given where nobody is."""
    found: dict[str, object] = {}
    for one in _each(given):
        fields = cast("dict[str, object]", one) if isinstance(one, dict) else {"agent": one}
        who = next((fields[name] for name in ("agent", "id", "name", "speaker") if name in fields), None)
        brief = fields.get("brief")
        if isinstance(id := _id(known, who), str) and id in known.values() and id not in found:
            found[id] = {"agent": id, "brief": brief} if isinstance(brief, str) else {"agent": id}
    return list(found.values())[:MOST_SPEAKERS] or given


def _each(given: object) -> Iterable[object]:
    match given:
        case str() if given.lstrip()[:1] in ("[", "{", '"'):
            try:
                return _each(bounds.data(given, bounds.TOOL_INPUT_CHARS))
            except ValueError:
                return ()
        case str():
            return given.replace(" and ", ",").split(",")
        case list():
            return cast("list[object]", given)
        case _:
            return (given,)


def beginning(most: int) -> BeforeValidator:
    """For a text of which the beginning is enough."""
    return BeforeValidator(partial(_beginning, most))


def _beginning(most: int, given: object) -> object:
    return bounds.text(given, most) if isinstance(given, str) else given
