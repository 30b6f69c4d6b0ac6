"""What of a piece of Markdown is to be said: its marks, its code and its pictures are not. Pure, and safe on any text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agents.linear import Expression, Match

_LINK: Final = Expression(r"!?\[([^\[\]]*)\]\(\s*<?[^()\s<>]*(?:\([^()\s]*\)[^()\s]*)?>?(?:\s+[\"'][^\"']*[\"'])?\s*\)")
_URL: Final = Expression(r"<?\b(?:https?://|www\.)([^\s<>\"'`)\]]+)>?", ignore_case=True)
_TICKS: Final = re.compile("`+")
_WORDS_IN_CODE: Final = re.compile(r"[\w][\w .\-/]{0,39}")
# What is said as code: a call, options, a comparison, a type; brackets with something in them are not.
_SAID_CODE: Final = re.compile(r"(?:[\w .\-/#+*=<>@~$%&:,!?'\"|]|\(\)){1,40}")
_HTML: Final = (
    "a|abbr|answer|b|blockquote|br|code|dd|del|details|div|dl|dt|em|final|h[1-6]|hr|i|img|ins|kbd|li|mark|message|ol|output|p|"
    "pre|reply|response|s|say|small|span|speak|speech|spoken|strong|sub|summary|sup|table|tbody|td|text|th|thead|tr|u|ul|voice"
)
# `<int>` of `List<int>`, `<name>` and the addresses of mails in such brackets are no markup.
_TAG: Final = Expression(
    rf"</[A-Za-z][^<>]*>|<(?:{_HTML})(?:\s[^<>]*)?/?>|<[A-Za-z][\w:-]*(?:\s[^<>]*=[^<>]*|\s*/)>|"
    r"<!--.*?-->|<(?:…|\.{2,3})>|\[AGENT:[^\]]*\]",
    ignore_case=True,
    dot_all=True,
)
_MAIL: Final = Expression(r"<(?:mailto:)?([\w.+-]{1,64}@[\w.-]{1,200})>")
_EMPHASIS: Final = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|~~)(?=\S)|(?<=\S)(\*{1,3}|_{1,3}|~~)(?![\w*])|\*\*|~~")
# Of emoji; a joiner also stands inside of words in some scripts.
# Signs of code that are marks of Markdown elsewhere: out of the way of what follows, then put back.
_KEPT: Final = {ord(sign): at for at, sign in enumerate("*_|~", 0x11)}
_BACK: Final = {kept: sign for sign, kept in _KEPT.items()}
_JOINERS: Final = re.compile(r"[\ufe0e\ufe0f\u20e3]|(?<!\S)\u200d|\u200d(?!\S)")
_TIMES: Final = re.compile(r"(?<=\d )\*(?= \d)")
_POWER: Final = re.compile(r"(?<=\d)\*\*(?=\d)|(?<=\d )\*\*(?= \d)")
# A dash between words is a pause; between numbers, or letters that stand for some, it says minus, or to.
_OPERAND_BEFORE: Final = re.compile(r"(?:\d[\d.,%]{0,20}|(?<!\S)[a-zA-Z]|\)) $")
_OPERAND_AFTER: Final = re.compile(r" (?:[($€£]?\d|[b-zB-HJ-Z](?!\w))")
_DASH: Final = re.compile(r"(?<=\S)\s+(?:[–—]+|--?|\|)(?:\s+|$)")
_LONELY: Final = re.compile(r"(?<!\S)(?:[-–—*_|#•·:;,.]+)(?!\S)")


def plain(text: str) -> str:
    """A piece of inline Markdown as words: no marks, code, addresses or emoji; empty when nothing is left to say.

    Short code that is words stays ("main", "git push"), other code becomes "some code"; a link is its text, an address its
    site's name.
    """
    if not text or text.isspace():  # most lines of a long blank text
        return ""
    text = _without_ticks(unicodedata.normalize("NFC", text))
    text = _LINK.sub(r"\1", text)
    text = _URL.sub(_site, text)
    text = _TAG.sub(" ", _MAIL.sub(r"\1", text))
    text = _EMPHASIS.sub("", _TIMES.sub("×", _POWER.sub("^", text))).replace("`", "")
    text = _JOINERS.sub("", "".join(" " if is_picture(character) else character for character in text))
    text = _DASH.sub(_dash, text)
    text = re.sub(r"(?<!\s)\s+([,.;:!?…])(?!\w|-?[)(])", r"\1", text)
    text = (
        " ".join(_LONELY.sub(lambda sign: sign[0] if sign[0] == "||" or _reckons(sign) else "", text).split())
        .lstrip(" —–,;" if text.lstrip().startswith("::") else " —–,;:")
        .rstrip(" —–-")
    )
    return text.translate(_BACK) if any(character.isalnum() for character in text) else ""


def _without_ticks(text: str) -> str:
    """Code stands between two rows of as many backticks."""
    rows = [(row.start(), row.end()) for row in _TICKS.finditer(text)]
    later = dict[int, list[int]]()  # of each length, the rows to come, the next one last
    for at in reversed(range(len(rows))):
        later.setdefault(rows[at][1] - rows[at][0], []).append(at)
    said, done, at = list[str](), 0, 0
    while at < len(rows):
        begin, opened = rows[at]
        same = later[opened - begin]
        while same and same[-1] <= at:
            same.pop()
        if same:
            said += [text[done:begin], _code(text[opened : rows[same[-1]][0]].strip())]
            at = same.pop()
            done = rows[at][1]
        at += 1
    return "".join([*said, text[done:]])


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
    return code.translate(_KEPT) if _SAID_CODE.fullmatch(code) and any(map(str.isalnum, code)) else "some code"


def _site(address: Match) -> str:
    """`https://www.example.com/a?b.` → `example.com.`; of a machine the port too."""
    whole = address[1]
    after = whole[len(whole.rstrip(".,;:!?")) :]
    host, colon, number = re.split(r"[/?#]", whole.rstrip(".,;:!?"))[0].rpartition("@")[2].removeprefix("www.").partition(":")
    port = f":{number}" if colon and number.isdecimal() and (host == "localhost" or not host[-1:].isalpha()) else ""
    return (f"{host}{port}" if re.fullmatch(r"[\w.-]+", host) else "a link") + after


def is_picture(character: str) -> bool:
    """Pictures; signs that are read aloud (°, ©, ™) are none."""
    if character.isascii() or character in "°©®™":
        return False
    return unicodedata.category(character) in ("So", "Cn", "Co") or "\U0001f3fb" <= character <= "\U0001f3ff"
