"""What must hold among the agents of one roster, though each file is right by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from agents.definition import Agent
from agents.errors import AgentError, FileError
from agents.folding import folded
from agents.outside import ALL, PYTHON, Sources, wrong_with
from agents.tools import KNOWN
from agents.yaml_file import Place, YamlFile, did_you_mean


@dataclass(frozen=True)
class Candidates:
    """Agents and their files, by id. Where two cannot both be right the later one is blamed: people's own come last."""

    agents: Mapping[str, Agent]
    files: Mapping[str, YamlFile]
    unread: Collection[str] = ()
    """Ids of files that could not be read: they exist, but nothing is known of them."""
    voices: Collection[str] | None = None
    sources: Sources | None = None
    """Of tools that others bring."""


def contradictions(candidates: Candidates) -> Iterator[AgentError]:
    """Everything that is wrong, each with its place and its fix."""
    for agent_id in candidates.agents:
        yield from _references(candidates, agent_id)
    yield from _names(candidates)
    yield from _circles(candidates)
    yield from _front_desk(candidates)


def _references(candidates: Candidates, agent_id: str) -> Iterator[FileError]:
    agent, file = candidates.agents[agent_id], candidates.files[agent_id]
    for at, tool in enumerate(agent.tools):
        if tool not in KNOWN and (problem := wrong_with(tool, candidates.sources)):
            yield file.error(("tools", at), problem)
    named = [tool.removeprefix(PYTHON).rpartition(":")[2] if tool.startswith(PYTHON) else tool for tool in agent.tools]
    for at, name in enumerate(named):
        if name in named[:at] and agent.tools[at] not in agent.tools[:at]:
            yield file.error(("tools", at), f"another of its tools is called `{name}`, too; rename one of the functions")
    for at, risky in enumerate(agent.risky_tools or ()):
        if not any(_meet(risky, tool) for tool in agent.tools):
            near = did_you_mean(risky, agent.tools)
            yield file.error(("risky_tools", at), f"`{risky}` is none of its `tools`; write it as it stands there.{near}")
    for at, other in enumerate(agent.hands_over_to):
        if other == agent.id:
            yield file.error(("hands_over_to", at), "an agent cannot hand over to itself; delete it")
        elif other not in candidates.agents and other not in candidates.unread:
            known = [stem for stem in candidates.agents if stem != agent.id]
            yield file.error(("hands_over_to", at), f"there is no agent `{other}`.{did_you_mean(other, known)}")
    if not agent.voice:
        yield file.error((), "there is no voice left for this agent; write `voice`, or add a file to voices/")
    elif candidates.voices is not None and agent.voice not in candidates.voices:
        yield file.error(("voice",), f"there is no voice `{agent.voice}`.{did_you_mean(agent.voice, sorted(candidates.voices))}")


def _meet(pattern: str, tool: str) -> bool:
    """Whether a pattern may speak of a tool, or of one of a server's."""
    return fnmatchcase(tool, pattern) or (tool.endswith(f"/{ALL}") and pattern.startswith(tool.removesuffix(ALL)))


def _names(candidates: Candidates) -> Iterator[FileError]:
    """Nobody answers to a name that another has: the caller could not say whom they mean."""
    places: list[tuple[str, Place, str]] = [(one, ("name",), agent.name) for one, agent in candidates.agents.items()]
    places += [
        (one, ("aliases", at), alias) for one, agent in candidates.agents.items() for at, alias in enumerate(agent.aliases)
    ]
    folders = list(dict.fromkeys(candidates.files[one].path.parent for one in candidates.agents))
    taken: dict[str, str] = {}
    for one, place, name in sorted(places, key=lambda found: folders.index(candidates.files[found[0]].path.parent)):
        if (holder := taken.setdefault(folded(name), one)) != one:
            yield candidates.files[one].error(
                place, f"`{name}` is already a name of {holder} ({candidates.files[holder].path}); choose another"
            )


def _circles(candidates: Candidates) -> Iterator[FileError]:
    """Agents that name each other would pass a caller round; the front desk, who takes all that nobody claims, may be named."""
    ways = {
        one: [to for to in agent.hands_over_to if to != one and to in candidates.agents and not candidates.agents[to].front_desk]
        for one, agent in candidates.agents.items()
    }
    told: set[frozenset[str]] = set()
    for one in reversed([*candidates.agents]):
        circle = _way_back(one, ways)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            place = ("hands_over_to", candidates.agents[one].hands_over_to.index(circle[0]))
            round_trip = " → ".join([one, *circle])
            yield candidates.files[one].error(
                place, f"hand-overs go in a circle: {round_trip}; delete one (only the front desk may be handed back to)"
            )


def _way_back(start: str, ways: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from an agent to itself, without its start; empty if there is none."""
    trails = [[step] for step in ways[start]]
    seen: set[str] = set()
    for trail in trails:
        if trail[-1] == start:
            return trail
        if trail[-1] not in seen:
            seen.add(trail[-1])
            trails += [[*trail, step] for step in ways[trail[-1]]]
    return []


def _front_desk(candidates: Candidates) -> Iterator[AgentError]:
    match [one for one, agent in candidates.agents.items() if agent.front_desk]:
        case [] if candidates.agents and not candidates.unread:
            files = ", ".join(str(file.path) for file in candidates.files.values())
            yield AgentError(f"nobody answers the phone; write `front_desk: true` in one of {files}")
        case [first, second, *_]:
            yield candidates.files[second].error(
                ("front_desk",), f"{first} ({candidates.files[first].path}) has the front desk already; keep it in one"
            )
        case _:
            return
