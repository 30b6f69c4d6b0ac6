"""Words of the phone's own, straight to the line: past ear, mind and mouth, which may have broken, or are not wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Final

import anyio

from agents.definition import Agent
from orchestrator.journal import Journal
from orchestrator.meter import spoken
from orchestrator.mixer import Clip, ClipHeard
from orchestrator.pacer import said
from telephony.line import Line, LineError
from voices.audio import FRAME_S, frames
from voices.catalogue import Catalogue, Charge
from voices.synthesis import Sound, SynthesisError

LONGEST_S: Final = 12.0  # for all of it


async def announce(line: Line, journal: Journal, catalogue: Catalogue, agent: Agent, text: str) -> None:
    """Say `text` instead of whatever was being said. What fails here is let be: the call ends either way."""
    with anyio.move_on_after(LONGEST_S), suppress(LineError, SynthesisError):
        sounds = [sound async for sound in _sounds(journal, catalogue, text, agent.voice)]
        from_s = heard_s = await line.clear()
        for frame in frames(b"".join(sound.pcm for sound in sounds)):
            heard_s = await line.play(frame)
            journal.play(frame, journal.on_axis(heard_s))
        clip = Clip(0, agent.id, agent.voice, text, aside=True)
        fact = said(ClipHeard(clip, text, from_s, heard_s + FRAME_S, interrupted=False), journal)
        journal.write(fact, fact.to_s)


async def _sounds(journal: Journal, catalogue: Catalogue, text: str, voice: str) -> AsyncIterator[Sound]:
    """What it costs goes to the journal."""
    async with aclosing(catalogue.speak(text, voice)) as parts:
        async for part in parts:
            if isinstance(part, Charge):
                journal.write(spoken(part, 0))
            elif isinstance(part, Sound):
                yield part
