"""Texts that are made to slow an expression down, and how its time grows on them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from re import _constants as sre  # pyright: ignore[reportMissingModuleSource, reportAttributeAccessIssue, reportUnknownVariableType]
from re import _parser as parser  # pyright: ignore[reportMissingModuleSource, reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any, Final

from tests.kit.expressions import Expression

_SMALL: Final = 12
_CAREFUL: Final = 60  # characters up to which a text grows slowly, so that what is exponential ends as well
_MORE: Final = 2.9  # as long, for twice the text: it is not linear
_ENOUGH_S: Final = 0.004  # to say something of its growth
_AS_RE: Final = ((r"\\z", r"\\Z"), (r"\\[pP](?:\{\^?\w+\}|\w)", r"\\w"))  # what only re2 knows


def pumps(pattern: str, flags: int = 0) -> list[tuple[str, str, str]]:
    """(before, again and again, after), made of what the pattern itself speaks of."""
    for only_re2, like in _AS_RE:
        pattern = re.sub(only_re2, like, pattern)
    tree: Any = parser.parse(pattern, flags)
    heads = ["", *[head for head in dict.fromkeys(_heads(tree)) if head][:8]]
    pieces = dict.fromkeys(piece for piece in (*_pieces(tree), *heads) if piece)
    again = dict.fromkeys([*pieces, " ", "a", "0", "A", "-", "\n", " a", "a ", "a,", "1.", "é"])
    singles = [piece for piece in again if len(piece) <= 3][:14]
    again |= dict.fromkeys(one + other for one in singles for other in singles if one != other)
    cases = [("", piece, end) for piece in again for end in ("", "\x00")]
    return cases + [(head, piece, "\x00") for head in heads[1:] for piece in list(pieces)[:24]]


def _pieces(tree: Any) -> Iterator[str]:
    """An example of each part, the repeated ones first."""
    for code, given in tree:
        match code:
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                yield from _examples(given[2])
                yield from _pieces(given[2])
            case sre.SUBPATTERN:
                yield from _pieces(given[3])
            case sre.ATOMIC_GROUP:
                yield from _pieces(given)
            case sre.ASSERT | sre.ASSERT_NOT:
                yield from _pieces(given[1])
            case sre.BRANCH:
                for branch in given[1][:40]:
                    yield from _examples(branch)
                for branch in given[1][:40]:
                    yield from _pieces(branch)
            case _:
                yield from _examples([(code, given)])


def _heads(tree: Any) -> Iterator[str]:
    """What gets as far as each repetition."""
    so_far = ""
    for code, given in tree:
        match code:
            case sre.MAX_REPEAT | sre.MIN_REPEAT:
                yield so_far
                yield from (so_far + inner for inner in _heads(given[2]))
            case sre.SUBPATTERN:
                yield from (so_far + inner for inner in _heads(given[3]))
            case sre.BRANCH:
                for branch in given[1][:40]:
                    yield from (so_far + inner for inner in _heads(branch))
            case _:
                pass
        so_far += next(iter(_examples([(code, given)])), "")


def _examples(tree: Any) -> list[str]:
    """Some texts that fit: the first and the last choice everywhere."""
    return list(dict.fromkeys("".join(_example(node, at) for node in tree) for at in (0, -1, 1)))


def _example(node: Any, at: int) -> str:
    code, given = node
    match code:
        case sre.LITERAL:
            return chr(given)
        case sre.NOT_LITERAL:
            return "b" if given == ord("a") else "a"
        case sre.ANY:
            return "a" if at else "."
        case sre.IN:
            return _of_class(given, at)
        case sre.BRANCH:
            branches = given[1]
            return "".join(_example(each, at) for each in branches[at if at < len(branches) else -1])
        case sre.SUBPATTERN:
            return "".join(_example(each, at) for each in given[3])
        case sre.ATOMIC_GROUP:
            return "".join(_example(each, at) for each in given)
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            return "".join(_example(each, at) for each in given[2]) * max(1, min(int(given[0]), 8))
        case _:
            return ""


_CATEGORIES: Final = {
    sre.CATEGORY_DIGIT: "0", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a_0",
    sre.CATEGORY_NOT_DIGIT: "a-", sre.CATEGORY_NOT_SPACE: "a-", sre.CATEGORY_NOT_WORD: "- ",
}  # fmt: skip


def _of_class(given: Any, at: int) -> str:
    letters = ""
    for code, what in given:
        match code:
            case sre.LITERAL:
                letters += chr(what)
            case sre.RANGE:
                letters += chr(what[0])
            case sre.CATEGORY:
                letters += _CATEGORIES[what]
            case _:
                pass
    if given[0][0] is sre.NEGATE:
        fitting = re.compile(f"[^{re.escape(letters)}]")
        letters = "".join(each for each in "a 0-.,\"'é*" if fitting.fullmatch(each)) or "☃"
    return letters[at if at < len(letters) else -1] if letters else ""


def slow(expression: Expression, chars: int, *, most: int = 10_000) -> str:
    """The text it is slow on; empty if there is none. Slow takes some milliseconds, and grows by more than the text does."""
    return measured(expression, chars, most=most)[0]


def measured(expression: Expression, chars: int, *, most: int) -> tuple[str, float]:
    """The text it is slow on, and the microseconds for each character of the text that takes longest."""
    use, longest_us = expression.used(), 0.0
    for parts in pumps(expression.pattern, expression.flags)[:most]:
        found, us = _grows(use, parts, chars)
        longest_us = max(longest_us, us)
        if found:
            return found, longest_us
    return "", longest_us


def _grows(use: Callable[[str], object], parts: tuple[str, str, str], chars: int) -> tuple[str, float]:
    def took(size: int) -> float:
        return min(_spent(use, _text(*parts, size)) for _ in range(2))

    size = _SMALL
    while (spent := took(size)) < _ENOUGH_S and size < chars:
        size = min(chars, size * 3 // 2 if size < _CAREFUL else size * 2)
    us = spent / size * 1_000_000
    if spent < _ENOUGH_S:
        return "", us
    exponential = size <= 2 * _CAREFUL and took(size) > 5 * took(size * 2 // 3)
    if not exponential and not (took(2 * size) > _MORE * took(size) and took(4 * size) > _MORE**2 * took(size)):
        return "", max(us, took(chars) / chars * 1_000_000)
    before, piece, after = parts
    return f"{before!r} + {piece!r} × … + {after!r}: {took(size):.4f} s for {size} characters", us


def _text(before: str, piece: str, after: str, chars: int) -> str:
    return before + piece * (chars // len(piece)) + after


def _spent(use: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    use(text)
    return time.thread_time() - began
