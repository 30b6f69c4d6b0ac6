"""Any Unicode string into characters that the rules know, each with its place: no control character, markup, tag or picture."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from voices.spoken_form.vocabulary.language import word_set

KEPT_OPENS, KEPT_CLOSES = "\ue000", "\ue001"
"""Around a tag that is kept. Private-use characters of the text itself are removed, so these are ours alone."""
SIGNS: Final = "°‰±×÷−≥≤≠≈→←↑↓⇒↔∞√§©®™¢£¤¥€₹₩₽₿₺₴₪฿₫₱½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻′″∑∏∂∫∆∈∉∅∀∃∧∨¬≡∝∪∩⊂–—"
"""Signs outside of ASCII that rules read. What else is not ASCII is a letter, a mark on one, or a blank."""
_MOST_MARKS: Final = 3  # combining marks on one letter; more of them are decoration

_READ_AS: Final = {
    "’": "'", "‘": "'", "‚": "'", "‛": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "…": "...", "‐": "-", "‑": "-",
    "‒": "–", "―": "—", "。": ". ", "｡": ". ", "、": ", ", "，": ", ", "；": "; ", "：": ": ", "？": "? ", "！": "! ", "•": ", ",
    "‣": ", ", "◦": ", ", "·": " ", "µ": "μ", "º": "°", "˚": "°", "℃": "°C", "℉": "°F", "№": "No. ", "⁄": "/", "∕": "/", "∗": "*",
    "⋅": "×", "⟶": "→", "➜": "→", "➔": "→", "➡": "→", "⇨": "→", "⟵": "←", "⇐": "←", "⟹": "⇒", "∼": "~", "˜": "~", "≃": "≈",
    "≅": "≈", "∶": ":", "⩾": "≥", "⩽": "≤", "≧": "≥", "≦": "≤", "Ω": "Ω", "¿": "", "¡": "", "¦": "|", "`": "", "\u00ad": "",
}  # fmt: skip

_MARKUP: Final = re.compile(
    r"<!--.{0,250}?-->|<!\[CDATA\[|\]\]>|<[?!][A-Za-z][^<>]{0,250}>|<(/?)([A-Za-z][\w:.-]{0,30})((?:\s[^<>]{0,250})?)>", re.DOTALL
)
_MARKUP_NAMES: Final = word_set(
    "speak break prosody emphasis voice lang p s sub phoneme say-as audio mark par seq desc lexicon w token html head body "
    "div span b i u "
    "em strong br hr a img ul ol li table tr td th h1 h2 h3 h4 h5 h6 code pre small sup del ins blockquote script style"
)
_SPEECH_COMMAND: Final = re.compile(
    r"\[\[\s?(?:slnc|rate|pbas|pmod|volm|emph|inpt?|nmbr|char|rset|sync|vers|xtnd|cmnt|dlim|ctxt)\b[^\[\]]{0,60}\]\]",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(r"\[[ ]?([^\W\d_][\w' -]{0,38}?)[ ]?\]")
_CITATION: Final = re.compile(r"\[\d{1,3}(?:, ?\d{1,3}){0,4}\](?![\w(])")
"""`[1]` behind a sentence: nobody reads that out."""
_ACTED: Final = (
    "laugh, laughs, laughing, laughter, laughs harder, starts laughing, wheezing, chuckle, chuckles, chuckling, giggle, "
    "giggles, sigh, sighs, sighing, gasp, gasps, gasping, groan, groans, cough, coughs, coughing, sniff, sniffs, sneeze, "
    "sneezes, yawn, yawns, snort, snorts, gulp, gulps, swallows, exhale, exhales, exhales sharply, inhale, inhales, "
    "inhales deeply, breath, breathes, breathing, deep breath, clear throat, clears throat, clearing throat, shush, hum, "
    "hums, humming, whistles, cries, crying, sob, sobs, sobbing, whisper, whispers, whispering, whispered, shout, "
    "shouts, shouting, screams, sings, singing, mumbles, muttering, happy, happily, sad, sadly, angry, angrily, excited, "
    "excitedly, nervous, nervously, calm, calmly, curious, sarcastic, sarcastically, serious, surprised, cheerful, "
    "cheerfully, playful, playfully, mischievous, mischievously, dramatic, dramatically, warmly, softly, gently, loudly, "
    "quietly, slowly, quickly, rushed, drawn out, hesitates, stammers, pause, pauses, short pause, long pause, "
    "dramatic pause, beat, silence, applause, clapping, music, thoughtful, thoughtfully, confused, frustrated, annoyed, "
    "tired, bored, resigned, wistful, flustered, interrupting, overlapping, woo, strong accent"
)
EXPRESSIVE: Final = frozenset(_ACTED.split(", "))
"""Tags of engines that act them: `[laugh]`. An engine that does not would say them."""


def cleaned(text: str, keep_tags: frozenset[str]) -> tuple[str, list[int]]:
    """The text as the rules read it, and where each of its characters stands in the original."""
    kept = frozenset(tag.strip("[]<>/ ").casefold() for tag in keep_tags)
    copy = _Copy(text)
    for start, end, keep in _tags(text, kept):
        copy.upto(start)
        copy.tag(end, keep=keep)
    copy.upto(len(text))
    return "".join(copy.out), copy.places


def _tags(text: str, kept: frozenset[str]) -> Iterator[tuple[int, int, bool]]:
    """Where tags stand, in order, and whether the engine is to get them."""
    at = 0
    while found := _NEXT_TAG.search(text, at):
        start = found.start()
        if command := _SPEECH_COMMAND.match(text, start):
            yield start, command.end(), False
            at = command.end()
        elif (bracket := _BRACKETED.match(text, start)) and (name := bracket[1].casefold()) in (kept | EXPRESSIVE):
            yield start, bracket.end(), name in kept
            at = bracket.end()
        elif (citation := _CITATION.match(text, start)) and not text[start - 1 : start].isalnum():
            yield start, citation.end(), False
            at = citation.end()
        elif (markup := _MARKUP.match(text, start)) and _is_markup(text, markup):
            yield start, markup.end(), (markup[2] or "").casefold() in kept
            at = markup.end()
        else:
            at = start + 1


_NEXT_TAG: Final = re.compile(r"[<\[]|\]\]>")


def _is_markup(text: str, found: re.Match[str]) -> bool:
    """A tag, and not `List<int>`, `<anna@example.com>`, `<name>` or `a <b and c> d`, which are said."""
    if found[2] is None:
        return True
    closes, rest = found[1] or found[3].rstrip().endswith("/"), found[3].strip()
    if "=" in rest or closes or (found[2].endswith("/")):
        return True
    generic = found.start() > 0 and text[found.start() - 1].isalnum()
    return found[2].casefold() in _MARKUP_NAMES and not rest and not generic


class _Copy:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.out: list[str] = []
        self.places: list[int] = []
        self._marks = 0

    def tag(self, end: int, *, keep: bool) -> None:
        raw = "".join(character for character in self.text[self.at : end] if " " <= character < "\x7f")
        self._put(f" {KEPT_OPENS}{raw}{KEPT_CLOSES} " if keep else " ", self.at)
        self.at = end

    def upto(self, end: int) -> None:
        for at in range(self.at, end):
            character = self.text[at]
            if " " < character < "\x7f" and character != "`":
                self.out.append(character)
                self.places.append(at)
                self._marks = 0
            else:
                self._unusual(character, at)
        self.at = end

    def _unusual(self, character: str, at: int) -> None:
        if unicodedata.category(character).startswith("M"):
            self._mark(character, at)
        elif character in "\u200c\u200d":
            if 0 < at < len(self.text) - 1 and _joins(self.text[at - 1]) and _joins(self.text[at + 1]):
                self._put(character, at)
        elif read := _read(character):
            self._put(read, at)
            self._marks = 0

    def _mark(self, character: str, at: int) -> None:
        self._marks += 1
        if self._marks > _MOST_MARKS or not self.out or not self.out[-1][-1].isalpha():
            if self._marks > 1 and self._marks <= _MOST_MARKS and self.out and unicodedata.category(self.out[-1]).startswith("M"):
                self._put(character, at)
            return
        composed = unicodedata.normalize("NFC", self.out[-1] + character)
        if len(composed) == 1:
            self.out[-1] = composed
        else:
            self._put(character, at)

    def _put(self, read: str, at: int) -> None:
        """Of blanks in a row one stays, for the rules know no other."""
        for character in read:
            if character != " " or self.out[-1:] != [" "]:
                self.out.append(character)
                self.places.append(at)


def _joins(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] in "LM"


@lru_cache(4096)
def _read(character: str) -> str:
    """What a character outside of printable ASCII is read as; empty for what is not said."""
    if character in _READ_AS:
        return _READ_AS[character]
    if character in SIGNS:
        return character
    if character.isspace():
        return "\u00a0" if character in "\u00a0\u2007\u2009\u202f" else " "
    category = unicodedata.category(character)
    if category == "Nd" or (category == "No" and unicodedata.digit(character, None) is not None):
        return str(unicodedata.digit(character))
    if unicodedata.decomposition(character).startswith("<") and (plain := _compatible(character)):
        return plain
    return _by_category(character, category)


def _compatible(character: str) -> str:
    """`Ｈ` is H, `㎏` is kg, `ﬁ` is fi."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain != character and all(one.isalnum() or one in " /.-" for one in plain) else ""


def _by_category(character: str, category: str) -> str:
    match category:
        case "Cc":
            return " "
        case "Pd":
            return "-"
        case "Ps":
            return "("
        case "Pe":
            return ")"
        case "Pi" | "Pf":
            return '"'
        case "Sm" | "Sc":
            return f" {_name(character)} "
        case _ if category[0] == "L" or category in ("Nl", "No"):
            return character
        case _:
            return " " if category[0] in "SPZ" else ""


def _name(sign: str) -> str:
    """`⊕` is "circled plus"."""
    return re.sub(r"[^a-z ]", " ", unicodedata.name(sign, "").lower().removesuffix(" sign")).strip()
