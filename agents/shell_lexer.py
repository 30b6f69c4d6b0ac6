"""The commands of a shell text, read sign by sign, with what stands between their words. Pure."""

from __future__ import annotations

from typing import Final

from agents.shell_command import Command, Opaque, Redirection, Word
from agents.shell_documents import Document
from agents.shell_words import Part, Words, is_name

DEEPEST: Final = 16  # commands within commands
_BLANKS: Final = " \t"
_PART_OF: Final = ("if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!")
_CLOSES: Final = ("fi", "done", "}")
_OPENS: Final = ("if", "while", "until", "{")
_OTHER_RESERVED: Final = (
    "case",
    "esac",
    "in",
    "select",
    "function",
    "coproc",
    "[[",
    "]]",
    "repeat",
    "foreach",
    "end",
    "always",
    "nocorrect",
)
_SIGNS: Final = ("<<<", "<<-", "<<", "<>", "<&", "<", ">>", ">&", ">|", ">", "&>>", "&>")
_OPERATORS: Final = (";;&", ";;", ";&", "&&", "||", "|&", ";", "|", "&")


class _Frame:
    """A list of commands: the text itself, or what stands between brackets."""

    def __init__(self, closes: str, scope: tuple[int, ...], within: tuple[int, ...]) -> None:
        self.closes, self.scope, self.within = closes, scope, within
        self.blocks: list[tuple[int, ...]] = []
        """The pipelines that the open blocks (`if`, `while`, `for`, `{`) are part of."""
        self.closed = False
        """After `}`, `fi`, `done` or `)`: only an operator or a redirection may follow."""
        self.for_words = -1
        """In the head of a `for`: how many words of it were read; else -1."""


