"""Voices by the names that people give."""

from __future__ import annotations

from agents.folding import folded
from agents.yaml_file import did_you_mean
from orchestrator.errors import NoSuchEngine, NoSuchVoice
from orchestrator.lineup import Lineup
from voices.engine import Engine
from voices.engines.registry import BY_NAME
from voices.synthesis import Rendering, Synthesizer
from voices.voice import Voice


def voice_named(lineup: Lineup, name: str) -> Voice:
    """By id, or by an agent's id, name or alias. Raises NoSuchVoice."""
    if found := lineup.voices.get(name):
        return found
    for agent in lineup.found.agents.values():
        if folded(name) in map(folded, (agent.id, agent.name, *agent.aliases)) and agent.voice in lineup.voices:
            return lineup.voices[agent.voice]
    if broken := [str(error) for error in lineup.files.errors if error.path.stem == name]:
        raise NoSuchVoice(f"the voice `{name}` cannot be used: {broken[0]}", "correct that and run the command again")
    raise NoSuchVoice(f"there is no voice `{name}`.{did_you_mean(name, sorted(lineup.voices))}")


def engine_named(name: str) -> Engine[Synthesizer]:
    """Raises NoSuchEngine."""
    if (found := BY_NAME.get(name)) is None:
        raise NoSuchEngine(f"there is no voice engine `{name}`.{did_you_mean(name, list(BY_NAME))}")
    return found


def part_of(voice: Voice, engine: str, lineup: Lineup) -> tuple[Rendering, str] | None:
    """The voice's part for an engine, or that of the voice it is like, with that voice's id; None if an engine would have to take
    any other voice instead."""
    seen: set[str] = set()
    near: Voice | None = voice
    while near is not None and near.id not in seen:
        if part := near.renderings.get(engine):
            return part, near.id
        seen.add(near.id)
        near = lineup.voices.get(near.like or "")
    return None
