"""The agents' files, found and read: whose file counts, what it says, and all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agents import front_matter
from agents.checks import Candidates, contradictions
from agents.definition import LONGEST_PROMPT, Agent
from agents.errors import NO_FOLDER, AgentError, FileError
from agents.front_matter import MarkdownAgent
from agents.outside import Sources
from agents.voice_choice import VoiceChoice, choose
from agents.yaml_file import YamlFile, did_you_mean, read_text

AFTERWORD: Final = "written_for_work.md"
_SUFFIXES: Final = (".yaml", ".yml", ".md")
_FILE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Survey:
    """By id, people's own files last. With errors it is no roster, but what there is of one."""

    agents: Mapping[str, Agent]
    files: Mapping[str, YamlFile]
    errors: tuple[AgentError, ...]
    chosen: Mapping[str, str] = field(default_factory=dict[str, str])
    """The voices of those agents that name none, by id; `agents` have them, too."""


@dataclass(frozen=True)
class _Found:
    """What one id's files say: the last one counts, and Markdown knows the one before it."""

    file: YamlFile
    agent: Agent | None
    markdown: MarkdownAgent | None = None


def survey(
    folders: Sequence[Path],
    prompts_dir: Path,
    *,
    voices: VoiceChoice | None = None,
    sources: Sources | None = None,
    files: Sequence[Path] = (),
    without: Collection[Path] = (),
) -> Survey:
    """A file replaces the one of its id in an earlier folder; `files` come after all folders. Whatever they hold, nothing raises.

    In one folder `.yaml` goes before `.md`, and a folder that does not exist holds nobody. `voices` and `sources`, where
    given, are the only ones there are; an agent without a voice gets one of them. Files in `without` are not looked at.
    """
    errors = [FileError(folder, NO_FOLDER) for folder in folders if folder.exists() and not folder.is_dir()]
    found: dict[str, _Found] = {}
    for one, paths in _stacks([_candidates(folder, without) for folder in folders] + [list(files)], errors).items():
        try:
            if read := _read(paths, prompts_dir):
                found[one] = read
        except FileError as error:
            errors += (error, *error.others)
    agents = _agents(found, prompts_dir, () if voices is None else voices.known)
    chosen = _chosen(agents, voices)
    agents = {one: agent.model_copy(update={"voice": chosen.get(one, agent.voice)}) for one, agent in agents.items()}
    unread = {error.path.stem for error in errors}
    known = None if voices is None else voices.known
    candidates = Candidates(agents, {one: read.file for one, read in found.items()}, unread, known, sources)
    return Survey(candidates.agents, candidates.files, (*errors, *contradictions(candidates)), chosen)


def _chosen(agents: Mapping[str, Agent], voices: VoiceChoice | None) -> Mapping[str, str]:
    """Where no voices are known, each agent's is its id."""
    if voices is None:
        return {one: one for one, agent in agents.items() if not agent.voice}
    without = {one for one, agent in agents.items() if not agent.voice or agent.voice in voices.unusable}
    named = [agent.voice for one, agent in agents.items() if one not in without]
    return choose(without, named, voices)


def _agents(found: Mapping[str, _Found], prompts_dir: Path, voices: Collection[str]) -> dict[str, Agent]:
    """Those in Markdown are the last to choose among names. Raises FileError when a shipped file is missing."""
    agents = {one: read.agent for one, read in found.items() if read.agent and not read.markdown}
    for one, read in found.items():
        if read.markdown:
            afterword = read_text(prompts_dir / AFTERWORD).strip()
            agents[one] = read.markdown.as_agent(read.agent, tuple(agents.values()), voices, afterword)
    return {one: agents[one] for one in found}


def _candidates(folder: Path, without: Collection[Path]) -> list[Path]:
    """Hidden files are editors' and systems'."""
    found = (path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in found if path not in without)


def _stacks(layers: Sequence[Sequence[Path]], errors: list[FileError]) -> dict[str, list[Path]]:
    """Each id's files, the one that counts last; ids in the order of the folders that their last file is in."""
    stacks: dict[str, list[Path]] = {}
    for layer in layers:
        here: dict[str, Path] = {}
        for path in sorted(layer, key=lambda path: path.suffix != ".md"):  # of two with one id, YAML is the one that stays
            try:
                one = _id(path)
            except FileError as error:
                errors.append(error)
                continue
            if one in here and here[one].suffix == path.suffix:
                errors.append(FileError(path, f"{here[one].name} gives the same agent's id, {one}; rename one of the two"))
            here[one] = path
        for one, path in sorted(here.items()):
            stacks[one] = [*stacks.pop(one, []), path]
    return stacks


def _id(path: Path) -> str:
    if path.exists() and not path.is_file():  # to open a pipe is to wait for its other end
        raise FileError(path, "is no file; move it away")
    if path.suffix == ".md":
        return front_matter.agent_id(path)
    if path.suffix != ".yaml":
        raise FileError(path, f"agents are .yaml files; rename it to {path.stem}.yaml")
    if not _FILE_NAME.fullmatch(path.stem):
        raise FileError(path, "the file's name is the agent's id: a-z, 0-9 and -, starting with a letter, at most 40; rename it")
    return path.stem


def _read(paths: Sequence[Path], prompts_dir: Path) -> _Found | None:
    """None where there are only files that are no agents, such as a README."""
    *before, path = paths
    if path.suffix == ".yaml":
        file = YamlFile(path)
        return _Found(file, _agent(file, prompts_dir))
    earlier = _read(before, prompts_dir) if before else None
    markdown = front_matter.read(path)
    if markdown is None:
        return earlier
    return _Found(markdown.file, earlier.agent if earlier else None, markdown)


def _agent(file: YamlFile, prompts_dir: Path) -> Agent:
    agent = file.validate(Agent, id=file.path.stem)
    if (written := file.data.get("id", agent.id)) != agent.id:
        raise file.error(("id",), f"`id` is the file's name, {agent.id}, not {written!r:.60}; delete the line")
    text = agent.prompt.strip()
    if "\n" not in text and text.endswith(".md"):
        text = _prompt(file, text, prompts_dir).strip()
    if not 0 < len(text) <= LONGEST_PROMPT:
        raise file.error(
            ("prompt",), f"the prompt has {len(text):,} characters; write who the agent is in at most {LONGEST_PROMPT:,}"
        )
    return agent.model_copy(update={"prompt": text})


def _prompt(file: YamlFile, named: str, prompts_dir: Path) -> str:
    """A prompt kept in a file of its own: beside the agent's (in `prompts/`), or among the shipped ones."""
    name = named.removeprefix("prompts/")
    if "/" in name or "\\" in name:
        raise file.error(("prompt",), f"{named} is outside of prompts/; name a file there, as prompts/<file>.md")
    beside = (file.path.parent / "prompts", prompts_dir)
    for folder in beside:
        if (path := folder / name).is_file():
            return read_text(path)
    known = [path.name for folder in beside for path in sorted(folder.glob("*.md"))]
    raise file.error(("prompt",), f"there is no {named}; write it, beside the agent's file.{did_you_mean(name, known)}")
