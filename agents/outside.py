"""Tools that others bring: what of them reaches Claude is checked and bounded, and has a name that Claude accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from agents.errors import Unusable
from agents.tools import KNOWN
from agents.yaml_file import did_you_mean

MCP: Final = "mcp:"
PYTHON: Final = "python:"
GROUP: Final = "pai_voice.tools"
ALL: Final = "*"
LONGEST_NAME: Final = 64  # the Messages API's own bound, as is what it is made of
LONGEST_DESCRIPTION: Final = 600
LONGEST_SCHEMA: Final = 4_000  # characters of JSON: a thousand tokens, which every first turn must read
LONGEST_RESULT: Final = 4_000  # more is not told on a telephone
_TROUBLES: Final = 3
_PROPERTY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Sources:
    """Where tools of others come from. Which tools a server has, only the server knows."""

    servers: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


def wrong_with(written: str, sources: Sources | None) -> str | None:
    """What is wrong, and its fix, with a tool that an agent's file names and that is none of ours; None if nothing is.

    Without sources only the form is looked at.
    """
    if written.startswith(PYTHON):
        name = written.removeprefix(PYTHON)
        if sources is None or name in sources.functions:
            return None
        near = did_you_mean(name, sources.functions)
        return f"no package that is installed has an entry point `{name}` in the group {GROUP}.{near}"
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


def claude_name(server: str, tool: str) -> str:
    """What Claude calls a server's tool: `server__tool`. Ours have no `__`, so they cannot meet; nor can two of a server's."""
    name = f"{server}__{re.sub(r'[^a-zA-Z0-9_-]', '_', tool)}"
    if name == f"{server}__{tool}" and len(name) <= LONGEST_NAME:
        return name
    mark = sha256(tool.encode()).hexdigest()[:6]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}-{mark}"


def cut(text: str, most: int) -> str:
    """The beginning of it, and how much there was."""
    return text if len(text) <= most else f"{text[:most]} … (cut off: it has {len(text):,} characters)"


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
        draft.check_schema(schema)
    except SchemaError as error:
        raise Unusable(f"its schema is no JSON schema: {error.message[:200]}") from None
    # The registry is empty on purpose: a reference outside of the schema is not followed.
    return _taking(schema, draft(schema, registry=Registry()))


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


def _taking(schema: dict[str, Any], validator: Any) -> type[BaseModel]:
    from referencing.exceptions import Unresolvable

    class Given(RootModel[dict[str, Any]]):
        model_config = ConfigDict(frozen=True)

        @model_validator(mode="after")
        def _fits(self) -> Self:
            try:
                errors = [error for _, error in zip(range(_TROUBLES), validator.iter_errors(self.root), strict=False)]
            except Unresolvable as error:
                raise ValueError(f"the tool's schema is broken: {error}") from None
            if errors:
                raise ValueError("; ".join(f"{error.json_path.removeprefix('$.')}: {error.message[:200]}" for error in errors))
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return schema

    return Given
