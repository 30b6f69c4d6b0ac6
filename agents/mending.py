"""A tool's input in the form that its schema wants, where only the form is wrong: a list as a string, one thing for a list.

What it means is never guessed at: where two readings are possible, the input stays as it is.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from itertools import chain
from string import ascii_letters
from typing import Any, Final, cast

from agents import bounds
from agents.folding import folded

_DEEPEST: Final = 16
_NUMBER: Final = re.compile(r"\d{1,9}(\.\d{1,9})?")
_Schema = Mapping[str, Any]
_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "array": list,
    "object": dict,
    "string": str,
    "number": (int, float),
    "integer": (int, float),
    "boolean": bool,
    "null": type(None),
}


def mended(schema: _Schema, given: object) -> object:
    """By a JSON schema. The same object where there is nothing to mend."""
    return _mended(schema, given, schema, 0)


def asked_for(schema: _Schema, given: object) -> object:
    """Without what the schema does not name; one text of another name is the one that is missing. Only for our own tools: to
    leave out that something is to be tried only would change what is done."""
    if not isinstance(given, dict):
        return given
    properties: _Schema = schema.get("properties") or {}
    fields = cast("dict[str, object]", given)
    if (known := {name: one for name, one in fields.items() if name in properties}) or len(fields) != 1:
        return known or given
    (text,) = fields.values()
    missing = [name for name in schema.get("required") or () if properties[name].get("type") == "string"]
    return {missing[0]: text} if len(missing) == 1 and isinstance(text, str) else given


def key(text: str) -> str:
    """Equal for two ways of writing one name: `Data base-engineer` and `database_engineer`."""
    return "".join(filter(str.isalnum, folded(text)))


def _mended(schema: _Schema, given: object, root: _Schema, depth: int) -> object:
    schema = _resolved(schema, root)
    kind = schema.get("type")
    if depth > _DEEPEST:
        return given
    if isinstance(given, str) and kind in ("array", "object"):
        given = _read(given, _KINDS[kind])
    given = _unpacked(schema, given)
    if isinstance(given, str) and kind in ("number", "integer") and (number := _NUMBER.fullmatch(given.strip())):
        given = float(number[0]) if number[1] else int(number[0])
    if kind == "array" and not isinstance(given, list) and _fits_item(schema, given, root):
        given = [given]
    if kind == "string" and isinstance(given, int | float) and not isinstance(given, bool):
        given = str(given)
    if isinstance(given, str) and given not in (options := _options(schema)):
        same = [option for option in options if key(option) == key(given)]
        return same[0] if len(same) == 1 else given
    if isinstance(given, list):
        item = _resolved(schema.get("items"), root)
        parts = cast("list[object]", given)
        if item.get("type") == "object" and all(isinstance(one, list) for one in parts):
            parts = [*chain.from_iterable(cast("list[list[object]]", parts))]
        return [_mended(item, one, root, depth + 1) for one in parts]
    if isinstance(given, dict):
        return _fields(schema, cast("dict[str, object]", given), root, depth)
    return given


def _fields(schema: _Schema, given: dict[str, object], root: _Schema, depth: int) -> dict[str, object]:
    """Nothing, where nothing may be left out, is left out."""
    properties: _Schema = schema.get("properties") or {}
    needed = schema.get("required") or ()
    by_key = {key(name): name for name in properties}
    given = {name if name in properties else by_key.get(key(name), name): one for name, one in given.items()}
    kept = {name: one for name, one in given.items() if one is not None or name not in properties or name in needed}
    absent = given.keys() - kept.keys()
    kept |= {name: None for name in absent if _takes_null(_resolved(properties[name], root), root)}
    return {name: _mended(properties.get(name) or {}, one, root, depth + 1) for name, one in kept.items()}


def _unpacked(schema: _Schema, given: object) -> object:
    """One thing in a box for one thing, and all that is wanted one level deeper."""
    kind, needed = schema.get("type"), schema.get("required") or ()
    match given:
        case {**fields} if len(fields) == 1 and kind not in (None, "object"):
            (inner,) = fields.values()
            return inner if isinstance(inner, list if kind == "array" else str | int | float) else given
        case {**fields} if len(fields) == 1 and not set(needed) & fields.keys():
            (inner,) = fields.values()
            return cast("object", inner) if isinstance(inner, dict) and needed and set(needed) <= inner.keys() else given
        case [str() | int() | float() as inner] if kind in ("string", "number", "integer", "boolean"):
            return inner
        case _:
            return given


def _resolved(schema: object, root: _Schema) -> _Schema:
    """Only references within the schema are followed, and a choice that is one form or nothing."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        found = cast("_Schema", schema)
        options = [one for one in found.get("anyOf") or () if one != {"type": "null"}]
        if len(options) == 1:
            schema = options[0]
        elif isinstance(path := found.get("$ref"), str) and path.startswith("#/"):
            schema = root
            for name in path[2:].split("/"):
                schema = schema.get(name) if isinstance(schema, Mapping) else None
        else:
            return found
    return {}


def _takes_null(schema: _Schema, root: _Schema) -> bool:
    return "type" not in schema and not _options(_resolved(schema, root))


def _options(schema: _Schema) -> list[str]:
    return [option for option in schema.get("enum") or (schema.get("const"),) if isinstance(option, str)]


def _read(text: str, kind: type | tuple[type, ...]) -> object:
    """A text that is the JSON of such a thing, or Python's of it, is that thing."""
    try:
        found = bounds.data(text, bounds.TOOL_INPUT_CHARS)
    except ValueError:
        try:
            found = literal_eval(_unfenced(text)) if len(text) <= bounds.TOOL_INPUT_CHARS else text
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return text
    return found if isinstance(found, kind) else text


def _fits_item(schema: _Schema, given: object, root: _Schema) -> bool:
    """One thing stands for a list of it; a text with commas may be several."""
    item = _resolved(schema.get("items") or {}, root)
    wanted = _KINDS.get(str(item.get("type")))
    return wanted is not None and isinstance(given, wanted) and not (isinstance(given, str) and "," in given)


def _unfenced(text: str) -> str:
    """Without the ``` of a block of code, and the name of its language."""
    text = text.strip()
    if not (text.startswith("```") and text.endswith("```")):
        return text
    first, _, rest = text.strip("`").partition("\n")
    return f"{first.lstrip(ascii_letters)}\n{rest}".strip()
