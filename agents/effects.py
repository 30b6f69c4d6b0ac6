"""What a shell command does, in parts: each with its kind and how it is said. Raises Opaque where nobody can know that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agents.aloud import SECRET, Signs
from agents.certain import refuse
from agents.commands import LOOKS, RUNS, Commands
from agents.folders import folders
from agents.places import Places
from agents.secrets import hides_a_name, is_secret_name
from agents.shell import read
from agents.shell_command import Command, Opaque, Redirection, Word
from agents.spelling import Spelling

DOWNLOADS: Final = "runs what it downloads"
DESTROYS: Final = "destroys"
WRITES: Final = "writes"
DELETES: Final = "deletes"
SENDS: Final = "sends"
_CHANGES: Final = (DESTROYS, DELETES, WRITES)
_NOWHERE: Final = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2", "/dev/tty")
_QUOTES: Final = frozenset("'\"\\")
_MADE: Final = _QUOTES | set("$`%")
_NESTED: Final = 4  # scripts within scripts
_READS_A_SCRIPT: Final = ("-s", "-e", "-eu", "-ex", "-")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that it does."""

    kind: str
    said: str
    """After "wants to": `delete notes dot txt`."""
    at: str = ""
    """The folder that it does it in, where that is not the work's own."""
    hides: bool = False
    """A name in it looks like a secret, and is not said: nobody can know what it is done to."""


