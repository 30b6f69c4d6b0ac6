"""What stands ready beside an engine that tells no words: an engine on this machine that tells them, and goes on at once.

It says the same text, to be compared: that says where the first one is. When that one is late, the rest is asked for.
"""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import dataclass

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from voices.alignment import Reference
from voices.beside import Arrivals
from voices.synthesis import Rendering, Sound, SynthesisError, Synthesizer


@dataclass(frozen=True, slots=True)
class Boundary:
    """Before `sample` of a sound the words up to `char` are heard."""

    sample: int
    char: int


class Standby:
    """For what one engine says of one text."""

    def __init__(self, engine: Synthesizer, rendering: Rendering, text: str) -> None:
        self._engine, self.rendering, self._text = engine, rendering, text
        self._reference: Reference | None = None
        self._made = anyio.Event()
        self._comparing = anyio.Lock()
        self._compared = -1
        self._found = Boundary(0, 0)
        self._ready: tuple[str, Arrivals[Boundary]] | None = None

    async def run(self) -> None:
        """Makes what is compared. An engine that fails leaves nothing, and then boundaries are estimated."""
        sounds: list[Sound] = []
        with suppress(SynthesisError):  # it is told when that engine's turn comes
            async with aclosing(self._engine.speak(self._text, self.rendering)) as made:
                sounds += [sound async for sound in made]
        whole = Sound(b"".join(sound.pcm for sound in sounds), tuple(mark for sound in sounds for mark in sound.marks))
        self._reference = await to_thread.run_sync(Reference, whole, self._text, abandon_on_cancel=True)
        self._made.set()

    async def boundary(self, heard: bytes, released: int) -> Boundary:
        """The surest between two words, from the sample `released` on. The same sound is compared once."""
        await self._made.wait()
        async with self._comparing:
            if self._reference and (self._compared != len(heard) or self._found.sample < released):
                found = await to_thread.run_sync(self._reference.word_after, heard, released, abandon_on_cancel=True)
                self._found, self._compared = Boundary(*found), len(heard)
            return self._found

    def get_ready(self, found: Boundary, tasks: TaskGroup) -> None:
        """Asks for the rest of the text from there on; its first sound is kept."""
        text = self._text[found.char :]
        if self._ready is None or self._ready[0] != text:
            self.drop()
            self._ready = text, Arrivals(self._engine.speak(text, self.rendering))
            tasks.start_soon(self._ready[1].run)

    def take(self, text: str, rendering: Rendering) -> Arrivals[Boundary] | None:
        """What was made ready, if that is what this rendering is to say now."""
        ready, self._ready = self._ready, None
        if ready and (ready[0] == text and rendering is self.rendering):
            return ready[1]
        if ready:
            ready[1].stop()
        return None

    def drop(self) -> None:
        """Nobody needs what was made ready: the first engine speaks again."""
        if self._ready:
            self._ready[1].stop()
        self._ready = None
