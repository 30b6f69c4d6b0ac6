"""`pai-voice.toml`: where it lies, what it says, and in which line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import platformdirs

from agents import bounds
from agents.errors import FileError
from agents.yaml_file import read_text
from orchestrator.errors import ConfigError

FILE: Final = "pai-voice.toml"
WHERE: Final = "PAI_VOICE_CONFIG"
Keys = tuple[str, ...]
_LINE: Final = re.compile(r"at line (\d+)")
NEITHER: Final = "this is neither `key = value` nor `[section]`"
UNCLOSED: Final = "a quote or a bracket is not closed"
_WORDS: Final = (
    (("Cannot", "Duplicate"), "a key or a section is there twice; delete one"),
    (("Expected '='",), NEITHER),
    (("Unclosed", "Expected ']'", 'Expected "]', "Unterminated"), UNCLOSED),
    (("Illegal", "Unescaped", "Invalid hex"), "a character is not allowed here; of `\\` write two, or take single quotes"),
)


def found(environ: Mapping[str, str], folder: Path) -> Path | None:
    """The file that PAI_VOICE_CONFIG names, else that in `folder`, else that in the user's configuration, else None. Raises
    ConfigError for a name with a variable in it that is not set."""
    if environ.get(WHERE):
        try:
            return bounds.path(environ[WHERE])
        except ValueError as error:
            raise ConfigError(f"{WHERE}: {error}", "or unset it") from None
    places = (folder / FILE, Path(platformdirs.user_config_dir("pai-voice")) / FILE)
    return next((place for place in places if place.exists() or place.is_symlink()), None)


@dataclass(frozen=True)
class SettingsFile:
    path: Path | None = None
    text: str = ""
    tree: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def read(cls, path: Path) -> SettingsFile:
        """Raises ConfigError, which says the line."""
        if path.is_dir():
            raise ConfigError(f"{path} is a folder, not a file", f"move it away, or set {WHERE} to the file with the settings")
        try:
            text = read_text(path)
        except FileError as error:
            place = f"{path}:{error.line}" if error.line > 1 else str(path)
            raise ConfigError(f"{place}: {error.problem}", f"correct that, or set {WHERE} to a file that can be read") from None
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(*_not_toml(path, text, str(error))) from None
        except (RecursionError, ValueError):  # lists in lists; a date or a number that cannot be
            raise ConfigError(f"{path}: a value is nested too deeply, or is no date or number", "write plain values") from None

    def place(self, keys: Keys) -> str | None:
        """Where that is said, or where its section begins; None where the file says nothing of it."""
        return next((f"{self.path}:{self._lines[keys[:n]]}" for n in range(len(keys), 0, -1) if keys[:n] in self._lines), None)

    @cached_property
    def _lines(self) -> Mapping[Keys, int]:
        lines: dict[Keys, int] = {}
        section: Keys = ()
        for line, head in _heads(self.text):
            is_section = head.startswith("[")
            keys = _keys(head) if is_section else (*section, *_keys(f"{head} = 0"))
            section = keys if is_section else section
            for length in range(1, len(keys) + 1):
                lines.setdefault(keys[:length], line)
        return lines


def _not_toml(path: Path, text: str, why: str) -> tuple[str, str]:
    at = _LINE.search(why)
    line = int(at[1]) if at else text.count("\n") + 1
    what = next((words for begins, words in _WORDS if why.startswith(begins)), NEITHER if at else UNCLOSED)
    return f"{path}:{line}: {what}", "write `key = value`, with texts in quotes and lists in brackets"


def _keys(statement: str) -> Keys:
    found: Any = tomllib.loads(statement)
    keys: Keys = ()
    while found and isinstance(found, dict | list):
        key, found = next(iter(found.items())) if isinstance(found, dict) else ("", found[0])
        keys = (*keys, key) if key or isinstance(found, int) else keys
    return keys


def _heads(text: str) -> Iterator[tuple[int, str]]:
    """Of each statement of a file that is TOML: its line, and its key or its section's name. Linear."""
    at, line, depth, begun, head = 0, 1, 0, -1, False
    while at < len(text):
        sign, end = text[at], at + 1
        if sign == "#":
            end = text.find("\n", at) % (len(text) + 1)
        elif sign in "\"'":
            end = _closed(text, at, sign)
            begun = at if begun < 0 else begun
        elif sign == "\n":
            if depth == 0:
                begun, head = -1, False
        elif sign == "=" and depth == 0 and not head:
            yield line, text[begun:at]
            head = True
        elif not sign.isspace():
            if begun < 0:
                begun = at
                if sign == "[":
                    end = _section(text, at)
                    yield line, text[at:end]
                    head = True
                    line += text.count("\n", at, end)
                    at = end
                    continue
            depth += (sign in "[{") - (sign in "]}")
        line += text.count("\n", at, end)
        at = end


def _section(text: str, at: int) -> int:
    """Where a section's name ends."""
    opened = 0
    while at < len(text):
        if text[at] in "\"'":
            at = _closed(text, at, text[at])
            continue
        opened += (text[at] == "[") - (text[at] == "]")
        at += 1
        if opened == 0:
            break
    return at


def _closed(text: str, at: int, quote: str) -> int:
    """Where a text in quotes ends."""
    quotes = quote * 3 if text.startswith(quote * 3, at) else quote
    at += len(quotes)
    while at < len(text) and not text.startswith(quotes, at):
        at += 2 if quote == '"' and text[at] == "\\" else 1
    at += len(quotes)
    while len(quotes) == 3 and text.startswith(quote, at):  # the text itself may end in one or two
        at += 1
    return at
