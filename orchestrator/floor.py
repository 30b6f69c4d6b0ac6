"""Several speakers in one turn: in order, each knowing what the ones before said; the next thinks while one speaks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agents.brain import Brain, Failed, Repaired, Said, Spent, ToolCalled, Utterance
from agents.errors import BrainError, Truncated, Unheard
from agents.tools import Toolbox, tools_of
from agents.who import MOST_SPEAKERS
from orchestrator import events
from orchestrator.acts import Acts, Means
from orchestrator.meter import Meter
from orchestrator.router import Speaker
from orchestrator.speech import Sentence, Speech

SPEAKER_GAP_S: Final = 0.25
FILLER_GAP_S: Final = 0.08


class Floor:
    """Runs the speakers of one turn."""

    def __init__(self, brain: Brain, means: Means, toolbox: Toolbox) -> None:
        self._brain, self._means, self._toolbox = brain, means, toolbox
        self._roster, self._lines, self._reply, self._order = means.roster, means.lines, means.reply, means.order
        self._tell = means.reply.tell

    async def run(self, speakers: Sequence[Speaker], thread: Sequence[Utterance], out: MemoryObjectSendStream[Sentence]) -> None:
        """Sends the turn's sentences, and closes `out`."""
        self._order[:] = speakers
        drafts = list(thread)
        async with out:
            for at in range(MOST_SPEAKERS + 1):
                if at >= len(self._order) or self._reply.farewell:
                    return
                speech = Speech(self._roster[self._order[at].agent], self._reply, out, SPEAKER_GAP_S if at else FILLER_GAP_S)
                if not await self._speak(speech, self._order[at], drafts):
                    return
                drafts.append(Utterance(speech.agent.id, speech.text))

    async def _speak(self, speech: Speech, speaker: Speaker, thread: Sequence[Utterance]) -> bool:
        """One speaker's turn; False when it failed and the turn ends here."""
        agent, turn = speech.agent, self._reply.turn
        meter, failure = Meter(agent), None
        tools = tools_of(agent, self._roster, self._toolbox)
        acts = Acts(self._means, speech, tools)
        thinking = self._brain.turn(agent, thread, note=self._note(speaker.brief), tools=tools, act=acts.act)
        try:
            async with anyio.create_task_group() as tasks, aclosing(thinking) as happenings:
                tasks.start_soon(speech.settle_when_quiet)
                async for happening in happenings:
                    match happening:
                        case Said(text):
                            if not speech.writes:
                                self._tell(events.FirstToken(turn=turn, agent=agent.id))
                            meter.said(text)
                            await speech.said(text)
                        case Spent():
                            self._tell(meter.spent(happening, turn))
                        case ToolCalled():
                            speech.tell_written()
                            await speech.paragraph()
                        case Repaired(what):
                            self._tell(events.Repaired(turn=turn, where=agent.id, what=what))
                            if what == "unheard":
                                speech.begin_again()
                            elif what == "cut_off":
                                await speech.paragraph()
                        case Failed(failure):
                            pass  # and nothing follows it
                tasks.cancel_scope.cancel()
        finally:
            if meter.owed:
                self._tell(meter.estimate(turn))
            speech.tell_written()
        await speech.finish()
        return failure is None or await self._failed(speech, speaker, failure)

    async def _failed(self, speech: Speech, speaker: Speaker, error: BrainError) -> bool:
        """Say so: the agent itself where it only ran out of words, else the front desk. True if the turn goes on.

        Unless there is something plain to be said instead, and nothing was said yet.
        """
        self._reply.failed(speech.agent.id, error)
        if speaker.plain and not speech.text:
            for sentence in speaker.plain:
                await speech.say(sentence)
            return True
        itself = isinstance(error, Truncated | Unheard)
        who = speech.agent if itself else self._roster.front_desk
        await speech.out.send(Sentence(who, self._lines.for_error(error.code), opens=not itself, aside=True))
        return itself

    def _note(self, brief: str) -> str:
        work = self._means.holding.note(withheld=self._means.trust.withholds) if self._means.holding else ""
        return "\n".join(part for part in (f"It is {self._means.here.told()}.", work, brief) if part)
