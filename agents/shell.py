"""A shell command as the simple commands in it, in words as bash reads them; or opaque, with the reason. Pure.

Two readers must agree. The grammar (tree-sitter-bash) says that the whole is well formed and where each command begins; a lexer
of our own says what each word is, after the quotes are off. Whatever either does not know, or where they differ, is opaque: bash,
zsh and the grammar read some texts differently, and what can be read in two ways must not be read out in one.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from agents.shell_command import Command, Opaque
from agents.shell_grammar import starts
from agents.shell_lexer import Lexer

LONGEST: Final = 8_000  # characters; a command that is longer is not read


def read(text: str) -> list[Command]:
    """All simple commands, also those in subshells and substitutions, in the order in which they are written. Raises Opaque."""
    if len(text) > LONGEST:
        raise Opaque("long")
    if any(not _seen(sign) for sign in set(text)):
        raise Opaque("sign")
    commands = Lexer(text).commands()
    begin = {len(text[: command.words[0].at].encode()) for command in commands if command.words}
    if starts(text) != begin:
        raise Opaque("unknown")
    return commands


def _seen(sign: str) -> bool:
    return sign in " \t\n" or unicodedata.category(sign)[0] not in "CZ"
