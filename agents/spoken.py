"""Model text into speakable sentences while it streams, the first clause early.

A pure automaton fed character by character: how the stream was cut into deltas cannot change what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agents.boundaries import Boundary, boundary, is_counted, opens_clause, opens_sentence
from agents.line_head import Head, Kind, LineHead
from agents.markdown import plain
from agents.unsaid import Unsaid

LONGEST: Final = 250  # characters in one piece: what a synthesiser says in one breath, about 15 s
_RUNAWAY: Final = 1_000  # a "word" that long is cut anywhere
_CLAUSE_CHARS: Final = 10
_CLAUSE_WORDS: Final = 2
_EARLIEST_SPLIT: Final = 60

_CLOSERS: Final = "\"'”’»)]*_~“"
_WIDE_ENDS: Final = "。！？"
_CLAUSE_END: Final = re.compile(r"[;:]$|(?:\s|\w)[–—]$|\s-$")
_CLAUSE_MARKS: Final = ",;:–—，、；"


class Sentences:
    """One agent's turn. `push` what streams, `settle` when it pauses, `finish` at its end; each gives what can be said now.

    Pieces are never empty, hold no Markdown, code, address, emoji or thought (agents/unsaid.py), and are at most about 250
    characters long. `names` are the agent's: "Kai:" or "[Kai]" in front of its answer is not said.
    """

    def __init__(self, *, first_clause: bool = True, names: tuple[str, ...] = ()) -> None:
        self._early, self._names = first_clause, names
        self._head = LineHead(first=True, names=names)  # the beginning of a line whose kind is not known yet
        self._kind: Kind | None = None
        self._opening = True
        self._fence = ""  # what ends the code we are in
        self._code = ""  # how a line of it begins
        self._text = ""  # raw Markdown of the sentence under way
        self._doubt = Boundary.NONE  # the text up to `_doubted` may have ended; the next word decides
        self._doubted = 0
        self._ready: list[str] = []
        self._unsaid = Unsaid()

    def push(self, delta: str) -> list[str]:
        for character in delta:
            for shown in character if self._fence else self._unsaid.take(character):
                self._take(shown)
        return self._give()

    def settle(self) -> list[str]:
        """Nothing came for a while (120 ms, or a tool runs): what ends like a sentence is given without waiting for more."""
        whole = boundary(self._text.rstrip()) in (Boundary.SENTENCE, Boundary.IF_CAPITAL, Boundary.UNLESS_COUNTED)
        if self._kind in (Kind.TEXT, Kind.ITEM) and whole and not _open(self._text):
            self._cut()
        return self._give()

    def paragraph(self) -> list[str]:
        """All that is there: what comes next, if anything does, begins anew."""
        self._end_line()
        self._cut()
        return self._give()

    def finish(self) -> list[str]:
        """The rest. Nothing may be pushed afterwards."""
        for shown in self._unsaid.finish():
            self._take(shown)
        return self.paragraph()

    def _give(self) -> list[str]:
        ready, self._ready = self._ready, []
        return ready

    def _take(self, character: str) -> None:
        if character == "\n":
            self._end_line()
        elif self._kind is None and self._fence:
            if len(self._code) < len(self._fence):
                self._code = (self._code + character).lstrip()
        elif self._kind is None:
            if found := self._head.take(character):
                self._begin(found)
        elif self._kind is not Kind.NOTHING:
            self._feed(character)

    def _begin(self, found: Head) -> None:
        self._kind = found.kind
        match found.kind:
            case Kind.FENCE:
                self._fence, self._kind = found.rest, Kind.NOTHING
                self._cut()
            case Kind.NOTHING:
                self._cut()
            case _:
                if found.kind is not Kind.TEXT:
                    self._cut()
                self._opening = False
                for character in found.rest:
                    self._feed(character)

    def _end_line(self) -> None:
        if self._fence:
            if self._kind is None and self._code == self._fence:
                self._fence = ""
        else:
            if self._kind is None:
                self._begin(self._head.end())
            if self._kind in (Kind.HEADING, Kind.BLANK):
                self._cut()
            self._feed(" ")
        self._head, self._kind, self._code = LineHead(first=self._opening, names=self._names), None, ""

    def _feed(self, character: str) -> None:
        """The next character of running text."""
        if self._doubt is not Boundary.NONE:
            self._resolve(character)
        if not self._text and character.isspace():
            return
        self._text += character
        if character.isspace():
            self._at_space()
        elif character in _WIDE_ENDS and not _open(self._text):
            self._cut()
        long = len(self._text)
        if long == LONGEST or long >= _RUNAWAY or (long > LONGEST and character.isspace()):
            self._split()

    def _resolve(self, character: str) -> None:
        """What follows the doubtful place tells whether something ended there."""
        word = self._text[self._doubted :].lstrip()
        if not word and character.isspace():
            return
        if not word and character in "&+/":  # 5th Ave. & Main
            self._settle_doubt(ended=False)
            return
        if self._doubt is Boundary.IF_CAPITAL:
            self._settle_doubt(ended=character.isupper() or not (character.isalnum() or character in _CLOSERS))
        elif not (word or character.isalnum() or character in _CLOSERS):
            self._settle_doubt(ended=self._doubt is not Boundary.CLAUSE_IF_OPENER)
        elif not (character.isalnum() or character in "'’"):
            decides = {Boundary.IF_OPENER: opens_sentence, Boundary.CLAUSE_IF_OPENER: opens_clause}.get(self._doubt)
            self._settle_doubt(ended=decides(word) if decides else not is_counted(word))

    def _settle_doubt(self, *, ended: bool) -> None:
        if ended:
            rest = self._text[self._doubted :].lstrip()
            self._text = self._text[: self._doubted]
            self._cut()
            self._text = rest
        self._doubt = Boundary.NONE

    def _at_space(self) -> None:
        """Words are whole only here, so here is where it is decided."""
        if self._doubt is not Boundary.NONE or _open(self._text):
            return
        text = self._text.rstrip()
        ends = boundary(text)
        if ends is Boundary.NONE and self._early:
            ends = _clause(text)
        if ends is Boundary.SENTENCE:
            self._cut()
        else:
            self._doubt, self._doubted = ends, len(self._text)

    def _split(self) -> None:
        """Too long for one breath: at the last clause, else at the last word."""
        at = _last_clause(self._text[:LONGEST]) or self._text.rfind(" ", 0, LONGEST) + 1
        if at == 0:
            if len(self._text) < _RUNAWAY:
                return
            at = _RUNAWAY
        rest = self._text[at:].lstrip()
        self._text = self._text[:at]
        self._cut()
        self._text = rest

    def _cut(self) -> None:
        piece, self._text, self._doubt = plain(self._text), "", Boundary.NONE
        if piece:
            self._ready.append(piece)
            self._early = False


def pieces(text: str) -> Iterator[str]:
    """Of a whole text, which is read only as far as they are asked for."""
    whole = Sentences(first_clause=False)
    for at in range(0, len(text), LONGEST):
        yield from whole.push(text[at : at + LONGEST])
    yield from whole.finish()


def _clause(text: str) -> Boundary:
    """Whether the first clause ends here; a comma may also stand in a list, in a date or between a town and its country."""
    if len(text) < _CLAUSE_CHARS or len(text.split()) < _CLAUSE_WORDS:
        return Boundary.NONE
    if text.endswith(","):
        return Boundary.CLAUSE_IF_OPENER
    return Boundary.SENTENCE if _CLAUSE_END.search(text) else Boundary.NONE


def _last_clause(text: str) -> int:
    """Where the last clause ends; 0 if it is too early for a piece of its own."""
    ends = range(len(text) - 1, _EARLIEST_SPLIT - 1, -1)
    return next((at for at in ends if text[at - 1] in _CLAUSE_MARKS and (text[at].isspace() or not text[at].isascii())), 0)


def _open(text: str) -> bool:
    """Inside of code, a link or a tag, where a cut would leave half of it to be said."""
    return text.count("`") % 2 == 1 or text.rfind("[") > text.rfind("]") or text.rfind("](") > text.rfind(")") or _in_tag(text)


def _in_tag(text: str) -> bool:
    opened = text.rfind("<")
    return opened > text.rfind(">") and text[opened + 1 : opened + 2].isalpha()
