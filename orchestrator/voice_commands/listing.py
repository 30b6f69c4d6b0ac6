"""`pai-voice voices list`: every voice, whose it is, who has it, and which engines can speak it here."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.config import Settings
from orchestrator.lineup import Lineup
from orchestrator.rosters import lineup_of
from orchestrator.voice_commands.found import part_of
from voices.engines.registry import BY_NAME, LAST_RESORT
from voices.pai_voices import ENGINE
from voices.voice import SHIPPED, Voice


@dataclass(frozen=True)
class EngineHere:
    """One engine on this machine."""

    name: str
    why_not: str | None
    """None if it can speak here."""
    marking: str
    """How its sound is marked as synthetic."""

    def as_text(self) -> str:
        marked = f"marked: {self.marking}" if self.marking != "none" else "its sound is not marked as synthetic"
        return f"{self.name}: {self.why_not or 'speaks here'}; {marked}"


@dataclass(frozen=True)
class VoiceHere:
    """One voice on this machine."""

    id: str
    description: str
    language: str
    origin: str
    """`shipped`, `yours` or `pai`."""
    owner: str | None
    """Whose voice it is, if a person's."""
    agents: tuple[str, ...]
    engines: dict[str, str | None]
    """By engine in the order of the settings: None if it can speak the voice here, else why not."""

    def as_row(self) -> tuple[str, ...]:
        spoken = [name for name, why_not in self.engines.items() if why_not is None]
        whose = f"{self.owner}'s" if self.owner else {"shipped": "nobody's", "yours": "yours", "pai": "PAI's"}[self.origin]
        return self.id, ", ".join(self.agents), ", ".join(spoken) or "none here", whose, self.language, self.description


@dataclass(frozen=True)
class Listing:
    voices: tuple[VoiceHere, ...]
    engines: tuple[EngineHere, ...]
    broken: tuple[str, ...]
    """What is wrong with files, PAI's among them."""


def listing(settings: Settings) -> Listing:
    """Reads files and looks for engines; loads none."""
    lineup = lineup_of(settings)
    order = dict.fromkeys((*settings.voices.engines, LAST_RESORT, *BY_NAME))
    used = {*settings.voices.engines, LAST_RESORT}
    engines = [
        EngineHere(
            name, engine.missing(settings.voices.of(name)) if name in used else "not in `engines` in [voices]", engine.marking
        )
        for name in order
        if (engine := BY_NAME.get(name))
    ]
    voices = [_voice(voice, engines, lineup) for _, voice in sorted(lineup.voices.items())]
    errors = (*lineup.files.errors, *lineup.pai.errors)
    return Listing(tuple(voices), tuple(engines), tuple(str(error) for error in errors))


def _voice(voice: Voice, engines: list[EngineHere], lineup: Lineup) -> VoiceHere:
    agents = tuple(agent.id for agent in lineup.found.agents.values() if agent.voice == voice.id)
    states = {engine.name: engine.why_not or _no_part(voice, engine.name, lineup) for engine in engines}
    owner = voice.owner.name if voice.owner else None
    return VoiceHere(voice.id, voice.description, voice.language, _origin(voice, lineup), owner, agents, states)


def _no_part(voice: Voice, engine: str, lineup: Lineup) -> str | None:
    match part_of(voice, engine, lineup):
        case (_, voice.id):
            return None
        case (_, near):
            return f"it has no part for it; {near} is heard instead"
        case _:
            return "it has no part for it; the nearest voice is heard instead"


def _origin(voice: Voice, lineup: Lineup) -> str:
    file = lineup.files.voices.get(voice.id)
    if file is None:
        return "pai"
    return "shipped" if all(part.folder == SHIPPED for name, part in file.renderings.items() if name != ENGINE) else "yours"
