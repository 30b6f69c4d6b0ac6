"""One answer to one turn: begun on a guess, then committed or forgotten."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import anyio

from agents.errors import BrainError
from agents.tools import Tool
from orchestrator.attended import Due
from orchestrator.consent import Spoken
from orchestrator.ear import Utterance
from orchestrator.events import CallEvent, Failed, MoneySpent, VoiceChanged
from orchestrator.journal import Journal
from orchestrator.orders import Order
from orchestrator.task import Task
from voices.recognition import RecognitionError
from voices.synthesis import SynthesisError

HUSHED_BEFORE_S: Final = 0.5  # a voice is known as one a little after it began
HUSHED_AFTER_S: Final = 0.3
Trouble = BrainError | RecognitionError | SynthesisError
"""The error trees of the rooms that an answer passes through."""


class Reply:
    """What it causes is kept back until the caller's turn is over: a guess leaves no trace but its cost."""

    def __init__(
        self, turn: int, journal: Journal, utterance: Utterance | None = None, text: str = "", order: Order | None = None
    ) -> None:
        self.turn = turn
        self.utterance = utterance
        self.text = text
        """The caller's words, once they are known; the digits of the PIN are not in them."""
        self.unmasked = text
        """As they were said: for the gate alone."""
        self.pin = ""
        """The PIN, where it was plainly given, asked for or not: for the gate alone too."""
        self.prompt = ""
        """What the caller had heard last, before they said that."""
        self.over = anyio.Event()
        """The caller's turn is over: this is the answer."""
        self.routed = anyio.Event()
        """It is certain who answers."""
        self.doubt = 0.0
        """Of the recogniser about them, or about who said them."""
        self.level_db = 0.0
        """How loud they were."""
        self.recorded = False
        """The caller's words are in the history."""
        self.speaker = ""
        """Who answers, or answers first; empty while that is open."""
        self.finished = False
        """All that it says has been handed to the mixer."""
        self.order = order
        """What a key orders; the words of other orders are in the text."""
        self.due: Due | None = None
        """What of long work it says."""
        self.sounded = False
        """The caller has begun to hear that."""
        self.farewell = ""
        """Why the call ends when this has been heard; empty if it does not."""
        self.heard_s: float | None = None
        """When the caller heard the first of it, on the call's axis."""
        self.works = False
        """A tool runs for it."""
        self.acted = False
        """A tool was used for it."""
        self._meanwhile: str | None = None
        self.played: set[str] = set()
        """Who has been heard in it."""
        self._journal = journal
        self._kept: list[tuple[CallEvent, float]] = []
        self._work: list[anyio.CancelScope] = []
        self._forgotten = False

    def hush(self) -> None:
        """What was said is in no recording: it was the PIN, or may have been."""
        if self.utterance is not None:
            self._journal.hush(self.utterance.from_s - HUSHED_BEFORE_S, self.utterance.to_s + HUSHED_AFTER_S)

    @property
    def said(self) -> Spoken:
        """The caller's words, with when they were said."""
        at = self.utterance
        return Spoken(self.text, at.from_s, at.to_s, self.doubt) if at else Spoken(self.text)

    @property
    def ends(self) -> Task | None:
        """The work whose end it tells."""
        return self.due.ends if self.due else None

    @property
    def free(self) -> bool:
        """It may be heard."""
        return self.over.is_set() and self.routed.is_set()

    def tell(self, event: CallEvent, at_s: float | None = None) -> None:
        """Write a fact, at once or when the answer is committed, with the time at which it was true.

        What was spent is spent, and an engine that failed has failed, whatever becomes of the answer.
        """
        when_s = self._journal.now_s() if at_s is None else at_s
        if self.over.is_set() or isinstance(event, MoneySpent | VoiceChanged):
            self._journal.write(event, when_s)
        else:
            self._kept.append((event, when_s))

    def commit(self) -> None:
        self.over.set()
        kept, self._kept = self._kept, []
        for event, at_s in kept:
            self._journal.write(event, at_s)

    def failed(self, where: str, error: Trouble) -> None:
        self.tell(Failed(turn=self.turn, where=where, code=error.code, sentence=str(error), retryable=error.retryable))

    @contextmanager
    def using(self, tool: Tool) -> Generator[None]:
        """The tool runs inside; what is said meanwhile may be its own."""
        self.works = self.acted = True
        self._meanwhile = tool.filler
        try:
            yield
        finally:
            self.works, self._meanwhile = False, None

    def meanwhile(self) -> str | None:
        """What the tool that runs would have said, once."""
        words, self._meanwhile = self._meanwhile, None
        return words

    @contextmanager
    def work(self) -> Generator[None]:
        """What is done inside is cancelled when the answer is forgotten."""
        with anyio.CancelScope() as scope:
            self._work.append(scope)
            if self._forgotten:
                scope.cancel()
            try:
                yield
            finally:
                self._work.remove(scope)

    def forget(self) -> None:
        self._forgotten = True
        for scope in self._work:
            scope.cancel()
