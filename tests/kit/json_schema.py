"""JSON Schema 2020-12, as much of it as our own schema uses; anything else in a schema is an error of the test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

TYPES: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
SILENT: Final = {
    "title",
    "description",
    "default",
    "examples",
    "$schema",
    "$defs",
    "required",
    "properties",
    "additionalProperties",
}


def mistakes(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any] | None = None, at: str = "") -> Iterator[str]:
    """What a validator would complain of: the place and the keyword."""
    root = root or schema
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                yield from mistakes(root["$defs"][wanted.removeprefix("#/$defs/")], value, root, at)
            case "anyOf":
                if all(list(mistakes(option, value, root, at)) for option in wanted):
                    yield f"{at}: anyOf"
            case "properties" if isinstance(value, dict):
                yield from (f"{at}/{name}: required" for name in schema.get("required", ()) if name not in value)
                for name in wanted.keys() & value.keys():
                    yield from mistakes(wanted[name], value[name], root, f"{at}/{name}")
            case "additionalProperties" if isinstance(value, dict):
                assert wanted is False
                yield from (f"{at}/{name}: unknown" for name in value if name not in schema["properties"])
            case "items":
                for number, item in enumerate(value if isinstance(value, list) else ()):
                    yield from mistakes(wanted, item, root, f"{at}/{number}")
            case _ if keyword in SILENT:
                pass
            case _:
                if not _holds(keyword, wanted, value):
                    yield f"{at}: {keyword}"


def _holds(keyword: str, wanted: Any, value: Any) -> bool:
    match keyword:
        case "type":
            return isinstance(value, TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
        case "enum":
            return value in wanted
        case "pattern":
            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "minLength":
            return not isinstance(value, str) or len(value) >= wanted
        case "maxLength":
            return not isinstance(value, str) or len(value) <= wanted
        case "maxItems":
            return not isinstance(value, list) or len(value) <= wanted
        case "minimum":
            return not isinstance(value, int | float) or value >= wanted
        case "maximum":
            return not isinstance(value, int | float) or value <= wanted
        case "exclusiveMinimum":
            return not isinstance(value, int | float) or value > wanted
        case _:
            raise AssertionError(f"the schema has a keyword that this validator does not know: {keyword}")
