"""The text as an engine gets it, and the way back from there: marks must point into the text that the caller of `speak` gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Wording(Protocol):
    """A text in the words that are spoken: `1.5 s` is "one point five seconds"."""

    @property
    def text(self) -> str: ...

    def origin(self, char: int) -> int:
        """Where in the original that stands which is spoken from `char` of `text` on. Never falls as `char` rises."""
        ...


Words = Callable[[str, str, frozenset[str]], Wording]
"""From a text, its language (BCP 47) and the expressive tags that the engine understands."""


@dataclass(frozen=True, slots=True)
class AsWritten:
    """The text itself."""

    text: str

    def origin(self, char: int) -> int:
        return char


def as_written(text: str, _language: str, _keep_tags: frozenset[str]) -> Wording:
    return AsWritten(text)


def moved(char: int, before: Wording, after: Wording) -> int:
    """Where `after` goes on when `before` has been said up to `char`: both are wordings of one text."""
    if before.text == after.text:
        return char
    origin = before.origin(char)
    return next((at for at in range(len(after.text)) if after.origin(at) >= origin), len(after.text))
