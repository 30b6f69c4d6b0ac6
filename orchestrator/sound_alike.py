"""How a name sounds, spelling aside: what recognisers write for a name they do not know has its consonants, in their order."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

CONSONANTS: Final = 4  # a shorter name sounds like too many ordinary words

_SPELLINGS: Final = (
    (re.compile(r"[^a-z]"), ""),
    (re.compile(r"e$"), ""),
    (re.compile(r"ch|ck|qu|q"), "k"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"dg|g(?=[eiy])"), "j"),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"h"), ""),
    (re.compile(r"[aeiouy]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=8_192)
def sound(text: str) -> str:
    """The same for "engineer" and "engine ear", for "architect" and "arky tect"; every vowel is an `a`."""
    text = unicodedata.normalize("NFKD", text.lower())
    for spelling, heard in _SPELLINGS:
        text = spelling.sub(heard, text)
    return text


def tellable(heard: str) -> bool:
    """Whether a sound is long enough to be told from ordinary words."""
    return len(heard.replace("a", "")) >= CONSONANTS
