"""What was said in a call, as it was heard: the history that all its agents share. Of one that is too long, the oldest goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.brain import CALLER, Utterance
from agents.prices import CHARS_PER_TOKEN
from orchestrator.pin_filter import without
from telephony.spoken_digits import numbers_in

LONGEST_TOKENS: Final = 8_000  # forty minutes of lively talk, for a hundredth of a cent a turn out of the cache


class Thread:
    def __init__(self, longest_tokens: int = LONGEST_TOKENS) -> None:
        self.lines: list[Utterance] = []
        self._longest_tokens = longest_tokens

    def add(self, speaker: str, text: str, *, same_turn: bool = False, hide: Callable[[str], str] = str) -> None:
        """Sentences of one speaker's turn become one utterance, and are hidden from as one: a number may be said in several."""
        if not text:
            return
        if same_turn and self.lines and self.lines[-1].speaker == speaker:
            text = f"{self.lines.pop().text} {text}"
        self.lines.append(Utterance(speaker, hide(text)))
        if speaker == CALLER and _tokens(self.lines) > self._longest_tokens:
            self._shorten()

    def hide_numbers(self, speaker: str, turns: int) -> None:
        """In the last turns of that speaker."""
        theirs = [at for at, line in enumerate(self.lines) if line.speaker == speaker]
        for at in theirs[-turns:]:
            text = self.lines[at].text
            self.lines[at] = Utterance(speaker, without(text, numbers_in(text)))

    def _shorten(self) -> None:
        """To its half, and to where the caller speaks: each cut costs the prompt's cache, so there are few."""
        kept = next(
            at
            for at, line in enumerate(self.lines)
            if line.speaker == CALLER and (at == len(self.lines) - 1 or _tokens(self.lines[at:]) <= self._longest_tokens // 2)
        )
        del self.lines[:kept]


def _tokens(lines: list[Utterance]) -> int:
    return sum(len(line.text) for line in lines) // CHARS_PER_TOKEN
