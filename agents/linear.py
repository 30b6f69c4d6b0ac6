"""Regular expressions that take time in proportion to the text, whatever the text and the expression: google-re2, typed.

What such an expression cannot have: look-ahead, look-behind, and references back to a group. `\\w`, `\\d`, `\\s` and `\\b` know
ASCII only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any, Final, Protocol

import re2
from pydantic import AfterValidator

_MOST_MEMORY: Final = 8 * 1024 * 1024


class Match(Protocol):
    def __getitem__(self, group: int | str) -> str: ...
    def group(self, group: int | str = 0) -> str | None: ...
    def groupdict(self) -> dict[str, str | None]: ...
    def start(self, group: int = 0) -> int: ...
    def end(self, group: int = 0) -> int: ...


class BadExpression(ValueError):
    """It is none, or has something in it that takes more than linear time."""


class Expression:
    """Raises BadExpression. Lone surrogates in a text count as `?`."""

    def __init__(self, pattern: str, *, ignore_case: bool = False, dot_all: bool = False, multiline: bool = False) -> None:
        flags = "".join(sign for sign, on in (("i", ignore_case), ("s", dot_all), ("m", multiline)) if on)
        options: Any = re2.Options()
        options.log_errors, options.max_mem = False, _MOST_MEMORY
        self.pattern = pattern
        try:
            self._compiled: Any = re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
        except (re2.error, UnicodeEncodeError) as error:
            reason = error.args[0] if error.args else error
            raise BadExpression(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from None

    def search(self, text: str) -> Match | None:
        return self._compiled.search(_whole(text))

    def match(self, text: str) -> Match | None:
        return self._compiled.match(_whole(text))

    def fullmatch(self, text: str) -> Match | None:
        return self._compiled.fullmatch(_whole(text))

    def all(self, text: str) -> Iterator[Match]:
        return self._compiled.finditer(_whole(text))

    def sub(self, replacement: Callable[[Match], str] | str, text: str) -> str:
        return self._compiled.sub(replacement, _whole(text))


def _whole(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


# --- expressions that people write in files ---------------------------------------------------------------------------

LONGEST_WRITTEN: Final = 1_000  # characters
_SIGN: Final = re2.compile(r"(?s)\\.|\[\^?\]?|\]|.")
_UNICODE: Final = {"\\w": r"\pL\pM\pN_", "\\d": r"\p{Nd}"}


def written(pattern: str) -> str:
    """That pattern, if it is one. Raises ValueError with the fix, for the reader of files to say where."""
    try:
        _compiled(pattern)
    except BadExpression as error:
        raise ValueError(_complaint(str(error))) from None
    return pattern


Pattern = Annotated[str, AfterValidator(written)]
"""Of a file's model: a regular expression that people write."""


def found(pattern: str, text: str) -> bool:
    """Whether such a pattern is anywhere in the text, in any case."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> Expression:
    if len(pattern) > LONGEST_WRITTEN:
        raise BadExpression(f"it has {len(pattern):,} characters, more than {LONGEST_WRITTEN:,}; write a part of it")
    return Expression(_in_unicode(_whole(pattern)), ignore_case=True)


def _in_unicode(pattern: str) -> str:
    """Words and digits of all scripts, as `re` knows them."""
    parts, in_class = list[str](), False
    for sign in _SIGN.findall(pattern):
        if sign.startswith("[") and not in_class:
            in_class = True
        elif sign == "]":
            in_class = False
        if in_class:
            parts.append(_UNICODE.get(sign, sign))
        elif letters := _UNICODE.get(sign.lower()):
            parts.append(f"[{'^' if sign[1].isupper() else ''}{letters}]")
        else:
            parts.append(sign)
    return "".join(parts)


def _complaint(problem: str) -> str:
    if problem.startswith("it has"):
        return problem
    told = "is not a regular expression; write `\\` before a sign that stands for itself, such as ( [ { * + ? |"
    if any(sign in problem for sign in _UNKNOWN):
        told += "; look-ahead, look-behind and references back to a group take too long on some texts: write it without"
    return told


_UNKNOWN: Final = ("(?=", "(?!", "(?<", "invalid perl operator", "invalid escape sequence: \\1", "invalid named capture")
