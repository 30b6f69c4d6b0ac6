"""The words of a shell text, read sign by sign: quotes, escapes, and what the shell would put in. Pure."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from agents.shell_command import Opaque, Word

ENDS: Final = " \t\n;&|()<>"
"""What ends a word."""


class Part:
    """A word while it is read."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.text: list[str] = []
        self.known = True
        self.quoted = False
        self.equals = -1
        """How many characters stand before the first `=` outside of quotes; -1 if one of them is quoted, or there is none."""
        self.braces = self.commas = self.brackets = self.home = False
        self.plain = True
        """Nothing in it is quoted, nor put in by the shell."""

    def add(self, signs: str, *, quoted: bool) -> None:
        if quoted:
            self.quoted, self.plain = True, False
        self.text.append(signs)

    def word(self) -> Word:
        text = "".join(self.text)
        made = (self.braces and self.commas) or (self.brackets and text not in ("[", "[["))
        return Word(text, self.known and not made, self.at)


class Words:
    """Reads one word at a time; what stands between words is for who extends it."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._part: Part | None = None
        self._in_quotes = False

    @abstractmethod
    def _substitution(self) -> None:
        """`$(` begins here: the commands in it are read before the word goes on."""

    def _next(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _in_word(self, sign: str) -> None:
        """A sign that is part of a word, outside of quotes."""
        match sign:
            case "\\":
                self._escape()
            case "'":
                end = self._text.find("'", self._at + 1)
                if end < 0:
                    raise Opaque("unknown")
                self._into().add(self._text[self._at + 1 : end], quoted=True)
                self._at = end + 1
            case '"':
                self._into().add("", quoted=True)
                self._in_quotes = True
                self._at += 1
            case "$":
                self._dollar()
            case "`":
                raise Opaque("unknown")
            case _:
                self._plain(sign)

    def _quoted(self) -> None:
        part, sign = self._into(), self._next()
        match sign:
            case '"':
                self._in_quotes = False
                self._at += 1
            case "\\":
                following = self._next(1)
                if following in ("", "\n"):
                    raise Opaque("unknown")
                part.add(following if following in '$`"\\' else f"\\{following}", quoted=True)
                self._at += 2
            case "$":
                self._dollar()
            case "`":
                raise Opaque("unknown")
            case _:
                part.add(sign, quoted=True)
                self._at += 1

    def _into(self) -> Part:
        if self._part is None:
            self._part = Part(self._at)
        return self._part

    def _plain(self, sign: str) -> None:
        first = self._part is None
        part = self._into()
        if sign in "*?":
            part.known = part.plain = False
        elif sign == "[":
            part.brackets = True
        elif sign == "{":
            part.braces = True
        elif sign == "," or (sign == "." and part.text[-1:] == ["."]):
            part.commas = True
        elif sign == "=" and first:
            raise Opaque("unknown")  # zsh puts a program's path there
        elif sign == "=" and part.equals < 0 and part.plain:
            part.equals = len(part.text)
        elif sign == "~" and first:
            part.home = True
            part.known = part.plain = self._next(1) in ("", "/", *ENDS)
        part.add(sign, quoted=False)
        self._at += 1

    def _escape(self) -> None:
        following = self._next(1)
        if following == "\n":
            before = self._text[self._at - 1 : self._at]
            if self._part is not None or (before and before not in " \t\n"):
                raise Opaque("unknown")
        elif not following:
            raise Opaque("unknown")
        else:
            self._into().add(following, quoted=True)
        self._at += 2

    def _dollar(self) -> None:
        """Of an expansion only the simplest are known: a name, a number, a sign, a command's output."""
        part, following, inside = self._into(), self._next(1), self._in_quotes
        if following == "(":
            if self._next(2) == "(":
                raise Opaque("unknown")
            self._substitution()
            return
        if following == "{":
            end = self._text.find("}", self._at)
            name = self._text[self._at + 2 : end] if end > 0 else ""
            if not is_name(name):
                raise Opaque("unknown")
            self._puts_in(part, end + 1)
        elif following.isascii() and (following.isalpha() or following == "_"):
            end = self._at + 1
            while end < len(self._text) and (self._text[end] == "_" or (self._text[end].isascii() and self._text[end].isalnum())):
                end += 1
            if self._text[end : end + 1] in ("[", ":"):
                raise Opaque("unknown")  # zsh takes a part of it, or calculates there
            self._puts_in(part, end)
        elif following in tuple("0123456789?#@*!-$"):
            self._puts_in(part, self._at + 2)
        elif following in ("", " ", "\n") or (inside and following == '"'):
            part.add("$", quoted=True)
            self._at += 1
        else:
            raise Opaque("unknown")

    def _puts_in(self, part: Part, end: int) -> None:
        part.known = part.plain = False
        part.add(self._text[self._at : end], quoted=False)
        self._at = end


def is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier()
