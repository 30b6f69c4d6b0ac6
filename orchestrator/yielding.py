"""Our speech, stopped because the caller spoke: held where it was cut, then resumed, or dropped for good."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.events import BargeIn, SpeechResumed
from orchestrator.journal import Journal
from orchestrator.mixer import ClipHeard, Mixer
from orchestrator.pacer import Pacer
from orchestrator.reply import Reply


@dataclass(frozen=True)
class _Held:
    heard: ClipHeard | None
    onset_s: float
    at_s: float


class Yielding:
    def __init__(self, mixer: Mixer, pacer: Pacer, journal: Journal) -> None:
        self._mixer, self._pacer, self._journal = mixer, pacer, journal
        self._held: _Held | None = None

    async def hold(self, onset_s: float) -> ClipHeard | None:
        """Stop, because of speech that began at `onset_s`; returns what was heard of the clip that was cut."""
        heard: list[ClipHeard | None] = []
        await self._pacer.cut(lambda now_s: heard.append(self._mixer.hold(now_s)))
        self._held = _Held(heard[0], onset_s, self._journal.now_s())
        return heard[0]

    def resume(self) -> None:
        held, self._held = self._held, None
        self._mixer.resume()
        if held is not None and held.heard is not None:
            clip = held.heard.clip
            self._journal.write(SpeechResumed(turn=clip.turn, agent=clip.agent))

    def drop(self, reply: Reply | None, floor: str) -> None:
        """What is left will not be said; with a reply that was being heard, that was a barge-in."""
        held, self._held = self._held, None
        self._mixer.drop()
        if held is not None and reply is not None and reply.heard_s is not None:  # also between two of its sentences
            agent = held.heard.clip.agent if held.heard else floor
            self._journal.write(BargeIn(turn=reply.turn, agent=agent, onset_s=round(held.onset_s, 3)), held.at_s)
