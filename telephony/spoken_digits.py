"""Digits as people say, key and write them, and as a recogniser hears them. Pure, and linear in the length of the text.

There are two readings. `spoken_keys` is strict: one text is one entry, so that an answer is one try. `Digits` is wide: it finds
given digits in any text, whichever way its words may be meant, so that they can be kept from everybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import or_
from typing import Final

_UNITS: Final = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "null": "0",
    "one": "1", "two": "2", "to": "2", "too": "2", "three": "3", "four": "4", "for": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TEENS: Final = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS: Final = {
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8", "ninety": "9",
    "fourty": "4", "ninty": "9",
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3}
_ALSO_WORDS: Final = ("to", "too", "for", "o", "oh")  # digits only beside other digits
_AROUND: Final = {
    "my", "the", "a", "pin", "code", "number", "is", "it's", "it", "that's", "that", "this", "and", "then", "please", "um", "uh",
    "er", "hm", "okay", "ok", "yes", "yeah", "well", "so", "sure", "here", "now", "sorry", "thanks", "thank", "you",
    "pressed", "keys",
}  # fmt: skip
_CORRECTS: Final = {"sorry", "no", "wait", "meant", "mean", "rather", "correction"}
_AROUND_DIGITS: Final = _AROUND | _CORRECTS | {"i", "again", "hundred", "thousand"}


def spoken_keys(text: str) -> str:
    """The digits in what was keyed in or said: `1 2 3 4`, `one two three four`, `double five oh`, `twelve thirty-four`.

    Nothing where it is not mainly digits: `wait for it` is no four. After "sorry" the last counts: `1 2 3 5, sorry, 1 2 3 4`.
    """
    words = re.findall(r"[0-9]|[a-z]+(?:'[a-z]+)?", text.lower())
    numbers = [_is_number(*around) for around in zip(["", *words], words, [*words[1:], ""], strict=False)]
    around = [_AROUND_DIGITS if any_before else _AROUND for any_before in accumulate(numbers, or_)]
    others = sum(not number and word not in known for word, number, known in zip(words, numbers, around, strict=True))
    if sum(numbers) < 2 * others:
        return ""
    entries, times = [""], 1
    for (word, after), number in zip(pairwise([*words, ""]), numbers, strict=True):
        digits = _digits(word, after) if number else ""
        if word in _CORRECTS and not number:
            entries.append("")
        entries[-1] += digits * times
        times = 1 if digits else _TIMES.get(word, times)
    return next((entry for entry in reversed(entries) if entry), "")


def _is_number(before: str, word: str, after: str) -> bool:
    if word not in _ALSO_WORDS:
        return word in _TIMES or bool(_digits(word, after))
    return any(beside in _TIMES or _digits(beside, "") for beside in (before, after))


def _digits(word: str, after: str) -> str:
    if word in _TENS:
        return _TENS[word] if _UNITS.get(after, "0") != "0" else _TENS[word] + "0"
    return word if word.isdigit() else _UNITS.get(word) or _TEENS.get(word, "")


# --- given digits, found in any form ----------------------------------------------------------------------------------

LONGEST_PIN: Final = 12
LONGEST_GAP: Final = 7  # words between two digits of one number: "four, and the second digit is a seven"

_HEARD_FOR: Final = {
    "won": "1", "wan": "1", "tu": "2", "tree": "3", "free": "3", "fore": "4", "fife": "5", "sex": "6", "sicks": "6", "ate": "8",
    "nein": "9", "nil": "0", "nada": "0", "zilch": "0", "zip": "0", "owe": "0", "ow": "0", "hero": "0",
    "floor": "4", "fourth": "4", "first": "1", "second": "2", "third": "3", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9",
}  # fmt: skip
_GERMAN: Final = {
    "null": "0", "ein": "1", "eins": "1", "eine": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4",
    "fünf": "5", "fuenf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "elf": "11",
    "zwölf": "12", "zwoelf": "12", "dreizehn": "13", "vierzehn": "14", "fünfzehn": "15", "fuenfzehn": "15",
    "sechzehn": "16", "siebzehn": "17", "achtzehn": "18", "neunzehn": "19",
}  # fmt: skip
_GERMAN_TENS: Final = {
    "zwanzig": "2", "dreißig": "3", "dreissig": "3", "vierzig": "4", "fünfzig": "5", "fuenfzig": "5", "sechzig": "6",
    "siebzig": "7",
    "achtzig": "8", "neunzig": "9",
}  # fmt: skip
_SCALES: Final = {
    "hundred": ("", "0", "00"), "hundreds": ("", "0", "00"), "hundert": ("", "0", "00"),
    "thousand": ("", "0", "00", "000"), "thousands": ("", "0", "00", "000"), "tausend": ("", "0", "00", "000"),
}  # fmt: skip
_MANY: Final = {
    "double": 2, "dubble": 2, "twice": 2, "doppel": 2, "triple": 3, "treble": 3, "thrice": 3, "dreifach": 3, "quadruple": 4,
}  # fmt: skip
_AGAIN: Final = ("twice", "again", "repeated", "thrice", "nochmal", "zweimal")


def _whole_numbers() -> dict[str, str]:
    """Words that are one number by themselves, `forty` and `fortyseven` among them."""
    plain = {**_HEARD_FOR, **_UNITS, **_TEENS, **_GERMAN, **{tens: f"{digit}0" for tens, digit in (_TENS | _GERMAN_TENS).items()}}
    units = {word: digit for word, digit in _UNITS.items() if digit != "0" and word not in _ALSO_WORDS}
    ours = {f"{tens}{unit}": f"{digit}{low}" for tens, digit in _TENS.items() for unit, low in units.items()}
    theirs = {
        f"{unit}und{tens}": f"{digit}{low}"
        for tens, digit in _GERMAN_TENS.items()
        for unit, low in _GERMAN.items()
        if len(low) == 1 and unit != "null"
    }
    return plain | ours | theirs


_NUMBERS: Final = _whole_numbers()
_MAYBE: Final = frozenset([*_HEARD_FOR, *_ALSO_WORDS, "one", "ein", "eine", "null"])  # as often a word as a digit
_PLURALS: Final = {
    f"{word}{'es' if word == 'six' else 's'}": digit for word, digit in {**_UNITS, **_TEENS}.items() if word not in _ALSO_WORDS
}
_ALL_TENS: Final = _TENS | _GERMAN_TENS | {f"{ten}0": str(ten) for ten in range(2, 10)}
_PIECES: Final = frozenset({*_NUMBERS, *_SCALES, "und", "and"} - {*_HEARD_FOR, *_ALSO_WORDS})
_LONGEST_PIECE: Final = max(map(len, _PIECES))
_LONGEST_WORD: Final = 80  # no number that is a PIN is longer
_READINGS: Final = {
    **{word: (digits,) for word, digits in {**_NUMBERS, **_PLURALS}.items()},
    **{word: (digits, "") for word, digits in _NUMBERS.items() if word in _MAYBE},
    **_SCALES,
}
_IN_CONTEXT: Final = frozenset([*_ALL_TENS, *_MANY, *_AGAIN])
_TOKEN: Final = re.compile(r"\d(?:[\W_]*\d)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")  # `\d` is any script's
_TENS_APART: Final = re.compile(r"(?<!\d)[2-9]0[\W_]+[1-9](?!\d)")  # as "forty seven" is written that was said slowly
_GROUP: Final = re.compile(r"\d+")
_OTHER_DIGITS: Final = re.compile(r"[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u2473\u2776-\u2793]")

_Says = tuple[str, ...]
"""The digits that a word may stand for; `""` where it may be a word too. Empty: it is no number."""
_Token = tuple[int, int, _Says]
_Live = dict[tuple[int, int], int]
"""By how many of the digits were said, and how many words ago: where the first of them stands."""
Open = frozenset[tuple[int, int]]
"""What of the digits has been said by the end of a text: how many, and how many words ago."""


class Digits:
    """Finds certain digits, as one number, wherever and however they are said."""

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def __repr__(self) -> str:
        return "Digits(…)"

    def found(self, text: str, opened: Open = frozenset()) -> tuple[list[tuple[int, int]], Open]:
        """Where they stand, as spans that do not overlap; and what may be gone on with in the caller's next words.

        `opened` is what the words before left so: digits may be said in two breaths.
        """
        live: dict[tuple[int, int], int] = dict.fromkeys(opened, 0)
        spans: list[tuple[int, int]] = []
        for start, end, says in _tokens(text):
            if not says:
                if live:
                    live = {(at, gap + 1): begun for (at, gap), begun in live.items() if gap < LONGEST_GAP}
            elif len(says) == 1 and len(says[0]) > LONGEST_PIN:
                live = self._run(text, start, end, says[0], live, spans)
            else:
                live = self._step(start, end, says, live, spans)
        return _merged(spans), frozenset(live)

    def _step(self, start: int, end: int, says: _Says, live: _Live, spans: list[tuple[int, int]]) -> _Live:
        """What may begin within a token begins there: `1234` holds `34`."""
        after: _Live = {}
        for one in says:
            if not one:
                for (at, gap), begun in live.items():
                    if gap < LONGEST_GAP:
                        _keep(after, (at, gap + 1), begun)
                continue
            for (at, _), begun in live.items():
                self._read(one, at, begun, end, after, spans)
            for first in range(len(one)):
                if one[first] == self._digits[0]:
                    self._read(one[first:], 0, start, end, after, spans)
        return after

    def _read(self, says: str, at: int, begun: int, end: int, after: _Live, spans: list[tuple[int, int]]) -> None:
        wanted = self._digits[at:]
        if says.startswith(wanted):
            spans.append((begun, end))
        elif wanted.startswith(says):
            _keep(after, (at + len(says), 0), begun)

    def _run(self, text: str, start: int, end: int, says: str, live: _Live, spans: list[tuple[int, int]]) -> _Live:
        """Many digits: only their beginning goes on with what was before, and only their end may be gone on with."""
        places = [start + at for at, char in enumerate(text[start:end]) if char.isdigit()]
        at = says.find(self._digits)
        while at >= 0:
            spans.append((places[at], places[at + len(self._digits) - 1] + 1))
            at = says.find(self._digits, at + 1)
        for (had, _), begun in live.items():
            left = len(self._digits) - had
            if says.startswith(self._digits[had:]):
                spans.append((begun, places[left - 1] + 1))
        ends = (had for had in range(1, len(self._digits)) if says.endswith(self._digits[:had]))
        return {(had, 0): places[-had] for had in ends}


def _keep(states: _Live, state: tuple[int, int], start: int) -> None:
    """The latest beginning: as little as possible is hidden."""
    states[state] = max(start, states.get(state, start))


@dataclass(frozen=True, slots=True)
class Said:
    """A word of a text, and what it may be among digits."""

    start: int
    end: int
    word: str
    digits: int
    """How many it stands for, at most; 0: it is no number."""
    sure: bool
    """It is never anything but a number."""


def words_in(text: str) -> list[Said]:
    return [
        Said(start, end, text[start:end].casefold(), max(map(len, says), default=0), bool(says) and "" not in says)
        for start, end, says in _tokens(text)
    ]


def how_many(text: str) -> int:
    """How many digits are said in it, at most; words that are only sometimes digits are none."""
    return sum(word.digits for word in words_in(text) if word.sure)


def numbers_in(text: str) -> list[tuple[int, int]]:
    """Where numbers stand; words that are only sometimes digits count beside others."""
    spans: list[tuple[int, int]] = []
    words, none = words_in(text), Said(0, 0, "", 0, sure=False)
    for before, word, after in zip([none, *words], words, [*words[1:], none], strict=False):
        if word.digits and (word.sure or before.sure or after.sure):
            spans.append((word.start, word.end))
    return _joined(spans, text)


def _joined(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """With no word between them they are one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not any(map(str.isalnum, text[joined[-1][1] : start])):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _tokens(text: str) -> Iterator[_Token]:
    """Words and numbers; what repeats others, as that: `double one`, `two ones`, `one twice`."""
    last = ""
    pieces = [piece for match in _matches(text) for piece in _pieces(match)]
    for at, (start, end, word) in enumerate(pieces):
        after = pieces[at + 1][2] if at + 1 < len(pieces) else ""
        says = _READINGS.get(word) or ((word,) if word.isdigit() else ())
        if word in _MANY and after not in _READINGS:  # "double, uh, one"
            beyond = (one for _, _, one in pieces[at + 1 : at + 4])
            after = next((one for one in beyond if one in _READINGS or one.isdigit()), "")
        if (word in _IN_CONTEXT or after in _PLURALS) and (more := _in_context(word, after, says, last)):
            says = tuple(dict.fromkeys(more))
        yield start, end, says
        if says:
            last = next((one for one in says if one), last)[-1:]


