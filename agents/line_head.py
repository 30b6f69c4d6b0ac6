"""What kind of line it is, told by how it begins, character by character: Markdown's marks, and the labels of PAI's answers.

A mark that is certain is dropped at once, and of a row of marks or pictures only so much is kept, so that no line makes it slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from agents.markdown import is_picture

# PAI's and LifeOS's answer forms: the field's name is dropped, its content is said.
_FIELDS: Final = (
    "CUSTOM COMPLETED", "COMPLETED", "SUMMARY", "ANALYSIS", "ACTIONS", "RESULTS", "STATUS", "CAPTURE", "NEXT",
    "STORY EXPLANATION", "RATE", "TASK", "ITERATION on", "CONTENT", "CHANGE", "VERIFY", "SYSTEM", "MEMORY",
)  # fmt: skip
_PERHAPS_FIELD: Final = frozenset(f"{field}:"[:end] for field in _FIELDS for end in range(len(field) + 2))
_FIELD: Final = re.compile(rf"(?:{'|'.join(_FIELDS)})\*{{0,9}}:\*{{0,9}}\s{{0,9}}")
_SPEAKS: Final = "\U0001f5e3"  # before the name of who speaks, in PAI's answers
_ROLE: Final = re.compile(r"\[([^\[\]:][^\[\]]{0,39})\]:?\s?")
_LONGEST_LABEL: Final = 44
_MOST_DOUBT: Final = (
    80  # characters of which none tells the kind: longer rows of marks or pictures are not kept, and no label is longer
)
_SCAFFOLD: Final = "═━╔╗╚╝│┃─♻|"  # banners, phase headers, boxes, tables
_RULE: Final = frozenset("-*+_=•‣◦")  # a line of these alone divides
_COMPARES: Final = re.compile(r">[=\d]")  # >5% is no quotation
_BULLET: Final = re.compile(r"[-*+•‣◦]\s")
_MARKS: Final = "*_ "  # of emphasis, around a label
_DECORATION: Final = "*_ \ufe0f\u200d"
_NUMBER: Final = re.compile(r"\d{1,2}[.)]\s")
_PERHAPS_NUMBER: Final = re.compile(r"\d{1,2}[.)]?\s?")
_TITLE: Final = re.compile(r"#{1,6}\s")
_PERHAPS_FENCE: Final = re.compile("``?|~~?")
_PERHAPS_TITLE: Final = re.compile(r"#{1,6}\s?")
_PERHAPS_ROLE: Final = re.compile(r"\[[^\[\]]{0,40}(?:\]:?\s?)?")


class Kind(Enum):
    TEXT = auto()
    ITEM = auto()
    """Text that begins anew: a list's item, a quotation."""
    HEADING = auto()
    """Text that also ends with its line."""
    BLANK = auto()
    NOTHING = auto()
    """A line that is not said at all."""
    FENCE = auto()
    """Code begins, or ends."""


@dataclass(frozen=True, slots=True)
class Head:
    """What kind of line this is, and what of its beginning is said."""

    kind: Kind
    rest: str = ""


