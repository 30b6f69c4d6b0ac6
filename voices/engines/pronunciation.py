"""How a name sounds, in cmudict's phones: for telling which names a telephone takes for each other."""

from __future__ import annotations

import re
from typing import Final

# Names in use here that the rules below would get wrong and the dictionary lacks.
_KNOWN: Final = {
    "kai": "K AY",
    "pai": "P AY",  # cmudict has P AA IY
    "claude": "K L AO D",
    "litestar": "L AY T S T AA R",
    "azure": "AE ZH ER",
}

# Letters to sounds, longest match first: crude, but enough to compare names.
_RULES: Final = {
    "tch": "CH", "igh": "AY", "eau": "OW", "tion": "SH AH N", "sch": "SH", "ough": "AO",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "gh": "G", "kn": "N",
    "wr": "R", "ai": "AY", "ay": "EY", "au": "AO", "aw": "AO", "ea": "IY", "ee": "IY", "ei": "AY", "ey": "IY", "eu": "Y UW",
    "ie": "IY", "oa": "OW", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "ue": "UW", "ar": "AA R", "er": "ER",
    "ir": "ER", "or": "AO R", "ur": "ER", "ll": "L", "nn": "N", "mm": "M", "rr": "R", "ss": "S", "tt": "T", "pp": "P",
    "ff": "F", "bb": "B", "dd": "D", "gg": "G", "zz": "Z", "ce": "S", "ci": "S IH", "cy": "S IY",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L",
    "m": "M", "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S",
    "y": "IY", "z": "Z",
}  # fmt: skip
_PIECES: Final = re.compile("|".join(sorted(_RULES, key=len, reverse=True)))
_SILENT_E: Final = re.compile(r"([aiou])([bcdfgklmnprstvz])e$")
_LONG: Final = {"a": "EY", "i": "AY", "o": "OW", "u": "UW"}


def known(word: str) -> str | None:
    """The pronunciation of a name in use here, whatever a dictionary says."""
    return _KNOWN.get(word.lower())


def guess(word: str) -> str:
    """Phones by rule for any word in Latin letters; empty if there is no letter in it."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if silent_e := _SILENT_E.search(letters):
        head, vowel, consonant = letters[: silent_e.start()], silent_e[1], silent_e[2]
        return " ".join([*_by_rule(head), _LONG[vowel], *_by_rule(consonant)])
    if len(letters) > 1 and letters.endswith("a"):
        return " ".join([*_by_rule(letters[:-1]), "AH"])
    return " ".join(_by_rule(letters))


def _by_rule(letters: str) -> list[str]:
    return [_RULES[piece] for piece in _PIECES.findall(letters)]
