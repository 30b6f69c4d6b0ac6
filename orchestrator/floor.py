"""Several speakers in one turn: in order, each knowing what the ones before said; the next thinks while one speaks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agents.brain import Act, Brain, Failed, Said, Spent, ToolCalled, Utterance
from agents.definition import Agent
from agents.errors import BrainError, ToolError, Truncated
from agents.lines import Lines
from agents.prices import CHARS_PER_TOKEN, cost_usd
from agents.roster import Roster
from agents.spoken import Sentences
from agents.tools import tools_of
from orchestrator import events
from orchestrator.events import CallEvent
from orchestrator.here import Here
from orchestrator.notes import Notes, told
from orchestrator.reply import Reply
from orchestrator.router import MOST_SPEAKERS, Speaker
from telephony.line import Line, LineError

CLAUSE_GAP_S: Final = 0.06
SENTENCE_GAP_S: Final = 0.18
SPEAKER_GAP_S: Final = 0.25
FILLER_GAP_S: Final = 0.08
SETTLE_S: Final = 0.12


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to say, by whom."""

    agent: Agent
    text: str
    opens: bool = False
    """The speaker's first in this turn."""
    aside: bool = False
    gap_s: float = SENTENCE_GAP_S


class Floor:
    """Runs the speakers of one turn."""

    def __init__(self, brain: Brain, roster: Roster, lines: Lines, reply: Reply, here: Here, notes: Notes, line: Line) -> None:
        self._brain, self._roster, self._lines, self._reply = brain, roster, lines, reply
        self._here, self._notes, self._line = here, notes, line
        self._order: list[Speaker] = []

    async def run(self, speakers: Sequence[Speaker], thread: Sequence[Utterance], out: MemoryObjectSendStream[Sentence]) -> None:
        """Sends the turn's sentences, and closes `out`."""
        self._order = list(speakers)
        drafts = list(thread)
        async with out:
            for at in range(MOST_SPEAKERS + 1):
                if at >= len(self._order) or self._reply.farewell:
                    return
                speech = _Speech(self._roster[self._order[at].agent], self._reply, out, SPEAKER_GAP_S if at else FILLER_GAP_S)
                if not await self._speak(speech, self._order[at].brief, drafts):
                    return
                drafts.append(Utterance(speech.agent.id, speech.text))

    async def _speak(self, speech: _Speech, brief: str, thread: Sequence[Utterance]) -> bool:
        """One speaker's turn; False when it failed and the turn ends here."""
        agent, turn = speech.agent, self._reply.turn
        meter, failure = _Meter(agent), None
        thinking = self._brain.turn(
            agent, thread, note=self._note(brief), tools=tools_of(agent, self._roster), act=self._act(speech)
        )
        try:
            async with anyio.create_task_group() as tasks, aclosing(thinking) as happenings:
                tasks.start_soon(speech.settle_when_quiet)
                async for happening in happenings:
                    match happening:
                        case Said(text):
                            if not speech.text:
                                self._tell(events.FirstToken(turn=turn, agent=agent.id))
                            meter.said(text)
                            await speech.said(text)
                        case Spent():
                            self._tell(meter.spent(happening, turn))
                        case ToolCalled():
                            await speech.settle()
                        case Failed(failure):
                            pass  # and nothing follows it
                tasks.cancel_scope.cancel()
        finally:
            if meter.owed:
                self._tell(meter.estimate(turn))
        await speech.finish()
        return failure is None or await self._failed(speech, failure)

    async def _failed(self, speech: _Speech, error: BrainError) -> bool:
        """Say so: the agent itself where it only ran out of words, else the front desk. True if the turn goes on."""
        self._reply.failed(speech.agent.id, error)
        itself = isinstance(error, Truncated)
        who = speech.agent if itself else self._roster.front_desk
        await speech.out.send(Sentence(who, self._lines.for_error(error.code), opens=not itself, aside=True))
        return itself

    def _note(self, brief: str) -> str:
        return f"It is {self._here.told()}. {brief}".strip()

    def _tell(self, event: CallEvent) -> None:
        self._reply.tell(event)

    def _act(self, speech: _Speech) -> Act:
        async def act(call: ToolCalled) -> str:
            await self._reply.over.wait()  # a guess may think and speak, never act
            await self._reply.routed.wait()
            self._tell(events.ToolUsed(turn=self._reply.turn, agent=speech.agent.id, name=call.name, input=dict(call.input)))
            match call.name:
                case "bring_in":
                    return await self._bring_in(speech, call.input["agent"], call.input["why"])
                case "end_call":
                    self._reply.farewell = "goodbye"
                    if not speech.text:
                        await speech.say(self._lines.farewell)
                    return "The call ends when this has been heard."
                case "current_time":
                    return self._here.told(call.input["zone"])
                case "remember":
                    await self._notes.keep(call.input["note"], self._here.now().date())
                    return "Kept."
                case "recall":
                    return told(await self._notes.read(), call.input["about"])
                case "send_digits":
                    return await self._send_digits(call.input["keys"])
                case other:
                    raise ToolError(f"There is no tool {other} on this line.")

        return act

    async def _bring_in(self, speech: _Speech, target: str, why: str) -> str:
        if not speech.text:
            await speech.say(self._lines.hand_over.format(name=self._roster[target].name))
        if all(speaker.agent != target for speaker in self._order):
            self._order.append(Speaker(target, why))
        return "They speak next."

    async def _send_digits(self, keys: str) -> str:
        try:
            await self._line.send_digits(keys)
        except LineError as error:
            raise ToolError(f"The keys were not sent: {error}.") from error
        return "Sent."


