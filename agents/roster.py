"""Everybody who may be on a call: the agents' files, checked one by one and against each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agents.definition import Agent
from agents.errors import AgentError, FileError
from agents.tools import KNOWN
from agents.yaml_file import MAX_BYTES, Place, YamlFile, did_you_mean

_FILE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Roster:
    """The agents, the front desk first, the others by id. Immutable."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self.agents = tuple(sorted(agents, key=lambda agent: (not agent.front_desk, agent.id)))
        self._by_id: Mapping[str, Agent] = MappingProxyType({agent.id: agent for agent in self.agents})

    @property
    def front_desk(self) -> Agent:
        return self.agents[0]

    def __getitem__(self, agent_id: str) -> Agent:
        return self._by_id[agent_id]

    def __contains__(self, agent_id: object) -> bool:
        return agent_id in self._by_id

    def __iter__(self) -> Iterator[Agent]:
        return iter(self.agents)

    def __len__(self) -> int:
        return len(self.agents)

    def names(self) -> tuple[str, ...]:
        """How the agents are called, aliases not included: hints for a recogniser."""
        return tuple(agent.name for agent in self.agents)

    def all_names(self) -> tuple[str, ...]:
        """What callers call the agents, and what recognisers make of it."""
        return tuple(name for agent in self.agents for name in (agent.name, *agent.aliases))


def load(folders: Sequence[Path], prompts_dir: Path, *, known_voices: Collection[str] | None = None) -> Roster:
    """The agents of all folders; a file in a later folder replaces the one of the same name in an earlier one.

    A folder that does not exist holds nobody. `known_voices`, where given, are the only ones allowed. Raises FileError, or
    AgentError where no single file is to blame.
    """
    paths: dict[str, Path] = {}
    for folder in folders:
        paths |= {path.stem: path for path in _files(folder)}
    files = {stem: YamlFile(path) for stem, path in sorted(paths.items())}
    agents = {stem: _agent(file, prompts_dir) for stem, file in files.items()}
    for stem, agent in agents.items():
        _check_references(files[stem], agent, agents, known_voices)
    _check_names(files, agents)
    _check_front_desk(files, agents, folders)
    return Roster(agents.values())


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*.y*ml")):
        if path.suffix == ".yml":
            raise FileError(path, f"agents are .yaml files; rename it to {path.stem}.yaml")
        if not _FILE_NAME.fullmatch(path.stem):
            raise FileError(
                path, "the file's name is the agent's id: a-z, 0-9 and -, starting with a letter, at most 40; rename it"
            )
        yield path


def _agent(file: YamlFile, prompts_dir: Path) -> Agent:
    agent = file.validate(Agent, id=file.path.stem)
    if (written := file.data.get("id", agent.id)) != agent.id:
        raise file.error(("id",), f"`id` is the file's name, {agent.id}, not {written!r:.60}; delete the line")
    if agent.prompt.strip() != agent.prompt.strip().splitlines()[0] or not agent.prompt.strip().endswith(".md"):
        return agent
    return agent.model_copy(update={"prompt": _prompt(file, agent.prompt.strip(), prompts_dir)})


def _prompt(file: YamlFile, named: str, prompts_dir: Path) -> str:
    """A prompt kept in a file of its own: beside the agent's (in `prompts/`), or among the shipped ones."""
    name = named.removeprefix("prompts/")
    if "/" in name or "\\" in name:
        raise file.error(("prompt",), f"{named} is outside of prompts/; name a file there, as prompts/<file>.md")
    for folder in (file.path.parent / "prompts", prompts_dir):
        path = folder / name
        if path.is_file() and path.stat().st_size <= MAX_BYTES:
            try:
                return path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise FileError(path, "is not UTF-8; save it as UTF-8") from error
    beside = [path.name for path in prompts_dir.glob("*.md")]
    raise file.error(("prompt",), f"there is no {named} of at most 64 kB.{did_you_mean(name, beside)}")


def _check_references(file: YamlFile, agent: Agent, agents: Mapping[str, Agent], voices: Collection[str] | None) -> None:
    for at, tool in enumerate(agent.tools):
        if tool not in KNOWN:
            raise file.error(("tools", at), f"unknown tool `{tool}`.{did_you_mean(tool, KNOWN)}")
    for at, other in enumerate(agent.hands_over_to):
        if other == agent.id:
            raise file.error(("hands_over_to", at), "an agent cannot hand over to itself; delete it")
        if other not in agents:
            known = [stem for stem in agents if stem != agent.id]
            raise file.error(("hands_over_to", at), f"there is no agent `{other}`.{did_you_mean(other, known)}")
    if voices is not None and agent.voice not in voices:
        raise file.error(("voice",), f"there is no voice `{agent.voice}`.{did_you_mean(agent.voice, sorted(voices))}")


def _check_names(files: Mapping[str, YamlFile], agents: Mapping[str, Agent]) -> None:
    """Nobody answers to a name that another has: the caller could not say whom they mean."""
    places: list[tuple[str, Place, str]] = [(stem, ("name",), agent.name) for stem, agent in agents.items()]
    places += [(stem, ("aliases", at), alias) for stem, agent in agents.items() for at, alias in enumerate(agent.aliases)]
    taken: dict[str, str] = {}
    for stem, place, name in places:
        if (holder := taken.setdefault(name.casefold(), stem)) != stem:
            raise files[stem].error(place, f"`{name}` is already a name of {holder} ({files[holder].path}); choose another")


def _check_front_desk(files: Mapping[str, YamlFile], agents: Mapping[str, Agent], folders: Sequence[Path]) -> None:
    if not agents:
        raise AgentError(f"there are no agents in {', '.join(map(str, folders))}; put a <name>.yaml there")
    match [stem for stem, agent in agents.items() if agent.front_desk]:
        case []:
            raise AgentError(
                f"nobody answers the phone; write `front_desk: true` in one of {', '.join(str(f.path) for f in files.values())}"
            )
        case [first, second, *_]:
            raise files[second].error(
                ("front_desk",), f"{first} ({files[first].path}) has the front desk already; keep it in one"
            )
        case _:
            return
