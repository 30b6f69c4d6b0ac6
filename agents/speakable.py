"""What of a run's own text may be said aloud: words, never a path, an address, code, a secret or a control character. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from agents.markdown import plain
from agents.secrets import has_secret
from agents.secrets import named as named
from agents.spoken import pieces

LONGEST_PHRASE: Final = 120
LONGEST_DESCRIBED: Final = 1_000  # what is longer is no phrase
_DESCRIBED: Final = {"WebSearch": "query", "Skill": "skill"}  # by another field than the others
_PARTS: Final = re.compile(r"(?<!\w)(\d+)\s*/\s*(\d+)(?!\w)")
_CHOICE: Final = re.compile(r"(?<![\w/\\.])([^\W\d_]{2,12})/([^\W\d_]{2,12})(?![\w/\\.])")
_CHUNK: Final = re.compile(r"[^\s\"'“”(),;]+")
_CODE: Final = re.compile(r"[{}<>|$=^`*\[\]\\/]|\w\(|(?:^|\s)-{1,2}\w|::|&&|;\s*\w+\s*-")
_DATA: Final = re.compile(r"\b0x[0-9a-fA-F]|[\"']\s?:\s?[\"'\d{\[]|[A-Za-z_]\w{0,40},\w{1,40},\w")  # of JSON, or of a table
_CAMEL: Final = re.compile(r"(?<![\w.])[a-z]{2,40}(?:[A-Z][a-z0-9]{1,40}){1,10}\b")
_KEPT_FORMATS: Final = "\u200c\u200d\u00ad"  # they stand inside of words in some scripts


def phrase(text: str) -> str:
    """The first line as a phrase to be worked into a sentence, without a full stop; empty if it is not fit to be said."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    said = _fit(plain(line)).rstrip(".!…: ")
    return said if len(said) <= LONGEST_PHRASE else ""


def described(tool: str, given: Mapping[str, Any]) -> str:
    """What a run says of a tool's use, as a phrase."""
    return phrase(named(str(given.get(_DESCRIBED.get(tool, "description")) or "")[:LONGEST_DESCRIBED]))


def sentences(text: str, most: int) -> str:
    """Its first sentences that are fit to be said; the others are left out."""
    fit = (said for piece in pieces(text) if (said := _fit(piece)))
    return " ".join(islice(fit, most))


def _fit(piece: str) -> str:
    if has_secret(piece):
        return ""
    text = "".join(character for character in piece if _audible(character)).replace("_", " ").replace("~", "")
    text = _PARTS.sub(r"\1 of \2", text)
    text = _CHOICE.sub(r"\1 or \2", text)
    text = " ".join(_CHUNK.sub(_last_name, _CAMEL.sub(_words, text)).split())
    is_code = _CODE.search(text) or _DATA.search(text)
    return text if any(character.isalnum() for character in text) and not is_code else ""


def _words(name: re.Match[str]) -> str:
    """`parseConfig` → `parse config`."""
    return re.sub(r"(?=[A-Z])", " ", name[0]).lower()


def _last_name(path: re.Match[str]) -> str:
    """`/srv/app/notes.md.` → `notes.`: what a person would call it; what is no path stays."""
    if "/" not in path[0] and "\\" not in path[0]:
        return path[0]
    whole = path[0].rstrip(".!?:")
    name = re.split(r"[/\\]+", whole.rstrip("/\\"))[-1].lstrip(".")
    stem = name.rpartition(".")[0] or name
    return (stem if re.fullmatch(r"[\w .-]+", stem) else "") + path[0][len(whole) :]


def _audible(character: str) -> bool:
    return character.isspace() or character in _KEPT_FORMATS or not unicodedata.category(character).startswith("C")
