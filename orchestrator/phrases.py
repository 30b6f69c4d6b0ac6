"""What the phone understands by itself: partings, orders to stop, signs of listening. The words are in prompts/phrases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict

FOLLOW_UP_WORDS = 8


class Goodbye(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    before: tuple[str, ...]
    farewell: tuple[str, ...]
    after: tuple[str, ...]


class Words(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backchannel: tuple[str, ...]
    stop: tuple[str, ...]
    follow_up: tuple[str, ...]
    small_talk: tuple[str, ...]
    goodbye: Goodbye
    lead_in: tuple[str, ...]
    call_in: tuple[str, ...]
    not_before_a_name: tuple[str, ...]


def plain(text: str) -> str:
    """Lower case, words only: what every rule looks at."""
    return " ".join(re.findall(r"[\w'-]+", text.lower()))


def one_of(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, the longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, set(phrases)), key=lambda item: (-len(item), item))) + ")"


class Phrases:
    def __init__(self, words: Words, names: Sequence[str] = ()) -> None:
        self.words = words
        goodbye = words.goodbye
        after = one_of((*goodbye.after, *(plain(name) for name in names)))
        self._goodbye = re.compile(rf"(?:{one_of(goodbye.before)} )*{one_of(goodbye.farewell)}(?: {after})?")
        self._stop = re.compile(rf"{one_of(words.stop)}(?: {one_of(words.stop)})*")
        self._backchannel = re.compile(rf"(?:{one_of(words.backchannel)}(?: {one_of(words.backchannel)})*)?")
        self._follow_up = re.compile(rf"{one_of(words.follow_up)}\b")
        self._small_talk = re.compile(one_of(words.small_talk))

    @classmethod
    def load(cls, path: Path, names: Sequence[str] = ()) -> Self:
        """Raises OSError, ValueError (with what is wrong) for a file that does not fit."""
        return cls(Words.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))), names)

    def is_goodbye(self, text: str) -> bool:
        """A whole phrase of parting, not a word inside a sentence."""
        return bool(self._goodbye.fullmatch(plain(text)))

    def is_stop(self, text: str) -> bool:
        """An order to be silent, and nothing else. A bare "no" or "okay" orders nothing."""
        words = plain(text)
        return bool(self._stop.fullmatch(words)) and not set(words.split()) <= {"no", "ok", "okay", "please"}

    def is_backchannel(self, text: str) -> bool:
        """A sign of listening, or nothing at all."""
        return bool(self._backchannel.fullmatch(plain(text)))

    def is_follow_up(self, text: str) -> bool:
        words = plain(text)
        return bool(self._follow_up.match(words)) and len(words.split()) <= FOLLOW_UP_WORDS

    def is_small_talk(self, text: str) -> bool:
        return bool(self._small_talk.fullmatch(plain(text)))
