"""What one speaker says in a turn: Claude's text, cut into sentences as it streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agents.definition import Agent
from agents.spoken import Sentences
from orchestrator import events
from orchestrator.reply import Reply

CLAUSE_GAP_S: Final = 0.06
SENTENCE_GAP_S: Final = 0.18
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
    stands: Callable[[], bool] | None = None
    """Whether it is still so, when it is about to be heard; if it is not, it is not said."""


class Speech:
    """Of one speaker, into the stream `out`."""

    def __init__(self, agent: Agent, reply: Reply, out: MemoryObjectSendStream[Sentence], gap_s: float) -> None:
        self.agent, self.out = agent, out
        self.text = ""
        """All that it has to say so far, as it is said."""
        self.writes = False
        """Claude has begun to write it."""
        self._reply = reply
        self._sentences = self._anew()
        self._said = anyio.Event()
        self._begun = False
        self._gap_s = gap_s
        self._untold = ""

    async def said(self, delta: str) -> None:
        self.writes = True
        self._untold += delta
        self._said.set()
        await self._send(self._sentences.push(delta))

    async def say(self, sentence: str) -> None:
        """Words that the phone puts into the agent's mouth, because it said none."""
        await self._send([sentence])

    def tell_written(self) -> None:
        """Put what Claude wrote since it last used a tool into the journal."""
        text, self._untold = self._untold.strip(), ""
        if text:
            ends = self._reply.ends.id if self._reply.ends else ""
            self._reply.tell(events.Written(turn=self._reply.turn, agent=self.agent.id, text=text, task=ends))

    async def settle(self) -> None:
        await self._send(self._sentences.settle())

    async def paragraph(self) -> None:
        """What is written so far is whole: a tool is used, or more comes anew."""
        await self._send(self._sentences.paragraph())

    def begin_again(self) -> None:
        """What was written left nothing to be heard."""
        self._untold, self._sentences = "", self._anew()

    def _anew(self) -> Sentences:
        return Sentences(names=(self.agent.name, *self.agent.aliases))

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
            self.text = f"{self.text} {text}".strip()
            if not self._begun:
                self._reply.tell(events.FirstSentence(turn=self._reply.turn, agent=self.agent.id, text=text))
            await self.out.send(Sentence(self.agent, text, opens=not self._begun, gap_s=self._gap_s))
            self._begun = True
            self._gap_s = SENTENCE_GAP_S if text.rstrip()[-1:] in ".!?…" else CLAUSE_GAP_S
