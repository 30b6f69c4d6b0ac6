"""Where a sentence ends: what a full stop, a quotation mark or a comma means at the blank behind it. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class Boundary(Enum):
    """What ends at a blank."""

    NONE = auto()
    SENTENCE = auto()
    IF_CAPITAL = auto()
    """A sentence, unless a small letter or a digit follows."""
    IF_OPENER = auto()
    """A sentence only if a word follows that opens one: "in the U.S. They", but "the U.S. Army"."""
    UNLESS_COUNTED = auto()
    """A sentence, unless a word follows that a number with a full stop counts: "am 3. Mai"."""
    CLAUSE_IF_OPENER = auto()
    """A clause, if a word follows that may begin the next: "if so, we", but "Vienna, Austria"."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUOTES: Final = "\"'”’»)“"
_CLOSERS: Final = "\"'”’»)]*_~“"
_LAST: Final = re.compile(r"\S{1,40}$")
_DOTTED_LETTERS: Final = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}\.|[^\W\d_]\.")
_NUMBER: Final = re.compile(r"(?:\d{1,3}\.[-–/])?\d{1,3}\.")
_DATE: Final = re.compile(r"\d{1,2}\.\d{1,2}\.")
_KING: Final = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})\.")
_DAY_FOLLOWS: Final = (
    _words("am der den dem des vom zum ab bis seit im die das beim zur und ins ans aufs fürs")
    | {
        f"{stem}{end}"
        for stem in ("mein", "dein", "sein", "ihr", "unser", "eur", "kein", "ein", "dies", "jed", "jen")
        for end in ("e", "em", "en", "er", "es")
    }
    | _words("mein dein sein ihr unser euer kein ein")
)

# Lower case; compared without regard to case.
_NEVER: Final = _words(
    "vs approx cf bzw evtl ggf inkl exkl zzgl bspw vgl sog e.g i.e z.b d.h u.a ca bsp mio mrd tsd nr fam med sq cu fl"
)
_TITLES: Final = _words(
    "Dr Mr Mrs Ms Prof Capt Lt Gen Col Sgt Maj Cmdr Rev Hon Gov Sen Rep Pres Supt Mt Hr Hrn Fr Frl Dipl Ing Mag"
)
_BEFORE_CAPITALS: Final = _words("Std Min Sek Str Abb Kap Tel Abt Hauptstr Bahnhofstr")
_IF_CAPITAL: Final = _words(
    "no nos etc usw jan feb mar apr jun jul aug sep sept oct okt nov dec dez max min temp avg est dept incl excl govt misc "
    "resp co mgmt mgr lbs lb oz ft in mi yd "
    "sec secs mins hrs hr fig figs vol ch sec eq pp ext p tel ref no apt rm str std sek abb kap bd bes allg geb art abs nr "
    "ltd corp bros assn univ intl orig prev esp ed sect chap chr mon tue tues wed thu thur thurs fri sat sun ver"
)
_IF_OPENER: Final = _words("inc ltd corp co jr sr ave blvd rd a.m p.m")
_OPENERS: Final = _words(
    "the a an this that these those i you he she it we they there here my your his her its our their what when where why how "
    "who which if but and so or yes no not then "
    "now all some many most both each nobody everybody in on at by for from with after before as to is are was were do does "
    "did can could should would will let please "
    "der die das ein eine ich du er sie es wir ihr man dann da dort hier aber und oder wenn weil wie was wer wo warum ja nein "
    "nicht heute morgen jetzt danach am im in"
)  # fmt: skip
_CLAUSE_OPENERS: Final = _words(
    "and but or so yet nor because since although though while when where if unless until after before as which who whom "
    "whose that what how why then than "
    "i you he she it we they there this these those the my your his her our their its here not no is are was were do does did "
    "can could should would will let let's "
    "i'm i'll i've i'd you're you'll it's it'll we're we'll we've they're they'll there's that's he's she's what's don't just "
    "now for with without even "
    "und aber oder denn doch weil da wenn dass ob als wie wo der die das den dem ich du er sie es wir ihr man dann so nicht "
    "ist sind war kann können hat haben "
    "muss müssen soll sollte werden wird geht gibt mit ohne"
)  # fmt: skip
_COUNTED: Final = _words(
    "januar jänner februar feber märz april mai juni juli august september oktober november dezember stock klasse platz preis "
    "auflage kapitel quartal weltkrieg "
    "jahrhundert etage runde liga semester bezirk bis und oder jan feb apr jun jul aug sep okt nov dez"
)


def boundary(text: str) -> Boundary:
    """Of `text`, the sentence so far, at the blank behind it; only its last words count."""
    bare = text.rstrip(_CLOSERS)
    quoted = any(character in _QUOTES for character in text[len(bare) :])
    if not bare.endswith((".", "!", "?", "…")):
        return Boundary.NONE
    if not bare.endswith(".") or bare.endswith(".."):
        return Boundary.IF_CAPITAL if quoted or bare.endswith(("..", "…")) else Boundary.SENTENCE
    found = _LAST.search(bare)
    last = found[0].lstrip("([{\"'“„‚«*_") if found else bare
    if last == "ms." and bare[: -len(last)].rstrip()[-1:].isdigit():
        return Boundary.SENTENCE
    ends = _of_number(bare, last) or _of_word(last)
    return Boundary.IF_CAPITAL if ends is Boundary.SENTENCE and quoted else ends


def _of_number(bare: str, last: str) -> Boundary | None:
    before = bare[-60 : len(bare) - len(last)].split()[-1:]
    word = before[0].casefold() if before else ""
    if _NUMBER.fullmatch(last):
        if word in _DAY_FOLLOWS or word.endswith((":", ",")):
            return Boundary.NONE
        return Boundary.UNLESS_COUNTED
    if _DATE.fullmatch(last):
        return Boundary.IF_OPENER if word in _DAY_FOLLOWS else Boundary.IF_CAPITAL
    if _KING.fullmatch(last) and len(last) > 2:
        return Boundary.NONE if word in _DAY_FOLLOWS else Boundary.IF_CAPITAL
    return None


def _of_word(last: str) -> Boundary:
    word, low = last[:-1], last[:-1].casefold()
    if word == "I":  # "So do I. He", but "Franz Joseph I. war"
        return Boundary.IF_CAPITAL
    if low in _IF_OPENER or word == "St":
        return Boundary.IF_OPENER
    if word in _BEFORE_CAPITALS or word in _TITLES or low in _NEVER:
        return Boundary.NONE
    if _DOTTED_LETTERS.fullmatch(last):
        return Boundary.IF_OPENER
    return Boundary.IF_CAPITAL if low in _IF_CAPITAL or low.endswith("str") else Boundary.SENTENCE


def opens_sentence(word: str) -> bool:
    return word[:1].isupper() and word.casefold() in _OPENERS


def opens_clause(word: str) -> bool:
    return word.casefold() in _CLAUSE_OPENERS


def is_counted(word: str) -> bool:
    """A number with a full stop before it counts it."""
    return word.casefold() in _COUNTED
