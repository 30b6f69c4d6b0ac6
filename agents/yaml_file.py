"""YAML into pydantic models, with every complaint at its file, line and column, and with its fix."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agents import bounds
from agents.definition import ID
from agents.errors import FileError
from agents.plain_errors import described, fields, nearest, of_system, plain, told
from agents.strict import Strict

MAX_BYTES: Final = bounds.FILE_BYTES

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]


class TooDeep(yaml.YAMLError):
    """Lists in lists, deeper than anything that makes sense."""


class PlainLoader(yaml.SafeLoader):
    """SafeLoader that reads only YAML 1.2's plain types: `no` is a word, and so is a date. It knows no merge keys, of which
    a small file can make a huge one."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own name and form)
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """PyYAML composes by recursion."""
        self._depth += 1
        if self._depth > 2 * bounds.FILE_NESTING:
            raise TooDeep(parent.start_mark.line + 1 if parent else 1)
        found: Any = super().compose_node(parent, index)
        self._depth -= 1
        return found


for _tag, _form, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), list(_first))


_NO_LINE_ENDS: Final = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")  # in YAML 1.2; PyYAML reads 1.1
_QUOTE: Final = "put the text in quotes"
_YAML: Final = (
    ("'\\t'", "a tab; YAML is indented with spaces"),
    ("found a tab", "a tab; YAML is indented with spaces"),
    ("mapping values are not allowed", f"a `:` where none may be; {_QUOTE}, or check the indentation"),
    ("sequence entries are not allowed", "a `-` where none may be; check the indentation"),
    ("alias", f"`*` begins an alias in YAML; {_QUOTE}"),
    ("scanning an anchor", f"`&` begins an anchor in YAML; {_QUOTE}"),
    ("duplicate anchor", f"`&` names an anchor for the second time; rename it, or {_QUOTE}"),
    ("directive", f"`%` begins a directive in YAML; {_QUOTE}"),
    ("cannot start any token", f"no text begins with this sign in YAML; {_QUOTE}"),
    ("tag", f"`!` begins a tag in YAML; {_QUOTE}"),
    ("simple key", "a line without `key:`; add the key, or check the indentation"),
    ("escape", "a `\\` in double quotes; write two, or take single quotes"),
    ("quoted scalar", "a quote is not closed, or is of the other kind than the one that begins the text"),
    ("flow", "a bracket is not closed, or a comma is missing"),
    ("block scalar", f"after `|` or `>` the text begins in the next line; if it is a text itself, {_QUOTE}"),
    ("document", "a file holds one part only; delete this line and what follows, or put it into a file of its own"),
    ("block", "the indentation does not fit the lines above"),
)


class YamlFile:
    """One file, read: its plain `data`, and where each part of it stands."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        """`text`, where given, is the part of the file that is YAML, from its first line on. Raises FileError."""
        self.path = path
        self._marks: dict[Place, yaml.Mark] = {}
        self._twice: list[FileError] = []
        root = self._compose(read_text(path) if text is None else text)
        if not isinstance(root, yaml.MappingNode):
            raise FileError(
                path, "the file is empty; it must hold `key: value` lines" if root is None else "must be `key: value` lines"
            )
        self.data: dict[str, Any] = self._plain(root, ())
        if self._twice:
            first, *others = self._twice
            raise first.with_others(others)

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text.translate(_NO_LINE_ENDS), Loader=PlainLoader)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise FileError(self.path, f"holds a character YAML forbids (#x{error.character:04x})", line=line) from error
        except TooDeep as error:
            raise FileError(self.path, "is nested too deeply", line=error.args[0]) from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = {"line": mark.line + 1, "column": mark.column + 1} if mark else {}
            raise FileError(self.path, _yaml_problem(error), **where) from error

    def _plain(self, node: yaml.Node, place: Place) -> Any:
        self._marks.setdefault(place, node.start_mark)
        if len(place) > bounds.FILE_NESTING or len(self._marks) > 20_000:  # what only aliases of aliases reach in 64 kB
            raise self.error(place, "is nested too deeply")
        match node:
            case yaml.MappingNode():
                return dict(self._items(node, place))
            case yaml.SequenceNode():
                return [self._plain(item, (*place, at)) for at, item in enumerate(node.value)]
            case _:
                return self._scalar(node, place)

    def _items(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.error(place, "a key must be a word", key_node.start_mark)
            key = _repaired(key)
            if key in seen:
                self._twice.append(self.error(place, f"`{key:.60}` is there twice; delete one", key_node.start_mark))
            seen.add(key)
            self._marks[(*place, key)] = key_node.start_mark
            yield key, self._plain(value, (*place, key))

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "str":
                return _repaired(node.value)
            case "int":
                return int(node.value)
            case "float":
                return float(node.value)
            case "bool":
                return node.value == "true"
            case "null":
                return None
            case tag:
                raise self.error(place, f"the tag {tag} is not allowed here; delete it", node.start_mark)

    def error(self, place: Place, problem: str, mark: yaml.Mark | None = None) -> FileError:
        """A complaint about one place in the file, or about the nearest one around it that exists."""
        while mark is None and place not in self._marks and place:
            place = place[:-1]
        mark = mark or self._marks.get(place)
        return FileError(self.path, problem, line=mark.line + 1 if mark else 1, column=mark.column + 1 if mark else 1)

    def validate(self, model: type[M], **more: Any) -> M:
        """The data as a model, with `more` beside what the file says. Raises FileError, with all that is wrong."""
        return self.part(model, {**self.data, **more}, ())

    def part(self, model: type[M], data: Mapping[str, Any], place: Place) -> M:
        """What stands at that place as a model. Raises FileError, with all that is wrong."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            found = sorted(told(error.errors(include_url=False), model), key=lambda one: self._position(one, place))
            first, *others = dict.fromkeys(((*place, *one["loc"]), _problem(one, model)) for one in found)
            raise self.error(*first).with_others(self.error(*other) for other in others) from None

    def _position(self, error: ErrorDetails, place: Place) -> tuple[bool, int, int]:
        """Unknown keys first: where one is misspelt, another is missing."""
        found = self.error((*place, *error["loc"]), "")
        return error["type"] != "extra_forbidden", found.line, found.column