class _Speech:
    """What one speaker says in this turn, cut into sentences."""

    def __init__(self, agent: Agent, reply: Reply, out: MemoryObjectSendStream[Sentence], gap_s: float) -> None:
        self.agent, self.out = agent, out
        self.text = ""
        self._reply = reply
        self._sentences = Sentences(names=(agent.name, *agent.aliases))
        self._said = anyio.Event()
        self._begun = False
        self._gap_s = gap_s

    async def said(self, delta: str) -> None:
        self.text += delta
        self._said.set()
        await self._send(self._sentences.push(delta))

    async def say(self, sentence: str) -> None:
        """Words that the phone puts into the agent's mouth, because it said none."""
        self.text += sentence
        await self._send([sentence])

    async def settle(self) -> None:
        await self._send(self._sentences.settle())

    async def settle_when_quiet(self) -> None:
        """A stream that pauses after a full stop may have ended a sentence: do not wait for what comes next."""
        while True:
            await self._said.wait()
            self._said = anyio.Event()
            with anyio.move_on_after(SETTLE_S):
                await self._said.wait()
            if not self._said.is_set():
                await self.settle()

    async def finish(self) -> None:
        await self._send(self._sentences.finish())

    async def _send(self, texts: Sequence[str]) -> None:
        for text in texts:
            if not self._begun:
                self._reply.tell(events.FirstSentence(turn=self._reply.turn, agent=self.agent.id, text=text))
            await self.out.send(Sentence(self.agent, text, opens=not self._begun, gap_s=self._gap_s))
            self._begun = True
            self._gap_s = SENTENCE_GAP_S if text.rstrip()[-1:] in ".!?…" else CLAUSE_GAP_S


class _Meter:
    """What a speaker's turn cost: as Claude counted it, or estimated where it was cut off."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._chars = self._prompt_tokens = 0
        self.owed = False

    def said(self, text: str) -> None:
        self._chars += len(text)

    def spent(self, spent: Spent, turn: int) -> events.MoneySpent:
        # Input is counted when an answer begins, output when it ends: in between, the output is owed.
        self.owed = spent.output_tokens == 0
        self._chars = 0
        self._prompt_tokens = spent.input_tokens + spent.cache_read_tokens + spent.cache_write_tokens or self._prompt_tokens
        return money(spent, turn, self._agent.id)

    def estimate(self, turn: int) -> events.MoneySpent:
        tokens = self._chars // CHARS_PER_TOKEN + 1
        model = self._agent.model.id
        usd = cost_usd(model, prompt_tokens=self._prompt_tokens, output_tokens=tokens)
        return events.MoneySpent(turn=turn, on=self._agent.id, model=model, output_tokens=tokens, usd=usd)


def money(spent: Spent, turn: int, on: str) -> events.MoneySpent:
    return events.MoneySpent(
        turn=turn,
        on=on,
        model=spent.model,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cache_read_tokens=spent.cache_read_tokens,
        cache_write_tokens=spent.cache_write_tokens,
        usd=spent.usd,
    )
