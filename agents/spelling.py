"""How the words of a command are said: paths as far as they tell, secrets as such. Looks at links in the folder."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Final

from agents.aloud import SECRET, Signs, for_ears, joined
from agents.places import Place, Places
from agents.secrets import is_secret_name, without_secrets
from agents.shell_command import Command, Opaque

_PATHS: Final = ("path", "paths", "from", "to")
_CODE: Final = frozenset(string.whitespace + ";|&<>(){}")
_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib")


class Spelling:
    """Of one agent's work in one folder."""

    def __init__(self, signs: Signs, places: Places, named: Mapping[Place, str]) -> None:
        self._signs, self._places = signs, places
        self._named = named
        """How the places that everybody knows are called: the machine, the home, the work's folder."""

    def path(self, path: str, at: str = "") -> str:
        """A file or folder."""
        real = self._places.leads(path, at)
        whole = self._places.names(path, at)
        said = self._named[whole] if whole is not None else self._signs.command([for_ears(self._places.said(path, at))])
        return f"{said}, which leads to {self._signs.command([for_ears(real)])}" if real and whole is None else said

    def page(self, url: str) -> str:
        return self._signs.word(for_ears(url).removeprefix("https://"))

    def blank(self, name: str, words: list[str], at: str) -> str:
        """What stands in a form of `prompts/commands.yaml` for `{name}`."""
        if name in _PATHS:
            return joined((self.path(word, at) for word in words), "and")
        if name == "url":
            return self.page(words[0])
        if name == "rest":
            return self.said([self._word(word, at) for word in without_secrets(words, SECRET)])
        if name == "word":
            return self._signs.text(for_ears(words[0])) or self._signs.empty
        return joined((self._signs.word(for_ears(word)) for word in words), "and")

    def said(self, words: Sequence[str]) -> str:
        """Words that were spelled."""
        return self._signs.command([for_ears(word) for word in words])

    def spelled(self, command: Command, at: str, *, code: bool) -> list[str]:
        """All its words, variables and inputs, as they are to be said. `code`: its words may be programs; where a secret would
        be left out of one, something that is done could be left out as well. Raises Opaque."""
        sets = [f"{name}={SECRET if is_secret_name(name) else value.text}" for name, value in command.sets]
        words = [word.text for word in command.words]
        if code and any(for_ears(word) != word and _CODE & set(word) for word in words):
            raise Opaque("hidden")
        words = [self._word(word, at) for word in without_secrets(words, SECRET)]
        reads = [
            one
            for redirection in command.redirections
            if redirection.sign.endswith("<")
            for one in ("<", self._word(redirection.target.text, at))
        ]
        given = [one for text in command.given for one in ("<", text.text.strip("\n"))]
        if code and any(for_ears(text.text) != text.text for text in command.given):
            raise Opaque("hidden")
        return [for_ears(word) for word in (*sets, *words, *reads, *given)]

    def _word(self, word: str, at: str) -> str:
        """A path that climbs out of the folder is said in full."""
        before, equals, after = word.partition("=")
        if not equals or not (word.startswith("-") or before.isidentifier()):
            before, equals, after = "", "", word
        if ".." in after.split("/"):
            return f"{before}{equals}{self._places.said(after, at)}"
        real = self._places.leads(after, at) if "/" in after and "://" not in after and len(after) < 1_000 else ""
        told = real and not self._places.inside(after, at) and not after.startswith(_SYSTEM)
        return f"{word} ({real})" if told else word
