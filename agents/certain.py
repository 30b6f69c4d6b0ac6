"""Whether it is certain what a simple command does: all is written there, and nothing in it changes what others mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.commands import Commands
from agents.shell_command import Command, Opaque, Word

_PASSES_ON: Final = ("time", "command")
_SHOW_WHAT_THEY_READ: Final = ("cat", "tee")


def refuse(command: Command, table: Commands) -> None:
    """Raises Opaque where it is not."""
    for name, value in command.sets:
        own = name.islower() and not name.endswith("_proxy")
        if table.changes.variable(name) or (not value.known and (command.words or not own)):
            raise Opaque("changes")
    if not all(one.target.known for one in command.redirections):
        raise Opaque("made")
    words = command.words
    if not words:
        if command.given or any(one.sign.lstrip("0123456789").startswith("<") for one in command.redirections):
            raise Opaque("unknown")
        return
    if not words[0].known or not words[0].text:
        raise Opaque("made")
    name = table.program(words[0].text)
    if _changes([word.text for word in words], table) or (
        name == "export" and not all(_exports(word, table) for word in words[1:])
    ):
        raise Opaque("changes")
    made = [word.text for word in words if not word.known]
    if made and not table.anything(words[0].text, globs=not any("$" in text for text in made)):
        raise Opaque("made")
    if not all(given.known for given in command.given) and name not in _SHOW_WHAT_THEY_READ:
        raise Opaque("made")


def _changes(words: Sequence[str], table: Commands) -> bool:
    """Also where `time` or `command` stands before it."""
    start = 0
    while start < len(words) and (table.program(words[start]) in _PASSES_ON or (start and words[start].startswith("-"))):
        start += 1
    if start and start < len(words) and (words[start] in ("cd", "export") or "=" in words[start]):
        return True
    name = table.program(words[start]) if start < len(words) else ""
    if name in ("printf", "set"):
        return not table.only_looks(words[start:], lambda _: False)
    return name in table.changes.commands


def _exports(word: Word, table: Commands) -> bool:
    name, equals, _ = word.text.partition("=")
    return word.known and bool(equals) and name.isidentifier() and not table.changes.variable(name)
