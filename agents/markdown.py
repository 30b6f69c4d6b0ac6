"""What of a line of Markdown is to be said: its marks, its scaffolding and its code are not. Pure, and safe on any text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# PAI's and LifeOS's answer forms: the field's name is dropped, its content is said.
_FIELDS: Final = (
    "CUSTOM COMPLETED", "COMPLETED", "SUMMARY", "ANALYSIS", "ACTIONS", "RESULTS", "STATUS", "CAPTURE", "NEXT",
    "STORY EXPLANATION", "RATE", "TASK", "ITERATION on", "CONTENT", "CHANGE", "VERIFY", "SYSTEM", "MEMORY",
)  # fmt: skip
_FIELD: Final = re.compile(rf"(?:{'|'.join(_FIELDS)})\**:\**\s*")
_SPEAKS: Final = "\U0001f5e3"  # before the name of who speaks, in PAI's answers
_ROLE: Final = re.compile(r"\[([^\[\]]{1,40})\]:?\s*")
_LONGEST_LABEL: Final = 44
_SCAFFOLD: Final = "═━╔╗╚╝│┃─♻|"  # banners, phase headers, boxes, tables
_BULLET: Final = re.compile(r"[-*+•‣◦]\s+")
_NUMBER: Final = re.compile(r"\d{1,2}[.)]\s+")


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


def head(line: str, *, whole: bool, first: bool = False, names: tuple[str, ...] = ()) -> Head | None:
    """The kind of the line that begins so; None while it takes more characters to know.

    `whole`: nothing will be added. `first`: it opens the answer, where a role's label (`[Engineer]`, or one of `names` and
    a colon) is not said.
    """
    text = line.lstrip()
    if not text:
        return Head(Kind.BLANK) if whole else None
    for reads in (_fence, _mark, _number, _label):
        found = reads(text, whole, first, names)
        if not isinstance(found, Head):
            if found:
                return None
            continue
        return found
    return Head(Kind.TEXT, text)


# Each reader gives the head, or whether it needs more characters to know.


def _fence(text: str, whole: bool, first: bool, names: tuple[str, ...]) -> Head | bool:
    if text.startswith(("```", "~~~")):
        return Head(Kind.FENCE, text[:3])
    return not whole and text in ("`", "``", "~", "~~")


def _mark(text: str, whole: bool, first: bool, names: tuple[str, ...]) -> Head | bool:
    if text[0] in _SCAFFOLD:
        return Head(Kind.NOTHING)
    if text[0] == ">":
        inner = head(text[1:], whole=whole, first=first, names=names)
        return True if inner is None else Head(Kind.ITEM, inner.rest) if inner.kind is Kind.TEXT else inner
    if text[0] == "#":
        title = re.match(r"#{1,6}\s+(?=\S)", text)
        return Head(Kind.HEADING, text[title.end() :]) if title else not whole and re.fullmatch(r"#{1,6}\s*", text) is not None
    if re.fullmatch(r"[-*+_=•‣◦\s]+", text):
        return Head(Kind.NOTHING) if whole else True
    bullet = _BULLET.match(text)
    return _anew(text[bullet.end() :], whole, names) if bullet else False


def _number(text: str, whole: bool, first: bool, names: tuple[str, ...]) -> Head | bool:
    """An answer may open with a number of its own ("12. Two more than before."), but a list opens with 1."""
    number = _NUMBER.match(text)
    if number and number.end() < len(text) and (not first or (text[0] == "1" and not text[1].isdigit())):
        return _anew(text[number.end() :], whole, names)
    return not whole and re.fullmatch(r"\d{1,2}[.)]?\s*", text) is not None


def _anew(rest: str, whole: bool, names: tuple[str, ...]) -> Head | bool:
    """An item may itself begin with a mark or a label."""
    inner = head(rest, whole=whole, names=names)
    return True if inner is None else Head(Kind.ITEM, inner.rest) if inner.kind is Kind.TEXT else inner


def _label(text: str, whole: bool, first: bool, names: tuple[str, ...]) -> Head | bool:
    """Fields and names: `🎯 COMPLETED:`, `🗣️ Kai:`, and on the first line `[Engineer]` and `Kai:`."""
    bare = text.lstrip("*_ \ufe0f")
    while bare and _is_emoji(bare[0]) and bare[0] != _SPEAKS:
        bare = bare[1:].lstrip("*_ \ufe0f\u200d")
    if not bare:
        return Head(Kind.NOTHING) if whole else True
    if bare[0] == _SPEAKS:
        return _spoken(bare, whole)
    if field := _FIELD.match(bare):
        return Head(Kind.ITEM, bare[field.end() :])
    if first and (role := _ROLE.match(bare)) and (rest := bare[role.end() :] or (whole and " ")):
        return Head(Kind.TEXT, text) if rest[0] == "(" else _anew_text(rest, whole, names)
    if first and (name := next((name for name in names if bare.casefold().startswith(f"{name.casefold()}:")), None)):
        return _anew_text(bare[len(name) + 1 :].lstrip("*_ "), whole, names)
    return not whole and _may_become_label(bare, first, names)


def _anew_text(rest: str, whole: bool, names: tuple[str, ...]) -> Head | bool:
    return head(rest, whole=whole, names=names) or True


def _spoken(bare: str, whole: bool) -> Head | bool:
    name, colon, rest = bare.partition(":")
    if colon:
        return Head(Kind.ITEM, rest.lstrip("*_ "))
    return Head(Kind.TEXT, bare[1:]) if whole or len(name) > _LONGEST_LABEL else True


def _may_become_label(bare: str, first: bool, names: tuple[str, ...]) -> bool:
    so_far = bare.rstrip("*")
    if any(f"{field}:".startswith(so_far) for field in _FIELDS):
        return True
    if first and any(f"{name}:".casefold().startswith(so_far.casefold()) for name in names):
        return True
    return first and re.fullmatch(r"\[[^\[\]]{0,40}(\]:?\s*)?", bare) is not None


_LINK: Final = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?[^()\s<>]*(?:\([^()\s]*\)[^()\s]*)?>?(?:\s+[\"'][^\"']*[\"'])?\s*\)")
_URL: Final = re.compile(r"<?\b(?:https?://|www\.)([^\s<>\"'`)\]]+)>?", re.IGNORECASE)
_CODE: Final = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_WORDS_IN_CODE: Final = re.compile(r"[\w][\w .\-/]{0,39}")
# What is said as code: a call, options, a comparison, a type; brackets with something in them are not.
_SAID_CODE: Final = re.compile(r"(?:[\w .\-/#+*=<>@~$%&:,!?'\"|]|\(\)){1,40}")
_HTML: Final = (
    "a|abbr|b|blockquote|br|code|dd|del|details|div|dl|dt|em|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|s|small|span|strong|sub|"
    "summary|sup|table|tbody|td|th|thead|tr|u|ul"
)
# `<int>` of `List<int>`, `<name>` and the addresses of mails in such brackets are no markup.
_TAG: Final = re.compile(
    rf"</[A-Za-z][^<>]*>|<(?:{_HTML})(?:\s[^<>]*)?/?>|<[A-Za-z][\w:-]*(?:\s[^<>]*=[^<>]*|\s*/)>|<!--.*?-->|\[AGENT:[^\]]*\]",
    re.DOTALL | re.IGNORECASE,
)
_MAIL: Final = re.compile(r"<(?:mailto:)?([\w.+-]{1,64}@[\w.-]{1,200})>")
_EMPHASIS: Final = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|~~)(?=\S)|(?<=\S)(\*{1,3}|_{1,3}|~~)(?![\w*])|\*\*|~~")
# Of emoji; a joiner also stands inside of words in some scripts.
_JOINERS: Final = re.compile(r"[\ufe0e\ufe0f\u20e3]|(?<!\S)\u200d|\u200d(?!\S)")
_TIMES: Final = re.compile(r"(?<=\d )\*(?= \d)")
_POWER: Final = re.compile(r"(?<=\d)\*\*(?=\d)|(?<=\d )\*\*(?= \d)")
# A dash between words is a pause; between numbers, or letters that stand for some, it says minus, or to.
_OPERAND_BEFORE: Final = re.compile(r"(?:\d[\d.,%]*|(?<!\S)[a-zA-Z]|\)) $")
_OPERAND_AFTER: Final = re.compile(r" (?:[($€£]?\d|[b-zB-HJ-Z](?!\w))")
_DASH: Final = re.compile(r"(?<=\S)\s+(?:[–—]+|--?|\|)(?:\s+|$)")
_LONELY: Final = re.compile(r"(?<!\S)(?:[-–—*_|#•·:;,.]+)(?!\S)")


def plain(text: str) -> str:
    """A piece of inline Markdown as words: no marks, code, addresses or emoji; empty when nothing is left to say.

    Short code that is words stays ("main", "git push"), other code becomes "some code"; a link is its text, an address its
    site's name.
    """
    text = _CODE.sub(lambda code: _code(code[2].strip()), text)
    text = _LINK.sub(lambda link: link[1], text)
    text = _URL.sub(_site, text)
    text = _TAG.sub(" ", _MAIL.sub(r"\1", text))
    text = _EMPHASIS.sub("", _TIMES.sub("×", _POWER.sub("^", text))).replace("`", "")
    text = _JOINERS.sub("", "".join(" " if _is_emoji(character) else character for character in text))
    text = _DASH.sub(_dash, text)
    text = re.sub(r"\s+([,.;:!?…])(?!\w)", r"\1", text)
    text = (
        " ".join(_LONELY.sub(lambda sign: sign[0] if sign[0] == "||" or _reckons(sign) else "", text).split())
        .lstrip(" —–,;:")
        .rstrip(" —–-")
    )
    return text if any(character.isalnum() for character in text) else ""


def _dash(dash: re.Match[str]) -> str:
    return dash[0] if _reckons(dash) else ", "


def _reckons(sign: re.Match[str]) -> bool:
    """A minus, or the "to" of a range."""
    if sign[0].strip() not in ("-", "–"):
        return False
    text = sign.string
    before, after = (
        text[max(0, sign.start() - 20) : sign.start()].rstrip() + " ",
        " " + text[sign.end() : sign.end() + 20].lstrip(),
    )
    return bool(_OPERAND_BEFORE.search(before) and _OPERAND_AFTER.match(after))


def _code(code: str) -> str:
    if _WORDS_IN_CODE.fullmatch(code):
        return code.replace("_", " ")
    return code if _SAID_CODE.fullmatch(code) and any(map(str.isalnum, code)) else "some code"


def _site(address: re.Match[str]) -> str:
    """`https://www.example.com/a?b.` → `example dot com.`"""
    whole = address[1]
    after = whole[len(whole.rstrip(".,;:!?")) :]
    host = re.split(r"[/?#]", whole.rstrip(".,;:!?"))[0].rpartition("@")[2].partition(":")[0].removeprefix("www.")
    return (host.replace(".", " dot ") if re.fullmatch(r"[\w.-]+", host) else "a link") + after


def _is_emoji(character: str) -> bool:
    """Pictures; signs that are read aloud (°, ©, ™) are none."""
    if character.isascii() or character in "°©®™":
        return False
    return unicodedata.category(character) in ("So", "Cn", "Co") or "\U0001f3fb" <= character <= "\U0001f3ff"
