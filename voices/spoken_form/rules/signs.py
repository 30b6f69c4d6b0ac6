"""Signs, quotation marks and punctuation: what is said, what is a pause, and what only encloses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.rules.amounts import CARET, SUPERSCRIPT, SUPERSCRIPTS, power
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language

_OPERAND: Final = re.compile(r"(?:[\w)\]%²³°'\"]|\bof\b)[ \u00a0]?$")
_VERBS: Final = re.compile(
    r"\b(?:need|needs|needed|saw|see|costs?|is|are|was|were|takes?|took|have|has|had|of|with|for|to|at|in|and|or|uses?|used|gets?|got|from|by|only|still|usually|be|than|"
    r"want|wants|on|after|under|over|brauchst|brauche|kostet|ist|sind|war|mit|für|bei|von|und|oder|nur|dauert|hat|haben)[ "
    r"\u00a0]$",
    re.IGNORECASE,
)
_NUMBER_AHEAD: Final = re.compile(r"[ \u00a0]?[-−+]?[$€£¥]?[ \u00a0]?\.?\d")
_GLUED_NUMBER: Final = re.compile(r"(?:[$€£¥]|US\$)?\.?\d")
_LETTER_POWER: Final = re.compile(r"(?:(?<![^\W_])[^\W\d_]{1,2}|\))$")
_LETTER_POWER_OR_CLOSE: Final = re.compile(r"[\w)\]][ \u00a0]?$")
_ABOUT: Final = {
    "~": "about",
    "≈": "about",
    "<": "less",
    ">": "more",
    "≥": "at least",
    ">=": "at least",
    "≤": "at most",
    "<=": "at most",
}
_PACKAGE: Final = re.compile(r"(?:^|[ \u00a0\"'(])[a-zA-Z][\w.-]{2,30}(?:\[[\w,]{1,20}\])?$")
_WANTED: Final = re.compile(
    r"\b(?:keep|keeps|make|have|has|get|want|wants|need|needs|require|requires|with|hold|for|at|expect|allow|set|use|mit|für|"
    r"bei)[ \u00a0]"
    r"(?:an?[ \u00a0]|the[ \u00a0])?[\w()]{1,16}[ \u00a0]?$",
    re.IGNORECASE,
)
_TAGGED: Final = re.compile(r"#\d{1,6}[A-Za-z]{3}")
_LENGTH_BEFORE: Final = re.compile(r"(?:\d[ \u00a0]?(?:mm|cm|m|km|ft|in|px)|\d[\"'′″])[ \u00a0]?$")
_MENU: Final = re.compile(r"(?<![^\W_])[A-Z][^\W\d_]{2,20}[ \u00a0]$")
_MENU_NEXT: Final = re.compile(r"[ \u00a0][A-Z][^\W\d_]")


_ARGUMENT: Final = re.compile(r"(?<![^\W_])[A-Za-z]\([^()]{1,24}$")


@lru_cache(8)
def _longest(language: Language) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(language.signs, key=len, reverse=True))))


def sign(source: Source, at: int) -> Said | None:
    """Any sign of the language's table, as it is said in this place; None for what is none."""
    text, language = source.text, source.language
    if found := SUPERSCRIPT.match(text, at):
        digits = found[2].translate(SUPERSCRIPTS)
        if _LETTER_POWER.search(source.before(at)):
            return Said(power(language, found[1].translate(SUPERSCRIPTS), digits), found.end())
        return Said(language.figure(digits), found.end())
    if text[at] == "^" and _LETTER_POWER_OR_CLOSE.search(source.before(at)) and (found := CARET.match(text, at)):
        return Said(power(language, found[1].replace("−", "-"), found[2]), found.end())
    if text[at] == "–" and (text[at - 1 : at].isalnum() or text[at - 2 : at] == "m.") and text[at + 1 : at + 2].isalnum():
        return Said(language.words["to"], at + 1)  # Monday–Friday
    if (
        text[at] in "–-"
        and re.search(r"\d[ \u00a0]$", source.before(at))
        and source.word_after(at + 1).casefold() in language.month_names
    ):
        return Said(language.words["to"], at + 1)
    if (
        text[at] == "–"
        and re.search(r"[\d)][ \u00a0]$", source.before(at))
        and re.match(r"[ \u00a0][\d(]", text[at + 1 : at + 3])
    ):
        return Said(language.words["minus"], at + 1)
    found = _longest(language).match(text, at)
    if not found:
        return None
    for reads in (_minus, _compared, _star, _hash, _other):
        if (words := reads(source, at, found[0])) is not None:
            return Said(words, found.end())
    return None


def _minus(source: Source, at: int, sign: str) -> str | None:
    """Minus before a number and between numbers; a dash is a pause, a hyphen nothing."""
    if sign not in ("-", "--", "−", "+"):
        return None
    words, text, before = source.language.words, source.text, source.before(at)
    after = text[at + len(sign) : at + len(sign) + 1]
    if sign == "−":
        return words["minus"]
    if sign == "+":
        return words["plus"]
    if (
        sign == "-"
        and _GLUED_NUMBER.match(text, at + 1)
        and (source.opens(at) or before[-1:] in "*/×÷+=^" or before.endswith(("(", "–")))
    ):
        return words["minus"]
    if sign == "-" and re.search(r"(?<!\w)[A-F]$", before) and not (after.isalnum() or after == "-"):  # a B-
        return words["minus"]
    spaced = (not before or before[-1].isspace()) and (not after or after.isspace())
    if sign == "-" and spaced and re.search(r"[\w)][ \u00a0]$", before) and re.match(r"[ \u00a0][\w($]", text[at + 1 : at + 3]):
        operand = re.search(r"(?:\d|(?<!\w)[A-Za-z]|\))[ \u00a0]$", before) and re.match(
            r"[ \u00a0](?:[($]?\d|[b-zB-HJ-Z](?!\w))", text[at + 1 : at + 5]
        )
        return words["minus"] if operand else ","
    if spaced:
        return "," if before.strip() and after else ""
    if sign == "--" and before[-1:].isalnum() and not after.isalnum():  # j--
        return f"{words['minus']} {words['minus']}"
    if sign == "--":
        return "," if before[-1:].isalnum() and after.isalnum() else source.language.signs["--"] if after.isalnum() else ","
    return ""


