"""Text made equal for comparing: one name, however it is written. Never for what is shown or said."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("’‘ʼ`´＇", "''''''")
_WHOLE: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"}
)
"""Letters whose stroke is no mark in Unicode; recognisers leave it out all the same."""
_INITIALS: Final = re.compile(r"(?<![^\W_])[^\W\d_]\.(?:[^\W\d_]\.)+")
"""Letters with full stops between them: J.A.R.V.I.S."""


def folded(text: str) -> str:
    """Equal for texts that differ only in case, accents, Unicode's forms, kinds of apostrophe, and the full stops of initials."""
    return spelt(text).casefold()


def spelt(text: str) -> str:
    """As `folded`, with capitals as they are."""
    if not text.isascii():
        letters = _plain_letters(unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)))
        text = unicodedata.normalize("NFC", "".join(letters).translate(_WHOLE))
    return _INITIALS.sub(lambda initials: initials[0].replace(".", ""), text)


def _plain_letters(text: str) -> list[str]:
    """Latin letters lose their marks, for recognisers write "Jose" as well as "José"; other scripts tell words apart by them."""
    kept, latin = list[str](), False
    for char in text:
        if not unicodedata.combining(char):
            latin = char.isascii() or unicodedata.name(char, "").startswith("LATIN ")
        elif latin:
            continue
        kept.append(char)
    return kept
