"""The mouth of a call: sentences become clips, one ahead of what is being heard."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

import anyio
from anyio.lowlevel import checkpoint_if_cancelled
from anyio.streams.memory import MemoryObjectReceiveStream

from orchestrator.events import FirstAudio, VoiceChanged
from orchestrator.meter import spoken
from orchestrator.mixer import Clip, Mixer
from orchestrator.reply import Reply
from orchestrator.speech import Sentence
from voices.catalogue import Catalogue, Charge, Fallback
from voices.synthesis import SynthesisError

AHEAD: Final = 2  # sentences that wait, synthesised: enough for no gap, little to throw away at a barge-in
LOST: Final = 3  # sentences in a row that no engine could say


class Mouth:
    def __init__(self, catalogue: Catalogue, mixer: Mixer) -> None:
        self._catalogue = catalogue
        self._mixer = mixer
        self._moved = anyio.Event()
        self._unsaid = 0
        self._changed: set[str] = set()

    @property
    def lost(self) -> bool:
        """No engine can say anything any more."""
        return self._unsaid >= LOST

    def moved(self) -> None:
        """A clip began to be heard: there is room for the next."""
        self._moved.set()
        self._moved = anyio.Event()

    async def voice(self, sentences: MemoryObjectReceiveStream[Sentence], reply: Reply) -> None:
        """Speak what comes, in order, until the stream ends."""
        async with sentences:
            async for sentence in sentences:
                while self._mixer.backlog >= AHEAD:
                    await self._moved.wait()
                await self.say(sentence, reply)

    async def say(self, sentence: Sentence, reply: Reply, *, filler: bool = False) -> None:
        """Queue one sentence as soon as its first sound is there; returns when all of it is.

        A filler goes before what waits, may be heard though the answer is still a guess, and is left out if that is being said,
        or has been.
        """
        agent = sentence.agent
        clip = Clip(reply.turn, agent.id, agent.voice, sentence.text, gap_s=sentence.gap_s, aside=sentence.aside, filler=filler)
        clip.released = filler or reply.free
        clip.stands = sentence.stands
        queued = False
        try:
            async with aclosing(self._catalogue.speak(sentence.text, agent.voice)) as sounds:
                async for sound in sounds:
                    if isinstance(sound, Charge):
                        reply.tell(spoken(sound, reply.turn))
                        continue
                    if isinstance(sound, Fallback):
                        self._tell(sound, agent.id, reply)
                        continue
                    clip.pcm += sound.pcm
                    clip.marks += sound.marks
                    if not queued:
                        await checkpoint_if_cancelled()  # nothing of an answer that was dropped while this sound came
                        if filler and (self._mixer.talking or reply.finished):
                            return
                        queued = True
                        self._unsaid = 0
                        clip.released |= reply.free
                        self._mixer.add(clip, first=filler)
                        if sentence.opens:
                            reply.tell(FirstAudio(turn=reply.turn, agent=agent.id))
        except SynthesisError as error:
            reply.failed("voice", error)
            self._unsaid += not queued
        finally:
            clip.complete = True  # also when it was cut off: what is there can be played out

    def _tell(self, fallback: Fallback, agent: str, reply: Reply) -> None:
        """Once for each engine in this call."""
        if fallback.engine in self._changed:
            return
        self._changed.add(fallback.engine)
        reply.tell(
            VoiceChanged(
                turn=reply.turn,
                agent=agent,
                engine=fallback.engine,
                code=fallback.error.code,
                sentence=str(fallback.error),
                to_engine=fallback.to.engine,
                to_voice=fallback.to.voice,
            )
        )
