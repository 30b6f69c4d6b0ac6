"""Who is on the line and with which voice: the files of agents, of voices and of PAI, put together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from agents import front_matter
from agents.definition import Agent
from agents.errors import FileError
from agents.folding import folded
from agents.outside import Sources
from agents.roster import Roster, roster
from agents.survey import Survey, survey
from agents.voice_choice import VoiceChoice, choose
from voices.catalogue import CALLER
from voices.engines.registry import BY_NAME
from voices.pai_voices import ENGINE, PaiVoice, PaiVoices, as_voice, read_pai_voices, root, voice_id
from voices.spoken_form import PronunciationError, SpokenWords, load_pronunciation
from voices.voice import NONE, Voice, VoiceFiles, read_voices


@dataclass(frozen=True)
class Lineup:
    """Whatever the files hold: what is wrong with them stands in `found.errors`, `files.errors` and `pai.errors`."""

    found: Survey
    voices: Mapping[str, Voice]
    """All there are, PAI's among them."""
    files: VoiceFiles
    pai: PaiVoices = field(default_factory=PaiVoices)
    words: SpokenWords = field(default_factory=SpokenWords)
    mispronounced: tuple[PronunciationError, ...] = ()
    """What is wrong with the files of pronunciation; the words are as they last were good."""

    @property
    def free(self) -> frozenset[str]:
        """Voices that an agent could be given, and that nobody has."""
        return frozenset(voice_choice(self.files.voices).given) - {agent.voice for agent in self.found.agents.values()}

    @property
    def roster(self) -> Roster:
        """Raises AgentError, for the first agent that is wrong."""
        return roster(self.found)


def line_up(
    agents: Sequence[Path],
    voices: Sequence[Path],
    prompts: Path,
    *,
    remembered: Mapping[str, str],
    pai: Path | None = None,
    before: Lineup | None = None,
    sources: Sources | None = None,
    files: Sequence[Path] = (),
    without: Collection[Path] = (),
) -> Lineup:
    """Reads the disk. Raises FileError only for a file that comes with PAI Voice.

    Of two files of one name, that in the later folder counts; `files` are agents over all others, and those in `without` are not
    looked at. `sources` are of tools that others bring.
    A voice's file that is broken leaves the voice that was there `before`, or what else there is of that name. An agent that
    names it when there is nothing is given another one, as are agents that name none. An agent's voice in PAI is its own here.
    """
    read = read_voices(*voices, last_good=before.files.voices if before else NONE)
    words, mispronounced = _words(voices, before)
    known = _pai(pai, agents, files)
    ours = {**known.agents}
    if known.assistant and (name := voice_id(known.name)):
        ours[name] = known.assistant
    choice = voice_choice(read.voices, remembered=remembered, unusable=read.unusable - ours.keys())
    choice = replace(choice, known={*choice.known, *ours} - {CALLER})
    found = survey(agents, prompts, voices=choice, sources=sources, files=files, without=without)
    if known.assistant and (own := _assistant(known.name, found)):
        ours[own] = known.assistant
    everybody = {**read.voices, **_pai_voices(ours, read.voices, found, choice)}
    return Lineup(_with_pai(found, ours, read.voices), everybody, read, known, words, mispronounced)


def voice_choice(
    voices: Mapping[str, Voice], *, remembered: Mapping[str, str] | None = None, unusable: frozenset[str] = frozenset()
) -> VoiceChoice:
    """What agents may name and be given: no agent has the voice of callers that are made, and none a person's by chance."""
    known = voices.keys() - {CALLER}
    return VoiceChoice(known, {one for one in known if voices[one].owner is None}, remembered or {}, unusable)


def _words(folders: Sequence[Path], before: Lineup | None) -> tuple[SpokenWords, tuple[PronunciationError, ...]]:
    try:
        return SpokenWords(load_pronunciation(*folders)), ()
    except PronunciationError as error:
        return before.words if before else SpokenWords(load_pronunciation()), (error,)


def _pai(home: Path | None, folders: Sequence[Path], files: Sequence[Path]) -> PaiVoices:
    """Nothing, as long as there is no engine for it."""
    if ENGINE not in BY_NAME:
        return PaiVoices()
    folders = (*((root(home) / "agents",) if home else ()), *folders)
    agents: dict[str, Path] = {}
    for path in (*(path for folder in folders for path in sorted(folder.glob("*.md"))), *files):
        try:
            if path.suffix == ".md":
                agents[front_matter.agent_id(path)] = path
        except FileError:  # the survey says so
            continue
    return read_pai_voices(home, agents)


def _assistant(name: str, found: Survey) -> str | None:
    """Who is PAI's assistant here: the agent of that name, else the front desk; None if it names another voice than its own."""
    agents = found.agents.values()
    named = (one for one in agents if folded(name) in map(folded, (one.id, one.name, *one.aliases)))
    agent = next(chain(named, (one for one in agents if one.front_desk)), None)
    return agent.id if agent and (agent.voice == agent.id or agent.id in found.chosen) else None


def _pai_voices(ours: Mapping[str, PaiVoice], files: Mapping[str, Voice], found: Survey, choice: VoiceChoice) -> dict[str, Voice]:
    """For other engines than ElevenLabs' those without a file are like the voice that their agent was given, or would be."""
    nobodys = choose(ours.keys() - files.keys() - found.chosen.keys(), (), replace(choice, remembered={}))
    return {one: as_voice(one, voice, files.get(one), found.chosen.get(one, nobodys.get(one))) for one, voice in ours.items()}


def _with_pai(found: Survey, ours: Mapping[str, PaiVoice], files: Mapping[str, Voice]) -> Survey:
    """An agent that names no voice has its own of PAI, unless the file of that name is a person's."""

    def own(agent: Agent) -> bool:
        file = files.get(agent.id)
        return agent.id in ours and agent.id in found.chosen and (file is None or file.owner is None)

    agents = {one: agent.model_copy(update={"voice": one}) if own(agent) else agent for one, agent in found.agents.items()}
    return replace(found, agents=agents)
