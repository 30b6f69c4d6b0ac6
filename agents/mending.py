"""A tool's input in the form that its schema wants, where only the form is wrong: a list as a string, one thing for a list.

What it means is never guessed at: where two readings are possible, the input stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from agents import bounds
from agents.folding import folded

_DEEPEST: Final = 16
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
    if kind == "array" and not isinstance(given, list) and _fits_item(schema, given, root):
        given = [given]
    if kind == "string" and isinstance(given, int | float) and not isinstance(given, bool):
        given = str(given)
    if isinstance(given, str) and given not in (options := _options(schema)):
        same = [option for option in options if key(option) == key(given)]
        return same[0] if len(same) == 1 else given
    if isinstance(given, list):
        return [_mended(schema.get("items") or {}, one, root, depth + 1) for one in cast("list[object]", given)]
    if isinstance(given, dict):
        return _fields(schema, cast("dict[str, object]", given), root, depth)
    return given


def _fields(schema: _Schema, given: dict[str, object], root: _Schema, depth: int) -> dict[str, object]:
    """Nothing, where nothing may be left out, is left out."""
    properties: _Schema = schema.get("properties") or {}
    needed = schema.get("required") or ()
    kept = {name: one for name, one in given.items() if one is not None or name not in properties or name in needed}
    absent = given.keys() - kept.keys()
    kept |= {name: None for name in absent if _takes_null(_resolved(properties[name], root), root)}
    return {name: _mended(properties.get(name) or {}, one, root, depth + 1) for name, one in kept.items()}


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
    """A text that is the JSON of such a thing is that thing."""
    try:
        found = bounds.data(text, bounds.TOOL_INPUT_CHARS)
    except ValueError:
        return text
    return found if isinstance(found, kind) else text


def _fits_item(schema: _Schema, given: object, root: _Schema) -> bool:
    """One thing stands for a list of it; a text with commas may be several."""
    item = _resolved(schema.get("items") or {}, root)
    wanted = _KINDS.get(str(item.get("type")))
    return wanted is not None and isinstance(given, wanted) and not (isinstance(given, str) and "," in given)