def _in_context(word: str, after: str, says: _Says, last: str) -> list[str]:
    more = list(says)
    number = _NUMBERS.get(after) or _PLURALS.get(after) or (after if after.isdigit() else "")
    if word in _ALL_TENS and len(number) == 1:
        more.append(_ALL_TENS[word])
    times = _MANY.get(word, 0) or (int(says[0][-1]) if says and after in _PLURALS and says[0][-1] in "234" else 0)
    if number and times and len(number) < LONGEST_PIN:
        more += [f"{says[0][:-1] if says else ''}{number * (times - 1)}", ""]  # and the next one itself
    if word in _AGAIN and last:
        more += [last, last * 2, ""]
    return more


def _matches(text: str) -> Iterator[tuple[int, int, str]]:
    plain = text if text.isascii() else _OTHER_DIGITS.sub(lambda other: str(unicodedata.digit(other[0], 0) % 10), text)
    for match in _TOKEN.finditer(plain):
        word = match[0]
        if word[0].isdigit() and _TENS_APART.search(word):
            yield from ((match.start() + one.start(), match.start() + one.end(), one[0]) for one in _GROUP.finditer(word))
            continue
        if word[0].isdigit():
            word = "".join(char if char.isascii() else str(unicodedata.digit(char)) for char in word if char.isdigit())
        else:
            word = (word if word.isascii() else unicodedata.normalize("NFKC", word)).casefold()
        yield match.start(), match.end(), word


def _pieces(match: tuple[int, int, str]) -> Iterator[tuple[int, int, str]]:
    """A word, or the numbers that it is made of: `viertausendsiebenhundertelf`, `fourseveneleven`."""
    start, end, word = match
    if not 5 < len(word) <= _LONGEST_WORD or word in _READINGS or word.isdigit():
        yield match
        return
    found, at = list[str](), 0
    while at < len(word):
        lengths = range(min(_LONGEST_PIECE, len(word) - at), 1, -1)
        piece = next((word[at : at + length] for length in lengths if word[at : at + length] in _PIECES), "")
        if not piece:
            yield match
            return
        found.append(piece)
        at += len(piece)
    yield from ((start, end, piece) for piece in found)
