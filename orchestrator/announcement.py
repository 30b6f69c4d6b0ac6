"""Words of the phone's own, straight to the line: past ear, mind and mouth, which may have broken, or are not wanted."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import anyio

from agents.definition import Agent
from orchestrator.events import SaidText
from orchestrator.journal import Journal
from telephony.line import Line, LineError
from voices.audio import FRAME_S, frames
from voices.catalogue import Catalogue
from voices.synthesis import Sound, SynthesisError

LONGEST_S: Final = 12.0  # for all of it


async def announce(line: Line, journal: Journal, catalogue: Catalogue, agent: Agent, text: str) -> None:
    """Say `text` instead of whatever was being said. What fails here is let be: the call ends either way."""
    with anyio.move_on_after(LONGEST_S), suppress(LineError, SynthesisError):
        sounds = [sound async for sound in catalogue.speak(text, agent.voice) if isinstance(sound, Sound)]
        from_s = heard_s = await line.clear()
        for frame in frames(b"".join(sound.pcm for sound in sounds)):
            heard_s = await line.play(frame)
            journal.play(frame, journal.on_axis(heard_s))
        said = SaidText(
            turn=0,
            agent=agent.id,
            voice=agent.voice,
            text=text,
            from_s=round(journal.on_axis(from_s), 3),
            to_s=round(journal.on_axis(heard_s + FRAME_S), 3),
            aside=True,
        )
        journal.write(said, said.to_s)