class Effects:
    """Of one command line."""

    def __init__(self, commands: Commands, signs: Signs, places: Places) -> None:
        self._table, self._signs, self._places = commands, signs, places
        self._spelling = Spelling(signs, places, commands.places)
        self.path = self._spelling.path

    def parts(self, text: str) -> list[Part]:
        """All that it does, in the order in which it is written. Raises Opaque."""
        return self._parts(text, "", 0, set())

    def _parts(self, text: str, at: str, depth: int, links: set[str]) -> list[Part]:
        if depth > _NESTED:
            raise Opaque("long")
        commands = read(text)
        for command in commands:
            refuse(command, self._table)
        ats = folders(commands, at, self._places, self._looks, links)
        return [part for unit in _units(commands) for part in self._unit(unit, ats, depth, links)]

    # --- parts ---------------------------------------------------------------------------------------------------------

    def _unit(self, unit: list[Command], ats: dict[int, str], depth: int, links: set[str]) -> list[Part]:
        """A pipeline with all that stands in it, or a command that stands alone."""
        runs = [command for command in unit if id(command) in ats]
        heeds = [one for one in runs if one.joined in ("|", "|&") and self._heeds_input(one, ats[id(one)])]
        if not heeds:
            looks = len(runs) > 1 and all(self._looks(one, ats[id(one)]) and not one.given for one in runs)
            if looks and runs == unit and len({one.pipeline for one in unit}) == 1 and not any(one.redirections for one in unit):
                return [self._pipeline(unit, ats[id(unit[0])])]
            return [
                part for command in runs for part in self._command(command, ats[id(command)], depth, links, piped=len(unit) > 1)
            ]
        if len({command.pipeline for command in unit}) > 1 or any(command.given for command in unit):
            raise Opaque("made")
        if (script := self._echoed(unit)) is not None:
            return self._parts(script, ats[id(unit[0])], depth + 1, links)
        last = unit.index(heeds[-1])
        whole, at = unit[: last + 1], ats[id(unit[0])]
        rest = [part for command in unit[last + 1 :] for part in self._command(command, at, depth, links, piped=True)]
        writes = [part for command in whole for part in self._redirections(command, at)]
        writes += [part for command in whole for part in self._inner([word.text for word in command.words], at, depth, links)]
        return [self._pipeline(whole, at), *writes, *rest]

    def _echoed(self, unit: list[Command]) -> str | None:
        """The script that `echo` gives to a shell, where that is all that it reads."""
        if len(unit) != 2 or any(one.redirections or one.sets for one in unit):
            return None
        said, shell = ([word.text for word in one.words] for one in unit)
        if self._table.program(shell[0]) not in self._table.shells or any(word not in _READS_A_SCRIPT for word in shell[1:]):
            return None
        plain = said[0] == "echo" and all(word.known for word in unit[0].words)
        return " ".join(said[1:]) if plain and not any("\\" in word or word.startswith("-") for word in said[1:]) else None

    def _heeds_input(self, command: Command, at: str) -> bool:
        if not command.words or self._looks(command, at):
            return False
        return self._table.program(command.words[0].text) not in self._table.heeds_no_input

    def _pipeline(self, commands: list[Command], at: str) -> Part:
        words = [[word.text for word in command.words] for command in commands]
        names = [self._table.program(one[0]) for one in words if one]
        kinds = [self._kind(one, at) for one in words if one]
        if any(one in self._table.runs_input for one in names[1:]) and self._table.hides & set(names):
            raise Opaque("made")
        says = [word for one in words if one and one[0] in ("echo", "printf") for word in one]
        if any(self._table.program(one) in self._table.shells for word in words[1:] for one in word) and any(
            _MADE & set(word) for word in says
        ):
            raise Opaque("made")
        runs_it = any(one in self._table.runs_input for word in words[1:] for one in map(self._table.program, word))
        kind = DOWNLOADS if runs_it and self._table.fetches & set(names) else self._table.worst(kinds)
        if all(self._looks(command, at) for command in commands):
            kind = LOOKS
        elif any(map(self._takes_a_password, words[1:])):
            commands = [_with_a_secret(commands[0]), *commands[1:]]
        if kind == DOWNLOADS and len(words) == 2 and len(words[1]) == 1 and not any(one.sets for one in commands):
            formed = self._table.formed(words[0])
            if formed and formed[1].get("url"):
                page = self._spelling.page(formed[1]["url"][0])
                return Part(kind, f"run with {self._signs.word(words[1][0])} what {names[0]} downloads from {page}", at)
        spelled: list[str] = []
        for command in commands:
            spelled += [*([command.joined[0]] if spelled else []), *self._spelled(command, at)]
        return Part(
            kind, f"run this: {self._signs.command(spelled)}", at, kind != LOOKS and any(hides_a_name(one) for one in words)
        )

    def _takes_a_password(self, words: Sequence[str]) -> bool:
        """It reads one. Raises Opaque where what it reads could be run as well."""
        name = self._table.program(words[0]) if words else ""
        takes = (
            name == "chpasswd" or (name in ("sudo", "passwd") and {"-S", "--stdin"} & set(words)) or "--password-stdin" in words
        )
        if takes and self._table.runs_input & set(map(self._table.program, words)):
            raise Opaque("hidden")
        return bool(takes)

    def _command(self, command: Command, at: str, depth: int, links: set[str], *, piped: bool) -> list[Part]:
        words = [word.text for word in command.words]
        writes = self._redirections(command, at)
        if not words:
            return [*self._sets(command, at), *writes]
        if not piped and (script := self._script(command)) is not None:
            return [*self._parts(script, at, depth + 1, links), *writes]
        writes = [*self._inner(words, at, depth, links), *writes]
        if self._looks(command, at):
            return [Part(LOOKS, f"run this: {self._signs.command(self._spelled(command, at))}", at), *writes]
        if command.given and not all(word.text == "" for word in command.given) and words[0] in ("cat", "tee"):
            command = replace(command, redirections=[], given=[])
        kind = self._kind(words, at)
        return [Part(kind, self._said(command, at), at, hides_a_name(words, files=kind in _CHANGES)), *writes]

    def _kind(self, words: Sequence[str], at: str = "") -> str:
        """For the order in which it is told."""
        kind = self._table.kind(words)
        paths = [word for word in words[1:] if not word.startswith("-")]
        if (kind == DELETES and any(self._places.precious(path, at) for path in paths)) or (
            kind == WRITES and any(path.startswith("/dev/") and path not in _NOWHERE for path in paths)
        ):
            return DESTROYS
        if self._table.program(words[0]) in ("bash", "sh", "zsh") and any(word in self._table.fetches for word in words):
            return DOWNLOADS
        return kind

    def _inner(self, words: Sequence[str], at: str, depth: int, links: set[str]) -> list[Part]:
        """What a shell is given with `-c`, wherever it stands, must be known as well; it is told where its quotes hide it."""
        shell = False
        for number, word in enumerate(words):
            shell = shell or self._table.program(word) in self._table.shells
            if shell and word.startswith("-") and not word.startswith("--") and "c" in word:
                script = next((one for one in words[number + 1 :] if not one.startswith("-")), "")
                parts = self._parts(script, at, depth + 1, set(links))
                return parts if _QUOTES & set(script) else []
        return []

    def _looks(self, command: Command, at: str) -> bool:
        """It only looks around, and its input is nothing from elsewhere."""
        words = [word.text for word in command.words]
        if not words or any(name not in self._table.shows for name, _ in command.sets):
            return False
        if any(one.sign.endswith("<") and not self._places.inside(one.target.text, at) for one in command.redirections):
            return False
        return words[0] == "cd" or self._table.only_looks(words, lambda path: path == "-" or self._places.inside(path, at))

    def _script(self, command: Command) -> str | None:
        """What a shell is given to run, where that is all that it does."""
        words = [word.text for word in command.words]
        if self._table.program(words[0]) not in self._table.shells or command.sets:
            return None
        if any(one.sign.lstrip("0123456789").startswith("<") and not one.sign.endswith("&") for one in command.redirections):
            return None
        if len(words) == 3 and words[1] in ("-c", "-lc", "-ec", "-euc") and not command.given:
            return words[2]
        if len(command.given) == 1 and command.given[0].known and all(word in _READS_A_SCRIPT for word in words[1:]):
            return command.given[0].text
        return None

    def _spelled(self, command: Command, at: str) -> list[str]:
        name = self._table.program(command.words[0].text) if command.words else ""
        if command.given and self._takes_a_password([word.text for word in command.words]):
            command = replace(command, given=[Word(SECRET, known=True, at=-1)])
        return self._spelling.spelled(command, at, code=name not in self._table.fetches and not self._looks(command, at))

    def _said(self, command: Command, at: str) -> str:
        words = [word.text for word in command.words]
        bare = not command.sets and not any(one.sign.endswith("<") for one in command.redirections)
        formed = self._table.formed(words) if bare and not command.given else None
        if formed is None:
            return f"run this: {self._signs.command(self._spelled(command, at))}"
        says, found = formed
        first = found.pop("0", [""])[0]
        return says.format(
            self._signs.word(first), **{name: self._spelling.blank(name, words, at) for name, words in found.items()}
        )

    def _sets(self, command: Command, at: str) -> list[Part]:
        """The variables that it sets for what comes after; those of the shell's own are of no matter to anybody else."""
        parts: list[Part] = []
        for name, value in command.sets:
            own = name.islower() and not name.endswith("_proxy")
            if value.known and not own and name not in self._table.shows:
                to = SECRET if is_secret_name(name) else self._spelling.said([value.text])
                parts.append(Part(RUNS, f"set {self._signs.word(name)} to {self._signs.command([to])}", at))
        return parts

    def _redirections(self, command: Command, at: str) -> list[Part]:
        return [part for one in command.redirections if (part := self._redirection(one, at))]

    def _redirection(self, one: Redirection, at: str) -> Part | None:
        sign, path = one.sign.lstrip("0123456789"), one.target.text
        if sign.startswith("<") or path in _NOWHERE:
            return None
        if sign == ">&" and (path == "-" or path.isdecimal() or path.removesuffix("-").isdecimal()):
            return None
        if path.startswith(("/dev/tcp/", "/dev/udp/")):
            return Part(SENDS, f"send to {self._signs.word(path)}", at)
        if path.startswith("/dev/"):
            return Part(DESTROYS, f"write over all of {self._signs.word(path)}", at)
        verb = "add to the file" if ">>" in sign else "write the file"
        return Part(WRITES, f"{verb} {self.path(path, at)}", at, hides_a_name([path], files=True))


def _units(commands: Sequence[Command]) -> Iterable[list[Command]]:
    """Commands that are piped into each other, with all that stands in them; each other command by itself."""
    piped = {command.pipeline for command in commands if command.joined in ("|", "|&")}
    units: dict[tuple[int, ...], list[Command]] = {}
    for command in commands:
        whole = next(
            (command.pipeline[:size] for size in range(1, len(command.pipeline) + 1) if command.pipeline[:size] in piped), None
        )
        key = whole or (-1, len(units))
        units.setdefault(key, []).append(command)
    return units.values()


def _with_a_secret(command: Command) -> Command:
    """What it says is somebody's password."""
    first = [word.text for word in command.words[:1]]
    if first not in (["echo"], ["printf"]):
        return command
    return replace(command, words=[command.words[0], *(Word(SECRET, word.known, word.at) for word in command.words[1:])])
