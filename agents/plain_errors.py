"""What pydantic finds wrong, in plain words: never the library's own text, and never a value, which may be a secret."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

LIST: Final = "must be a list; write it in brackets: […]"
SECTION: Final = "must be a section with keys of its own"
TEXT: Final = "must be text; put it in quotes"
WHOLE: Final = "must be a whole number, such as 5"
NUMBER: Final = "must be a number, such as 1.5"
_KINDS: Final[Mapping[str, str]] = {
    "string": TEXT,
    "int": WHOLE,
    "float": NUMBER,
    "decimal": NUMBER,
    "finite": NUMBER,
    "bool": "must be true or false",
    "path": "must be a path, in quotes",
    "dict": SECTION,
    "mapping": SECTION,
    "model": SECTION,
    "list": LIST,
    "tuple": LIST,
    "set": LIST,
    "frozen": LIST,
    "iterable": LIST,
}
_BOUNDS: Final[Mapping[str, str]] = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "has more than {max_length} characters; shorten it",
    "too_short": "must hold at least {min_length}",
    "too_long": "may hold at most {max_length}",
}


_SYSTEM: Final[Mapping[int | None, str]] = {
    errno.ENOENT: "is not there",
    errno.EISDIR: "is a folder, not a file",
    errno.ENOTDIR: "is not there: what should be a folder is a file",
    errno.EACCES: "you have no right to it; change its rights",
    errno.ELOOP: "is a link that leads back to itself",
}
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")
NEAR: Final = 0.65  # one wrong letter in three
NEAR_UNPARTED: Final = 0.85


def of_system(error: OSError) -> str:
    """What the system says of a file or folder; empty for what is not a slip of people's."""
    return _SYSTEM.get(error.errno, "")


def plain(error: ErrorDetails, description: str | None = None) -> str:
    """What is wrong and what would be right, without the key; `description` is what the field says of itself."""
    kind, given = error["type"], error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(given.get("error", "")) or "is not right"
    if kind == "missing":
        return "is missing; add it"
    if kind == "literal_error":
        known = [str(one) for one in str(given.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")]
        near = nearest(str(error.get("input", "")), known)
        return f"must be one of {', '.join(known)}" + (f"; did you mean `{near}`?" if near else "")
    if kind == "string_too_short" and given.get("min_length") == 1:
        return "is empty; write something"
    if kind in _BOUNDS:
        try:
            return _BOUNDS[kind].format(**given)
        except KeyError:
            return "is too small or too large"
    if kind == "string_pattern_mismatch":
        return "does not have the form that is needed here" + (f": {description}" if description else "")
    return _KINDS.get(kind.partition("_")[0], "cannot be used here" + (f"; it is: {description}" if description else ""))


def told(errors: Sequence[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Those that people can act on: a key that is misspelt is not told as missing once more."""
    misspelt = {
        (*error["loc"][:-1], near)
        for error in errors
        if error["type"] == "extra_forbidden" and (near := nearest(str(error["loc"][-1]), fields(model, error["loc"][:-1])))
    }
    return [error for error in errors if error["type"] != "missing" or error["loc"] not in misspelt]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one that was meant: each of its words is nearly right. A wrong one would cost more than none."""
    likeness, near = max(((_likeness(_words(word), _words(one)), one) for one in known), default=(0.0, None))
    return near if likeness >= NEAR else None


def _words(name: str) -> list[str]:
    return [part.casefold() for part in _WORDS.split(name) if part]


def _likeness(one: list[str], other: list[str]) -> float:
    """By the words that differ: `max_` before both, or a unit behind, makes two keys no more alike, nor a missing `_` less."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if len(one) == len(other):
        return min((SequenceMatcher(a=a, b=b).ratio() for a, b in zip(one, other, strict=True)), default=1.0)
    whole = SequenceMatcher(a="".join(one), b="".join(other)).ratio()
    return whole if whole >= NEAR_UNPARTED else 0.0


def fields(model: type[BaseModel], place: Sequence[str | int]) -> Mapping[str, FieldInfo]:
    """The keys that a model knows at a place inside it; none where people give the names."""
    at: type[BaseModel] | None = model
    parts = iter(part for part in place if not isinstance(part, int))
    for part in parts:
        field = at.model_fields.get(part) if at else None
        if field is None:
            return MappingProxyType({})
        at, named = shape(field.annotation)
        if named:
            next(parts, None)
    return at.model_fields if at else MappingProxyType({})


def described(model: type[BaseModel], place: Sequence[str | int]) -> str | None:
    """What the field at that place says of itself."""
    words = [part for part in place if not isinstance(part, int)]
    field = fields(model, words[:-1]).get(words[-1]) if words else None
    return field.description if field else None


def shape(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, if it holds any, and whether people give names to several of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if get_origin(annotation) is Annotated:
        return shape(get_args(annotation)[0])
    named = get_origin(annotation) in (Mapping, dict)
    inner = [shape(one) for one in get_args(annotation)]
    return next((model for model, _ in inner if model), None), named or any(names for _, names in inner)


def leaves(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All that a model takes, by its keys; `*` is a name that people give."""
    for key, field in model.model_fields.items():
        inner, named = shape(field.annotation)
        here = (*above, key, "*") if named else (*above, key)
        if inner is None:
            yield here
        else:
            yield from leaves(inner, here)