class LineHead:
    """One line. `take` its characters until one tells the kind; `end` does, where the line is over before that.

    `first`: the line opens the answer, where a role's label (`[Engineer]`, or one of `names` and a colon) is not said.
    """

    def __init__(self, *, first: bool = False, names: tuple[str, ...] = ()) -> None:
        self._first, self._names = first, names
        self._line = ""
        self._skips = ""
        """Marks that are not said behind a name."""
        self._item = False
        """It begins anew, by a mark that has been dropped."""
        self._marks = self._pictures = True
        """Of the line so far: that it is nothing else."""

    def take(self, character: str) -> Head | None:
        if character.isspace() and (not self._line or self._line[-1].isspace()):
            return None
        if not self._line and character in self._skips:
            return None
        self._note(character)
        if self._marks or self._pictures:
            if len(self._line) < _MOST_DOUBT:
                self._line += character
            if len(self._line) > 1:
                return None
        else:
            self._line += character
        return self._read(whole=False)

    def end(self) -> Head:
        return self._read(whole=True) or Head(Kind.BLANK)

    def _note(self, character: str) -> None:
        self._marks = self._marks and (character in _RULE or character.isspace())
        self._pictures = self._pictures and (character in _DECORATION or (is_picture(character) and character != _SPEAKS))

    def _read(self, *, whole: bool) -> Head | None:
        """None while it takes more characters to know."""
        while True:
            text = self._line
            if not text or text.isspace():
                return Head(Kind.BLANK) if whole else None
            if text.startswith(("```", "~~~")):
                return Head(Kind.FENCE, text[:3])
            if text[0] in _SCAFFOLD:
                return Head(Kind.NOTHING)
            if text == ">" and not whole:
                return None
            if mark := self._mark(text):
                self._item = True
                self._drop(mark)
                continue
            if self._marks:
                return Head(Kind.NOTHING) if whole else None
            if (title := _TITLE.match(text)) and title.end() < len(text):
                return Head(Kind.HEADING, text[title.end() :])
            if not whole and any(may.fullmatch(text) for may in (_PERHAPS_FENCE, _PERHAPS_TITLE, _PERHAPS_NUMBER)):
                return None
            found = self._label(text, whole=whole)
            if not isinstance(found, int):
                return Head(Kind.ITEM, found.rest) if found and found.kind is Kind.TEXT and self._item else found
            self._first = False
            self._drop(found)
            if not self._line:
                self._skips = _MARKS

    def _mark(self, text: str) -> int:
        """How long the mark is by which it begins anew."""
        if text[0] == ">" and not _COMPARES.match(text):
            return 1
        if bullet := None if self._marks else _BULLET.match(text):
            self._first = False
            return bullet.end()
        number = _NUMBER.match(text)
        if number and number.end() < len(text) and (not self._first or (text[0] == "1" and not text[1].isdigit())):
            self._first = False
            return number.end()
        return 0

    def _drop(self, length: int) -> None:
        self._line, self._marks, self._pictures = self._line[length:].lstrip(), True, True
        for character in self._line:
            self._note(character)

    def _label(self, text: str, *, whole: bool) -> Head | int | None:
        """What comes behind a field (`🎯 COMPLETED:`) or a name (`🗣️ Kai:`, first also `Kai:`), or where that begins."""
        bare = _undecorated(text)
        if not bare:
            return Head(Kind.NOTHING) if whole else None
        if bare[0] == _SPEAKS:
            return _spoken(bare, whole=whole)
        if field := _FIELD.match(bare):
            return Head(Kind.ITEM, bare[field.end() :])
        if self._first:
            role = _ROLE.match(bare)
            if role and (whole or role.end() < len(bare)):
                return Head(Kind.TEXT, text) if bare[role.end() :].startswith("(") else len(text) - len(bare) + role.end()
            name = next((name for name in self._names if bare.casefold().startswith(f"{name.casefold()}:")), None)
            if name is not None:
                return len(text) - len(bare[len(name) + 1 :].lstrip(_MARKS))
        return None if not whole and self._may_become_label(bare) else Head(Kind.TEXT, text)

    def _may_become_label(self, bare: str) -> bool:
        so_far = bare.rstrip("*")
        if len(bare) > _MOST_DOUBT:
            return False
        if so_far in _PERHAPS_FIELD:
            return True
        if not self._first:
            return False
        named = any(f"{name}:".casefold().startswith(so_far.casefold()) for name in self._names)
        return named or _PERHAPS_ROLE.fullmatch(bare) is not None


def _undecorated(text: str) -> str:
    """Without pictures and marks before the first word."""
    at = 0
    while at < len(text) and (text[at] in _DECORATION or (is_picture(text[at]) and text[at] != _SPEAKS)):
        at += 1
    return text[at:]


def _spoken(bare: str, *, whole: bool) -> Head | None:
    name, colon, rest = bare.partition(":")
    if colon:
        return Head(Kind.ITEM, rest.lstrip(_MARKS))
    return Head(Kind.TEXT, bare[1:]) if whole or len(name) > _LONGEST_LABEL else None
