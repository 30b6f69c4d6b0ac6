"""Tools that others bring: what of them reaches Claude is checked and bounded, and has a name that Claude accepts."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from agents.errors import Unusable
from agents.function_files import check, is_file, parted
from agents.linear import BadExpression, Expression
from agents.tools import KNOWN
from agents.yaml_file import did_you_mean

MCP: Final = "mcp:"
PYTHON: Final = "python:"
GROUP: Final = "pai_voice.tools"
ALL: Final = "*"
LONGEST_NAME: Final = 64  # the Messages API's own bound, as is what it is made of
LONGEST_TOOL: Final = 128  # characters of a name that a server gives its tool: MCP's own bound
LONGEST_DESCRIPTION: Final = 600
LONGEST_SCHEMA: Final = 4_000  # characters of JSON: a thousand tokens, which every first turn must read
_TROUBLES: Final = 3
_MOST_CHECKS: Final = 2_000  # of one input against its schema: they run on the event loop
_FUNCTION: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}")
_PROPERTY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Sources:
    """Where tools of others come from. Which tools a server has, only the server knows."""

    servers: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    """Of the agents: a function may stand in a file there."""


def wrong_with(written: str, sources: Sources | None) -> str | None:
    """What is wrong, and its fix, with a tool that an agent's file names and that is none of ours; None if nothing is.

    Without sources only the form is looked at.
    """
    if written.startswith(PYTHON):
        name = written.removeprefix(PYTHON)
        return _wrong_with_file(name, sources) if is_file(name) else _wrong_with_entry_point(name, sources)
    if not written.startswith(MCP):
        return f"unknown tool `{written}`.{did_you_mean(written, KNOWN)}"
    server, _, tool = written.removeprefix(MCP).partition("/")
    if not tool:
        return (
            f"`{written}` names no tool; write {MCP}{server or 'SERVER'}/{ALL} for all of the server's, or one's name for {ALL}"
        )
    if sources is None or server in sources.servers:
        return None
    return f"there is no server `{server}`; add [tools.{server}] to pai-voice.toml.{did_you_mean(server, sources.servers)}"


def _wrong_with_entry_point(name: str, sources: Sources | None) -> str | None:
    if sources is None or name in sources.functions:
        return None
    near = did_you_mean(name, sources.functions)
    return (
        f"no package that is installed has an entry point `{name}` in the group {GROUP}; install one, or write the function "
        f"into a file beside the agent's: {PYTHON}tools/{name}.py:{name}.{near}"
    )


def _wrong_with_file(name: str, sources: Sources | None) -> str | None:
    try:
        if sources is None:
            parted(name)
        else:
            check(name, sources.folders)
        named_well(parted(name)[1])
    except Unusable as error:
        return str(error)
    return None


def named_well(name: str) -> None:
    """Raises Unusable for a function's name that cannot be a tool's."""
    if not _FUNCTION.fullmatch(name) or "__" in name or name in KNOWN:
        raise Unusable("it needs another name: letters, digits, `_` and `-`, at most 64, no `__`, and none of our own tools'")


def claude_name(server: str, tool: str) -> str:
    """What Claude calls a server's tool: `server__tool`. Ours have no `__`, so they cannot meet; nor can two of a server's."""
    name = f"{server}__{re.sub(r'[^a-zA-Z0-9_-]', '_', tool)}"
    if name == f"{server}__{tool}" and len(name) <= LONGEST_NAME:
        return name
    mark = sha256(tool.encode()).hexdigest()[:6]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}-{mark}"


def inputs_of(schema: Mapping[str, Any]) -> type[BaseModel]:
    """What a tool takes, by its JSON schema. Raises Unusable for one that Claude would not accept, or that is too long.

    Reads the disk the first time.
    """
    # They come with mcp, which needs them too.
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    schema = {"properties": {}, **{key: value for key, value in schema.items() if key != "$schema"}}
    _acceptable(schema)
    draft: Any = validator_for(schema)
    try:
        with warnings.catch_warnings(action="ignore"):  # of patterns that only look odd to Python
            draft.check_schema(schema)
    except SchemaError as error:
        raise Unusable(f"its schema is no JSON schema: {error.message[:200]}") from None
    # The registry is empty on purpose: a reference outside of the schema is not followed.
    return _taking(schema, draft, Registry())


def _acceptable(schema: Mapping[str, Any]) -> None:
    """One tool that the Messages API refuses makes it refuse the whole request, and the agent mute."""
    if schema.get("type") != "object" or not isinstance(schema["properties"], dict):
        raise Unusable("its schema is not that of an object")
    if combined := {"oneOf", "anyOf", "allOf"} & schema.keys():
        raise Unusable(f"its schema has {combined.pop()} at the top, which Claude does not accept")
    properties: dict[str, Any] = schema["properties"]
    if wrong := next((name for name in properties if not _PROPERTY.fullmatch(name)), None):
        raise Unusable(
            f"its input {wrong[:80]!r} has a name that Claude does not accept (a-z, 0-9, `_`, `.` and `-`, at most 64)"
        )
    if (length := len(json.dumps(schema))) > LONGEST_SCHEMA:
        raise Unusable(f"its schema has {length:,} characters, and at most {LONGEST_SCHEMA:,} make sense on a telephone")


class _Endless(Exception):
    """References to references, which double the checks with each, or lead back to themselves."""


def _bounded(draft: Any) -> Any:
    """The same validator, in bounded time: it gives up after so many checks, and leaves to the server what others' patterns in
    look-ahead and in names of properties say."""
    from jsonschema.validators import extend

    left = _MOST_CHECKS

    def counted(check: Any) -> Any:
        def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise _Endless(f"it takes more than {_MOST_CHECKS:,} checks")
            if "patternProperties" in schema and check.__name__ in _BY_PATTERNS:
                return ()
            return check(validator, value, instance, schema)

        return checked

    checks = {**draft.VALIDATORS, "pattern": _pattern, "uniqueItems": _unique}
    return extend(draft, {name: counted(check) for name, check in checks.items()})


_BY_PATTERNS: Final = ("patternProperties", "additionalProperties", "unevaluatedProperties")


def _pattern(validator: Any, value: str, instance: Any, _: Any) -> Iterator[Exception]:
    from jsonschema import ValidationError

    with suppress(BadExpression):
        if validator.is_type(instance, "string") and not _compiled(value).search(instance):
            yield ValidationError(f"{instance[:80]!r} does not match {value!r}")


def _unique(validator: Any, value: bool, instance: Any, _: Any) -> Iterator[Exception]:
    from jsonschema import ValidationError

    items = instance if value and validator.is_type(instance, "array") else ()
    if len({json.dumps(item, sort_keys=True) for item in items}) < len(items):
        yield ValidationError("something is in it twice")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Expression:
    return Expression(pattern)


def _taking(schema: dict[str, Any], draft: Any, registry: Any) -> type[BaseModel]:
    from referencing.exceptions import Unresolvable

    class Given(RootModel[dict[str, Any]]):
        model_config = ConfigDict(frozen=True)

        @model_validator(mode="after")
        def _fits(self) -> Self:
            try:
                found = _bounded(draft)(schema, registry=registry).iter_errors(self.root)
                errors = [error for _, error in zip(range(_TROUBLES), found, strict=False)]
            except (Unresolvable, _Endless, RecursionError) as error:
                raise ValueError(f"the tool's schema is broken: {error}") from None
            if errors:
                raise ValueError("; ".join(f"{error.json_path.removeprefix('$.')}: {error.message[:200]}" for error in errors))
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return schema

    return Given
