"""`prompts/hold.yaml`: all that the phone says of long work, complete and checked."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from agents.linear import Expression
from agents.strict import Strict
from agents.templates import blanks
from agents.yaml_file import YamlModel


class Orders(Strict):
    """What is answered to what the caller orders; the keys are orchestrator.orders' too."""

    wait: str
    call_back: str
    call_again: str
    too_much: str
    more: str
    less: str
    most: str
    least: str
    silent: str
    music_on: str
    music_off: str
    no_music: str
    louder: str
    softer: str
    stop: str
    stop_unkept: str
    unkept: str
    stop_sure: str
    goes_on: str
    which: str
    which_or: str
    go_on: str
    desk: str
    help: str


class AnswerWords(Strict):
    """What is said to an answer that is none, or comes too early, or is taken back."""

    early: str
    unclear: str
    doubtful: str
    options: str
    options_own: str
    patience: str
    withdrawn: str
    not_meant: str
    too_late: str


class Notes(Strict):
    """What Claude is told of long work."""

    started: str
    started_short: str
    started_here: str
    withheld: str
    running: str
    asks: str
    done: str
    failed: str
    result: str
    told_first: str
    failure: str
    podcast: str


class LateWords(Strict):
    """An answer that takes too long, as long work."""

    title: str
    what: str
    minutes: float


class Overtaken(Strict):
    """The run's own words, where they may not be so any more, or are so again."""

    noted: str
    earlier: str
    again: str


class WentWords(Strict):
    """How a step went."""

    failed: tuple[str, ...]
    refused: tuple[str, ...]
    worked: tuple[str, ...]
    in_all: str


class HoldWords(YamlModel):
    """`prompts/hold.yaml`."""

    starts: tuple[str, ...]
    steps: dict[str, tuple[str, ...]]
    fewer: tuple[str, ...]
    other: tuple[str, ...]
    went: WentWords
    bad_news: tuple[str, ...]
    overtaken: Overtaken
    still: tuple[str, ...]
    busy: tuple[str, ...]
    again: str
    unanswered: str
    undecided: str
    no_pin: str
    no_pin_given: str
    unread: str
    settled: str
    held: str
    answers: AnswerWords
    yes: str
    no: str
    words: str
    status: str
    nothing: str
    waits: str
    withheld: dict[Literal["result", "news", "still"], str]
    """What is said before the PIN; nothing of what the work is about."""
    moved: str
    moved_here: str
    orders: Orders
    late: LateWords
    for_claude: Notes

    @model_validator(mode="after")
    def _each_can_be_told(self) -> Self:
        """Even when no more is known of a step than its kind."""
        of_all = {**self.steps, "other": self.other, "fewer": self.fewer, **self.went.model_dump(exclude={"in_all"})}
        for kind, lines in of_all.items():
            if all(map(blanks, lines)):
                raise ValueError(f"`{kind}` needs a line without blanks")
        return self

    @cached_property
    def bad(self) -> Expression:
        """Found in what is bad news: words that begin so."""
        return Expression(rf"\b(?:{'|'.join(map(re.escape, self.bad_news))})", ignore_case=True)