def _compared(source: Source, at: int, sign: str) -> str | None:
    """`> 5` is more than five; `x > 5` x is greater than five; `~30` is about thirty."""
    if sign not in _ABOUT:
        return None
    if sign == ">" and _MENU.search(source.before(at)) and _MENU_NEXT.match(source.text, at + 1):
        return source.language.words["then"]
    text, end, before = source.text, at + len(sign), source.before(at)
    prefix = at == 0 or before[-1].isspace() or before[-1] in "([{\"',;:"
    glued = _GLUED_NUMBER.match(text, end) is not None
    if sign == "~":
        return source.language.words["about"] if prefix and _NUMBER_AHEAD.match(text, end) else source.language.signs["~"]
    if prefix and (glued or not _OPERAND.search(before) or _VERBS.search(before)):
        return (
            source.language.words[_ABOUT[sign]] if _NUMBER_AHEAD.match(text, end) or sign == "≈" else _bracket(source, at, sign)
        )
    if glued and (_PACKAGE.search(before) or (_WANTED.search(before) and sign in _ABOUT)):
        return source.language.words[_ABOUT[sign]]
    if not glued and _WANTED.search(before) and _NUMBER_AHEAD.match(text, end):
        return source.language.words[_ABOUT[sign]]
    if sign in "<>" and not re.match(r"[ \u00a0]?[\w($€£+−-]", text[end : end + 2]):
        return _bracket(source, at, sign)
    if sign in "<>" and not prefix and (text[end : end + 1].isspace() or not text[end : end + 1]):
        return _bracket(source, at, sign)
    if sign == "<" and prefix and text[end : end + 1].isalpha():
        return _bracket(source, at, sign)
    return source.language.signs[sign]


def _bracket(source: Source, at: int, sign: str) -> str:
    """`<name>` encloses; a sign that neither compares nor encloses is said."""
    near = source.text[at + 1 : at + 62] if sign == "<" else source.text[max(0, at - 61) : at][::-1]
    other = ">" if sign == "<" else "<"
    return "" if other in near else source.language.signs[sign]


def _star(source: Source, at: int, sign: str) -> str | None:
    """Times between numbers; marks of emphasis are not said."""
    if sign not in ("*", "**", "_"):
        return None
    before, after = source.before(at), source.text[at + len(sign) : at + len(sign) + 2]
    operand = re.search(r"(?:\d|(?<!\w)[A-Za-z]|\))[ \u00a0]?$", before) and re.match(
        r"[ \u00a0]?(?:\d|[A-Za-z](?!\w)|\()", after + " "
    )
    if sign in ("*", "**") and operand and before[-1:].isspace() == after[:1].isspace():
        return source.language.words["times" if sign == "*" else "power"]
    if sign == "*" and after[:1].isdigit() and not before[-1:].isalnum():
        return source.language.signs[sign]
    alone = (not before or before[-1].isspace()) and (not after or after[0].isspace())
    return source.language.signs[sign] if alone and (before or after) else ""


def _hash(source: Source, at: int, sign: str) -> str | None:
    if sign != "#":
        return None
    if re.match(r"\d|[A-Z]{1,4}-?\d", source.text[at + 1 : at + 8]):
        return source.language.words["hashtag" if _TAGGED.match(source.text, at) else "number"]
    heading = source.text[at + 1 : at + 2] in ("#", " ", "") and (at == 0 or source.text[at - 1] == "#")
    if not heading and source.text[at + 1 : at + 2].isalpha():
        return source.language.words["hashtag"]
    return "" if heading else source.language.signs["#"]


def _other(source: Source, at: int, sign: str) -> str | None:
    if sign == "×" and _LENGTH_BEFORE.search(source.before(at)):
        return source.language.words["by"]
    if sign in "→⇒" and not source.text[max(0, at - 8) : at].strip():
        return ""  # what a list's item begins with
    if sign == "√" and source.text[at + 1 : at + 2].strip():
        return source.language.words["root"]
    if sign == "/" and source.text[at + 1 : at + 2] == "/":
        return source.language.signs["//"]
    return source.language.signs[sign]


def is_negation(source: Source, at: int) -> bool:
    """`!done` in code."""
    return source.text[at] == "!" and source.text[at + 1 : at + 2].isalpha() and (at == 0 or source.text[at - 1] in " (&|")


def punctuation(source: Source, at: int) -> tuple[str, int] | None:
    """Marks that an engine makes a pause of, and the end of what they stand for."""
    text, character = source.text, source.text[at]
    if character in ".,;:?!":
        end = at + 1
        while end < len(text) and text[end] in ".,;:?!":
            end += 1
        return text[at:end], end
    if character in "—–":
        return ",", at + 1
    if character == ")" and _ARGUMENT.search(text[max(0, at - 26) : at]):
        return "", at + 1  # of O(n)
    if character in "()":
        closes = character == ")" and not re.match(r"[ \u00a0]?[\w\"]", text[at + 1 : at + 3])
        return ("" if closes else ","), at + 1
    return None
