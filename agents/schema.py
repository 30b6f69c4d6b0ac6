"""The agents' JSON schema, by which editors complete and check `agents/<id>.yaml`."""

from __future__ import annotations

import json
from typing import Any, Final

from agents.definition import Agent
from agents.prices import PRICES
from agents.tools import KNOWN

FILE_NAME: Final = "agent.schema.json"
HINT: Final = f"# yaml-language-server: $schema={FILE_NAME}"
"""The first line of an agent's file: editors find the schema that lies beside it."""


def agent_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the file: `id` is not in it, because the file's name says it."""
    schema = Agent.model_json_schema()
    properties: dict[str, Any] = schema["properties"]
    del properties["id"]
    schema["required"].remove("id")
    del properties["voice"]["default"]  # nothing that could be written: it stands for being left out
    # Examples, not enums: extensions may bring more tools, and Claude gets new models.
    properties["tools"]["items"]["examples"] = list(KNOWN)
    schema["$defs"]["Model"]["properties"]["id"]["examples"] = list(PRICES)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """As `pai-voice agents schema` prints it and `agents/agent.schema.json` holds it."""
    return json.dumps(agent_schema(), indent=2, ensure_ascii=False) + "\n"
