"""What `agents lint` says of voices: agents who sound like each other, and whose voice it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from itertools import combinations
from pathlib import Path
from typing import Final

from agents.errors import AgentError
from agents.survey import Survey
from agents.yaml_file import did_you_mean
from orchestrator.config import Settings
from orchestrator.lineup import Lineup
from orchestrator.voice_memory import FILE
from orchestrator.voice_pairs import near_twins
from voices.pai_voices import ENGINE
from voices.voice import SHIPPED, Voice, VoiceFileError

OF_A_PERSON: Final = frozenset({"clip"})
"""Options by which an engine speaks as somebody who was recorded."""


def shared_voices(found: Survey, free: Collection[str]) -> Iterator[AgentError]:
    """An agent that names a voice which another one has; and all together those who name none and share one. `free` are the
    voices that nobody has, of those that may be given."""
    agents_of: defaultdict[str, list[str]] = defaultdict(list)
    for one, agent in found.agents.items():
        agents_of[agent.voice].append(one)
    crowd = not free or max(Counter(found.agents[one].voice for one in found.chosen).values(), default=0) > 1
    crowded: set[str] = set()
    for voice, agents in agents_of.items():
        naming = [one for one in agents if one not in found.chosen]
        given = [one for one in agents if one in found.chosen]
        if crowd:
            crowded |= {*given} if len(agents) > 1 else set()
            given = []
        first, *later = [*given, *naming] or [""]
        for one in later:
            problem = f"`{voice}` is {first}'s voice too, so who speaks is hard to tell; take another, or leave `voice` out"
            yield found.files[one].error(("voice",), problem)
    if crowded:
        enough = f"though nobody has {', '.join(sorted(free))}; delete {FILE} in the data folder, and all are given anew"
        few = "as there are too few; add files to voices/, or make some with `pai-voice voices clone`"
        yield AgentError(f"{len(crowded)} agents that name no voice share one with another, {enough if free else few}")


def voice_advice(lineup: Lineup, settings: Settings) -> Iterator[VoiceFileError]:
    """Warnings about the voices that agents have."""
    agents_of: defaultdict[str, list[str]] = defaultdict(list)
    for one, agent in lineup.found.agents.items():
        agents_of[agent.voice].append(one)
    used = {name: lineup.voices[name] for name in sorted(agents_of) if name in lineup.voices}
    for name, voice in lineup.voices.items():
        if voice.like and voice.like not in lineup.voices:
            hint = did_you_mean(voice.like, sorted(lineup.voices))
            yield VoiceFileError(_file(voice), f"`like`: there is no voice `{voice.like}`.{hint}")
        if name in used and voice.owner is None and (engine := _cloned_by(voice)):
            problem = f"{', '.join(agents_of[name])} speaks as a person who was recorded (engines.{engine}), and nothing says who"
            yield VoiceFileError(_file(voice), f"{problem}; add `owner: {{name: …, consent: …}}`, in their own words")
    for (one, first), (other, second) in combinations(used.items(), 2):
        if (said := _id(first)) and said == _id(second):
            who = f"{agents_of[one][0]} and {agents_of[other][0]}"
            yield VoiceFileError(_file(second), f"{who} have the same voice at ElevenLabs, {said}; give one of them another")
    for one, other, why in near_twins(settings.home, used):
        who = f"{agents_of[one][0]} and {agents_of[other][0]} could be confused: their voices `{one}` and `{other}` {why}"
        yield VoiceFileError(_file(used[other]), f"{who}; change one, and run `pai-voice voices check` again")


def _file(voice: Voice) -> Path:
    """Where it is written; where it only stands in PAI's files, their folder's."""
    folder = next((part.folder for name, part in voice.renderings.items() if name != ENGINE), None)
    return (folder or next((part.folder for part in voice.renderings.values()), SHIPPED)) / f"{voice.id}.yaml"


def _id(voice: Voice) -> object:
    part = voice.renderings.get(ENGINE)
    return part.options.get("voice_id") if part else None


def _cloned_by(voice: Voice) -> str | None:
    """Shipped voices are nobody's, also where an engine takes a clip of them."""
    parts = voice.renderings.items()
    return next((name for name, part in parts if part.options.keys() & OF_A_PERSON and part.folder != SHIPPED), None)
