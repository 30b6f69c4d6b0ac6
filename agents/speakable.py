"""What of a run's own text may be said aloud: words, never a path, an address, code or a control character. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import Final

from agents.markdown import plain
from agents.spoken import pieces

LONGEST_PHRASE: Final = 120
_PARTS: Final = re.compile(r"(?<!\w)(\d+)\s*/\s*(\d+)(?!\w)")
_CHOICE: Final = re.compile(r"(?<![\w/\\.])([^\W\d_]{2,12})/([^\W\d_]{2,12})(?![\w/\\.])")
_PATH: Final = re.compile(r"[^\s/\\\"'“”(),;]*[/\\][^\s\"'“”(),;]*")
_CODE: Final = re.compile(r"[{}<>|$=^`*\[\]\\/]|\w\(|(?:^|\s)-{1,2}\w|::|&&|;\s*\w+\s*-")
_KEPT_FORMATS: Final = "\u200c\u200d\u00ad"  # they stand inside of words in some scripts


def phrase(text: str) -> str:
    """The first line as a phrase to be worked into a sentence, without a full stop; empty if it is not fit to be said."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    said = _fit(plain(line)).rstrip(".!…: ")
    return said if len(said) <= LONGEST_PHRASE else ""


def sentences(text: str, most: int) -> str:
    """Its first sentences that are fit to be said; the others are left out."""
    fit = (said for piece in pieces(text) if (said := _fit(piece)))
    return " ".join(islice(fit, most))


def _fit(piece: str) -> str:
    text = "".join(character for character in piece if _audible(character)).replace("_", " ").replace("~", "")
    text = _PARTS.sub(r"\1 of \2", text)
    text = _CHOICE.sub(r"\1 or \2", text)
    text = " ".join(_PATH.sub(_last_name, text).split())
    return text if any(character.isalnum() for character in text) and not _CODE.search(text) else ""


def _last_name(path: re.Match[str]) -> str:
    """`/srv/app/notes.md.` → `notes.`: what a person would call it."""
    whole = path[0].rstrip(".!?:")
    name = re.split(r"[/\\]+", whole.rstrip("/\\"))[-1].lstrip(".")
    stem = name.rpartition(".")[0] or name
    return (stem if re.fullmatch(r"[\w .-]+", stem) else "") + path[0][len(whole) :]


def _audible(character: str) -> bool:
    return character.isspace() or character in _KEPT_FORMATS or not unicodedata.category(character).startswith("C")