class YamlModel(Strict):
    """All that a YAML file says."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises FileError, with all that is wrong, each with its line and fix."""
        return YamlFile(path).validate(cls)


def read_text(path: Path) -> str:
    """A file for people to write: small, and UTF-8, with the marks and the line ends of any editor. Raises FileError."""
    try:
        with path.open("rb") as file:
            blob = file.read(MAX_BYTES + 1)
            size = max(os.fstat(file.fileno()).st_size, len(blob))
    except OSError as error:
        raise FileError(path, of_system(error) or f"cannot be read: {error.strerror or error}") from error
    if len(blob) > MAX_BYTES:
        raise FileError(path, f"is {size:,} bytes; at most {MAX_BYTES:,} make sense here, so shorten it")
    try:
        return blob.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = blob.count(b"\n", 0, error.start) + 1
        raise FileError(path, "is not UTF-8; save it as UTF-8", line=line) from error


def did_you_mean(word: str, known: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str:
    """A hint for a word that is not known: the nearest one, or all of them. Starts with a space."""
    near = nearest(word, known)
    return f" Did you mean `{near}`?" if near else f" Known: {', '.join(known)}." if known else ""


def _repaired(text: str) -> str:
    """JSON writes a sign beyond 16 bits as two halves, and a file may name half of one."""
    return bounds.text(text, bounds.FILE_BYTES)


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    """In our words, by what the library says."""
    said = f"{error.context} {error.problem}"
    return next(
        (words for part, words in _YAML if part in said),
        "this cannot be read as YAML; check the indentation, quotes and brackets",
    )


def _problem(error: ErrorDetails, model: type[BaseModel]) -> str:
    *around, last = error["loc"] or ("file",)
    key = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "file")
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key `{last}`.{did_you_mean(str(last), list(fields(model, around)))}"
        case "missing":
            return f"`{last}` is missing; add it"
        case "literal_error":
            known = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
            return f"`{key}` cannot be {error['input']!r:.60}.{did_you_mean(str(error['input']), known)}"
        case kind if kind != "value_error" and error["input"] is None:
            return f"`{key}` has no value; write one, in quotes if it begins with a sign such as `#`, or delete the line"
        case "tuple_type":
            return f"`{key}` must be a list; write {key}: [{_as_written(error['input'], '…')}]"
        case "string_pattern_mismatch" if error.get("ctx") == {"pattern": ID} and (near := _id_of(str(error["input"]))):
            return f"`{key}` cannot be {error['input']!r:.60}. Did you mean `{near}`?"
        case "string_type":
            return f"`{key}` must be text; put {_as_written(error['input'], 'it')} in quotes"
        case "model_type" | "model_attributes_type" if known := tuple(fields(model, error["loc"])):
            said = _as_written(error["input"], "…")
            return f"`{key}` has keys of its own ({', '.join(known)}); write {key}: {{{known[0]}: {said}}}"
        case _:
            return f"`{key}`: {plain(error, described(model, error['loc']))}"


def _id_of(name: str) -> str:
    """Empty where none is like it."""
    near = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    return near[:40].rstrip("-") if "a" <= near[:1] <= "z" else ""


def _as_written(value: object, otherwise: str) -> str:
    """As it stands in the file, where that is a single word or number."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.60}" if isinstance(value, str) else str(value) if isinstance(value, int | float) else otherwise
