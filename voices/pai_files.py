"""How PAI's files are read: any encoding, any line ends, bounded, and with the line of each key."""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from agents.yaml_file import PlainLoader, TooDeep
from voices.voice import VoiceFileError

MOST_BYTES: Final = 1_000_000
MOST_YAML_BYTES: Final = 128 * 1024
"""PyYAML reads less than a megabyte a second."""
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FENCE: Final = re.compile(r"---[ \t]*")
_VOICE_KEY: Final = re.compile(r"(?:voice|voiceId|voice_id)[ \t]*:")


@dataclass(frozen=True, slots=True)
class PaiFile:
    """One file, read."""

    path: Path
    text: str
    data: dict[str, Any]
    first_line: int = 1
    """Of the text in the file."""

    def line(self, keys: tuple[str, ...]) -> int:
        """Where a key stands, or the nearest one around it."""
        return line_of(self.text, keys) + self.first_line - 1


def is_file(path: Path) -> bool:
    """False also where we may not look, and for what is no plain file: to open a pipe would wait without end."""
    try:
        return path.is_file()
    except OSError:
        return False


def toml_file(path: Path) -> PaiFile:
    """Raises VoiceFileError."""
    return _parsed(path, _text(path, MOST_BYTES), tomllib.loads)


def json_file(path: Path) -> PaiFile:
    """Raises VoiceFileError."""
    return _parsed(path, _text(path, MOST_BYTES), json.loads)


def yaml_file(path: Path) -> PaiFile:
    """Raises VoiceFileError."""
    return _parsed(path, _text(path, MOST_YAML_BYTES), _yaml)


def front_matter(path: Path) -> PaiFile:
    """Only `voice` and `voiceId`: what stands around them need not be YAML, and often is not. Raises VoiceFileError."""
    lines = _text(path, MOST_YAML_BYTES).split("\n")
    kept: list[str] = []
    within = False
    for line in lines[1:] if _FENCE.fullmatch(lines[0]) else ():
        if _FENCE.fullmatch(line):
            break
        within = bool(_VOICE_KEY.match(line)) or (within and line[:1] in ("", " ", "\t", "#"))
        kept.append(line if within else "")  # an empty line for each that is left out, so that the others stay where they are
    return _parsed(path, "\n".join(kept), _yaml, first_line=2)


def _yaml(text: str) -> Any:
    return yaml.load(text, PlainLoader)


def _text(path: Path, most_bytes: int) -> str:
    try:
        with path.open("rb") as opened:
            blob = opened.read(most_bytes + 1)
    except OSError as error:
        raise VoiceFileError(path, f"cannot be read: {error.strerror or error}; see to its rights") from error
    if len(blob) > most_bytes:
        raise VoiceFileError(path, f"is larger than {most_bytes:,} bytes, so it is not read; its voices are not used")
    return _decoded(blob).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(blob: bytes) -> str:
    for mark, encoding in _BOMS:
        if blob.startswith(mark):
            return blob[len(mark) :].decode(encoding, "replace")
    try:
        return blob.decode("utf-8")
    except UnicodeDecodeError:
        return blob.decode("cp1252", "replace")


def _parsed(path: Path, text: str, parse: Callable[[str], Any], first_line: int = 1) -> PaiFile:
    try:
        data = parse(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        line, why = _where(error)
        raise VoiceFileError(
            path, f"{why}; its voices are not used until that is corrected", line=line + first_line - 1
        ) from error
    return PaiFile(path, text, cast("dict[str, Any]", data) if isinstance(data, dict) else {}, first_line)


def _where(error: Exception) -> tuple[int, str]:
    match error:
        case json.JSONDecodeError():
            return error.lineno, f"this is not JSON: {error.msg}"
        case tomllib.TOMLDecodeError():
            found = re.search(r"at line (\d{1,9})", str(error))
            return int(found[1]) if found else 1, f"this is not TOML: {error}"
        case yaml.MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            return mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}"
        case RecursionError() | TooDeep():
            return 1, "it is nested too deeply"
        case _:
            return 1, f"it cannot be read: {str(error)[:100]}"


def line_of(source: str, keys: tuple[str, ...]) -> int:
    """The line of a key, found level by level; that of the nearest one around it where it is not on a line of its own."""
    at = 0
    for key in keys:
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[:=]", re.MULTILINE).search(source, at)
        at = found.end() if found else at
    return source.count("\n", 0, at) + 1