class Lexer(Words):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._commands: list[Command] = []
        self._frames = [_Frame("", (), ())]
        self._outer: list[tuple[Part | None, bool, Command, str]] = []
        """Of each frame but the innermost: the word, the quotes, the command and the redirection that it was read in."""
        self._scopes = self._pipelines = 0
        self._redirects: str = ""
        """The sign whose target comes next."""
        self._documents: list[Document] = []
        self._current = self._fresh("")

    def commands(self) -> list[Command]:
        """Raises Opaque."""
        while self._at < len(self._text):
            if self._in_quotes:
                self._quoted()
            else:
                self._unquoted()
        self._end_word()
        self._end_command("")
        if len(self._frames) > 1 or self._in_quotes or self._documents or self._redirects or self._frames[0].blocks:
            raise Opaque("unknown")
        return self._commands

    @property
    def _frame(self) -> _Frame:
        return self._frames[-1]

    def _fresh(self, joined: str, pipeline: tuple[int, ...] = ()) -> Command:
        frame = self._frame
        if not pipeline:
            self._pipelines += 1
            pipeline = (*(frame.blocks[-1] if frame.blocks else frame.within), self._pipelines)
        return Command(joined, frame.scope, pipeline, bool(frame.blocks))

    def _unquoted(self) -> None:
        sign = self._next()
        match sign:
            case " " | "\t":
                self._end_word()
                self._at += 1
            case "\n":
                self._line_end()
            case "#" if self._part is None:
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            case "<" | ">":
                self._redirect()
            case "&" if self._next(1) == ">":
                self._redirect()
            case ";" | "&" | "|":
                self._operator()
            case "(":
                self._subshell()
            case ")":
                self._close()
            case _:
                self._in_word(sign)

    def _substitution(self) -> None:
        self._push(")", 2)

    def _end_word(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        word = part.word()
        if word.text.startswith("~") and not part.home:
            raise Opaque("unknown")  # it would sound like a home folder
        if self._redirects:
            self._target(word, part)
        elif self._frame.for_words >= 0:
            self._for(word, part)
        elif self._frame.closed:
            raise Opaque("unknown")
        elif not self._current.words and part.plain and self._reserved(word):
            pass
        elif not self._current.words and part.equals > 0 and is_name(name := word.text[: part.equals].removesuffix("+")):
            value = word.text[part.equals + 1 :]
            self._current.sets.append((name, Word(value, word.known, word.at)))
        else:
            self._current.words.append(word)

    def _reserved(self, word: Word) -> bool:
        frame = self._frame
        if word.text in _OTHER_RESERVED:
            raise Opaque("unknown")
        if word.text == "for" and self._current.empty:
            frame.for_words = 0
            return True
        if word.text not in _PART_OF:
            return False
        if not self._current.empty:
            raise Opaque("unknown")
        if word.text == "!":
            self._current.negated = True
        if word.text in _OPENS:
            frame.blocks.append(self._current.pipeline)
            self._current = self._fresh("")
        elif word.text in _CLOSES:
            if not frame.blocks:
                raise Opaque("unknown")
            frame.closed = True
            self._current = self._fresh("", frame.blocks.pop())
        return True

    def _for(self, word: Word, part: Part) -> None:
        """`for NAME in WORDS`: what it runs comes after it."""
        frame = self._frame
        if frame.for_words == 0:
            if not (part.plain and is_name(word.text)):
                raise Opaque("unknown")
            self._current.sets.append((word.text, Word("", known=False, at=word.at)))
        elif frame.for_words == 1 and not (part.plain and word.text == "in"):
            raise Opaque("unknown")
        frame.for_words += 1

    def _operator(self) -> None:
        self._end_word()
        sign = next(one for one in _OPERATORS if self._text.startswith(one, self._at))
        self._at += len(sign)
        frame = self._frame
        if sign.startswith(";") and len(sign) > 1:
            raise Opaque("unknown")
        if self._next() and self._next() in "&|;":
            raise Opaque("unknown")
        if self._current.empty and not frame.closed:
            raise Opaque("unknown")
        if frame.for_words >= 0 and sign != ";":
            raise Opaque("unknown")
        self._end_command(sign)

    def _line_end(self) -> None:
        self._end_word()
        if self._redirects:
            raise Opaque("unknown")
        self._at += 1
        blank = self._current.empty and not self._frame.closed
        documents, self._documents = self._documents, []
        for document in documents:
            self._at = document.read(self._text, self._at)
        if not blank:  # after `&&` or `|` the next line goes on
            self._end_command(";")

    def _end_command(self, sign: str) -> None:
        if self._redirects:
            raise Opaque("unknown")
        frame = self._frame
        if frame.for_words >= 0:
            if frame.for_words < 2:
                raise Opaque("unknown")
            frame.for_words = -1
            frame.blocks.append(self._current.pipeline)  # `do` opens nothing of its own
        if not self._current.empty:
            self._commands.append(self._current)
        frame.closed = False
        self._current = self._fresh(sign, self._current.pipeline if sign in ("|", "|&") else ())

    def _subshell(self) -> None:
        if self._part is not None or self._redirects or not self._current.empty or self._frame.closed or self._next(1) == "(":
            raise Opaque("unknown")
        self._push(")", 1)

    def _push(self, closes: str, signs: int) -> None:
        if len(self._frames) > DEEPEST:
            raise Opaque("long")
        self._scopes += 1
        self._frames.append(_Frame(closes, (*self._frame.scope, self._scopes), self._current.pipeline))
        self._outer.append((self._part, self._in_quotes, self._current, self._redirects))
        self._part, self._in_quotes, self._redirects = None, False, ""
        self._at += signs
        self._current = self._fresh("")

    def _close(self) -> None:
        self._end_word()
        frame = self._frame
        if (
            not frame.closes
            or self._documents
            or (self._current.empty and not frame.closed and self._current.joined not in ("", ";", "&"))
        ):
            raise Opaque("unknown")
        self._end_command("")
        if frame.blocks:
            raise Opaque("unknown")
        self._frames.pop()
        self._part, self._in_quotes, self._current, self._redirects = self._outer.pop()
        self._at += 1
        if self._part is not None:
            self._part.known = self._part.plain = False
            self._part.add("$()", quoted=False)
        else:
            self._frame.closed = True

    def _redirect(self) -> None:
        if self._redirects or self._frame.for_words >= 0:
            raise Opaque("unknown")
        part, number = self._part, ""
        if (
            part is not None
            and part.plain
            and part.text
            and all(sign in "0123456789" for sign in part.text)
            and self._next() != "&"
        ):
            number, self._part = "".join(part.text), None
        elif part is not None and part.text[-1:] == ["}"]:
            raise Opaque("unknown")  # `{name}>file`
        self._end_word()
        sign = next(one for one in _SIGNS if self._text.startswith(one, self._at))
        self._at += len(sign)
        if sign == "<>" or self._next() in ("!", "&", "|", "<", ">", "("):
            raise Opaque("unknown")
        while self._next() and self._next() in _BLANKS:
            self._at += 1
        if not self._next() or self._next() in "\n;&|()<>#":
            raise Opaque("unknown")
        self._redirects = number + sign

    def _target(self, word: Word, part: Part) -> None:
        sign, self._redirects = self._redirects, ""
        match sign.lstrip("0123456789"):
            case "<<<":
                self._current.given.append(word)
            case "<<" | "<<-":
                if not part.known:
                    raise Opaque("unknown")
                self._documents.append(Document(self._current, word.text, part.quoted, sign.endswith("-")))
            case "<&" if not (word.known and (word.text == "-" or word.text.isdecimal())):
                raise Opaque("unknown")
            case ">&" if part.quoted and not word.text.replace("/", "").replace(".", "").isalnum():
                raise Opaque("unknown")  # bash takes the quotes off twice: `>&"it's"` writes the file its
            case _:
                self._current.redirections.append(Redirection(sign, word))
