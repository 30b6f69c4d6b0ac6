"""What programs do: `prompts/commands.yaml`. Which only look around, of which kind others are, and how exact forms are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final, Literal

from agents.command_forms import fits
from agents.places import Place
from agents.strict import Strict
from agents.yaml_file import YamlModel

LOOKS: Final = "looks"
RUNS: Final = "runs"
_FOLDERS: Final = ("/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/", "/opt/homebrew/bin/")
_JOINTS: Final = str.maketrans(dict.fromkeys(";|&<>(){}'\"!=,", " "))
_NEAR: Final = 40  # words: what one command may have, for its kind


class Looks(Strict):
    """A program that looks around, and all that may follow it."""

    flags: str = ""
    values: str = ""
    options: tuple[str, ...] = ()
    numbers: bool = False
    takes: Literal["nothing", "a number", "words", "a path", "paths", "a word and paths", "format"]
    made: bool = False
    globs: bool = False

    def only(self, words: Sequence[str], inside: Callable[[str], bool]) -> bool:
        """These words after its name do no more than look, and at nothing that is not `inside`."""
        given: list[str] = []
        left = list(reversed(words))
        while left:
            word = left.pop()
            if word == "--":
                given += reversed(left)
                break
            if word == "-" or not word.startswith("-") or word in self.options:
                given += [] if word in self.options else [word]
            elif word.startswith("--"):
                if f"{word.partition('=')[0]}=" not in self.options or "=" not in word:
                    return False
            elif not self._letters(word[1:], left):
                return False
        return self._takes(given, inside)

    def _letters(self, letters: str, left: list[str]) -> bool:
        if self.numbers and letters.isdecimal():
            return True
        for at, letter in enumerate(letters):
            if letter in self.values:
                if at == len(letters) - 1:
                    if not left:
                        return False
                    left.pop()
                return True
            if letter not in self.flags:
                return False
        return True

    def _takes(self, given: list[str], inside: Callable[[str], bool]) -> bool:
        match self.takes:
            case "nothing":
                return not given
            case "a number":
                return len(given) <= 1 and all(map(str.isdecimal, given))
            case "words":
                return True
            case "format":
                return all(word.startswith("+") for word in given)
            case "a path":
                return len(given) <= 1 and all(map(inside, given))
            case "paths":
                return all(map(inside, given))
            case "a word and paths":
                return all(map(inside, given[1:]))


class Form(Strict):
    """How one exact form of a command is said."""

    form: str
    says: str


class Changes(Strict):
    variables: frozenset[str]
    begins: tuple[str, ...]
    commands: frozenset[str]

    def variable(self, name: str) -> bool:
        return name in self.variables or name.startswith(self.begins)


class Commands(YamlModel):
    """`prompts/commands.yaml`."""

    looks: dict[str, Looks]
    shows: frozenset[str]
    changes: Changes
    shells: frozenset[str]
    runs_input: frozenset[str]
    hides: frozenset[str]
    fetches: frozenset[str]
    heeds_no_input: frozenset[str]
    kinds: tuple[dict[str, tuple[str, ...]], ...]
    places: dict[Place, str]
    forms: tuple[Form, ...]

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Of each kind: how bad it is, 0 for the worst."""
        order = [*(kind for one in self.kinds for kind in one), RUNS, LOOKS]
        return {kind: rank for rank, kind in enumerate(order)}

    def worst(self, kinds: Sequence[str]) -> str:
        return min(kinds, key=lambda kind: self.ranks[kind])

    def program(self, name: str) -> str:
        """The name that the table has for it, where it is the system's own."""
        folder = next((folder for folder in _FOLDERS if name.startswith(folder)), "")
        return name.removeprefix(folder)

    def anything(self, name: str, *, globs: bool) -> bool:
        """Whatever its words turn out to be, it only looks; with `globs`, those that are names of files in its folder."""
        known = self.looks.get(self.program(name))
        return known is not None and (known.made or (globs and known.globs))

    def only_looks(self, words: Sequence[str], inside: Callable[[str], bool]) -> bool:
        """Every option of it is known to do no harm."""
        name = self.program(words[0])
        if name == "printf":
            return len(words) > 1 and not words[1].startswith("-") and not _sets_a_variable(words[1])
        if name == "find" and any(word.startswith("-") and word not in self.looks[name].options for word in words[1:]):
            return False
        if name == "[" and words[-1] == "]":
            words = words[:-1]
        if name in ("test", "[") and any("[" in word for word in words[1:]):
            return False  # zsh calculates there, and runs what stands between the brackets
        for size in (3, 2, 1):
            known = self.looks.get(" ".join([name, *words[1:size]])) if len(words) >= size else None
            if known is not None:
                if name == "find":
                    paths = [
                        word
                        for at, word in enumerate(words[1:])
                        if not word.startswith(("-", "!", "(", ")"))
                        and (words[at] in ("-L", "-P", "-H") or not words[at].startswith("-"))
                    ]
                    return all(map(inside, paths))
                return known.only(words[size:], inside)
        return False

    def kind(self, words: Sequence[str]) -> str:
        """The worst that it is known to do, also by a program that it starts: `env rm x`, `find . -exec rm {} +`."""
        words = [self.program(words[0]), *words[1:]]
        if own := self._kinds_at(words):
            return self.worst(own)
        inner = [one for word in words[1:] for one in (word, *(word.translate(_JOINTS).split() if " " in word else ()))]
        found = [kind for at in range(len(inner)) for kind in self._kinds_at(inner[at : at + _NEAR])]
        return self.worst(found) if found else RUNS

    def _kinds_at(self, words: Sequence[str]) -> list[str]:
        name = self.program(words[0]).lower()
        known = self._patterns.get(name) or self._patterns.get(name.partition(".")[0], ())  # mkfs.ext4 is mkfs
        return [kind for kind, pattern in known if _begins(words[1:], pattern[1:])]

    @cached_property
    def _patterns(self) -> Mapping[str, list[tuple[str, list[str]]]]:
        """By the program's name."""
        by_name: dict[str, list[tuple[str, list[str]]]] = {}
        for kinds in self.kinds:
            for kind, patterns in kinds.items():
                for pattern in patterns:
                    by_name.setdefault(pattern.split()[0], []).append((kind, pattern.split()))
        return by_name

    def formed(self, words: Sequence[str]) -> tuple[str, dict[str, list[str]]] | None:
        """How it is said, and what is to be filled in, where it is one of the exact forms."""
        words = [self.program(words[0]), *words[1:]]
        for form, steps in self._forms:
            found: dict[str, list[str]] = {}
            if fits(words, steps, found):
                return form.says, found
        return None

    @cached_property
    def _forms(self) -> list[tuple[Form, list[str]]]:
        return [(form, form.form.split()) for form in self.forms]


def _sets_a_variable(form: str) -> bool:
    """In a format of bash's `printf`, `%n` puts a number into a variable: `PATH`, for example."""
    at = form.find("%")
    while at >= 0:
        end = at + 1
        while end < len(form) and form[end] in "-+ #'.*0123456789hlLjzt":
            end += 1
        if form[end : end + 1] == "n":
            return True
        at = form.find("%", end + 1)
    return False


def _begins(words: Sequence[str], pattern: Sequence[str]) -> bool:
    """`git reset ... --hard`: the words in this order, any others only where the dots stand."""
    for at, wanted in enumerate(pattern):
        if wanted == "...":
            return pattern[at + 1] in words[at:]
        if at >= len(words) or words[at] != wanted:
            return False
    return True
