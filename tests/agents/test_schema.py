"""The published schema: valid, current, and of one mind with the loader about every shipped file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from agents.definition import Agent
from agents.schema import FILE_NAME, HINT, agent_schema, schema_text
from tests.agents.stage import ROOT

AGENTS = ROOT / "agents"
SCHEMA = agent_schema()
VALIDATOR: Any = Draft202012Validator(SCHEMA)
KAI: dict[str, Any] = yaml.safe_load((AGENTS / "kai.yaml").read_text())


def mistakes(value: Any) -> list[str]:
    """The place and the keyword of each; of alternatives, only that none fits."""
    return sorted(f"/{'/'.join(map(str, error.absolute_path))}: {error.validator}" for error in VALIDATOR.iter_errors(value))


def test_the_file_beside_the_agents_is_what_the_command_prints() -> None:
    assert (AGENTS / FILE_NAME).read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("file", sorted(AGENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_agents_fit_and_lead_editors_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"{HINT}\n")
    assert mistakes(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"tols": []}, "/: additionalProperties"),
        ({"id": "kai"}, "/: additionalProperties"),
        ({"name": 7}, "/name: type"),
        ({"name": ""}, "/name: minLength"),
        ({"tools": "end_call"}, "/tools: type"),
        ({"tools": [1]}, "/tools/0: type"),
        ({"hands_over_to": ["The Engineer"]}, "/hands_over_to/0: pattern"),
        ({"model": {"max_tokens": 9}}, "/model/max_tokens: minimum"),
        ({"model": {"idd": "x"}}, "/model: additionalProperties"),
        ({"speech": {"length": "long"}}, "/speech/length: enum"),
        ({"speech": {"fillers": ["Well,"] * 9}}, "/speech/fillers: maxItems"),
        ({"task": {"max_usd": -1}}, "/task: anyOf"),
        ({"task": {"max_minutes": 481}}, "/task: anyOf"),
        ({"color": "purpl"}, "/color: anyOf"),
        ({"color": "#12345"}, "/color: anyOf"),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses_too(change: dict[str, Any], mistake: str) -> None:
    written = KAI | change
    assert mistakes(written) == [mistake]
    with pytest.raises(ValueError, match="validation error"):
        Agent.model_validate({**written, "id": 7 if "id" in change else "kai"})


def test_a_file_with_everything_in_it_fits() -> None:
    whole = KAI | {
        "hands_over_to": ["engineer"],
        "model": {"id": "claude-sonnet-5-5", "max_tokens": 300},
        "speech": {"length": "brief", "habits": ["You count steps aloud."], "fillers": ["Right,"]},
        "task": {
            "folder": "~/work",
            "allowed_tools": ["Read"],
            "risky_tools": ["Bash"],
            "max_usd": 0.5,
            "max_minutes": 5,
            "narration": "quiet",
        },
        "color": "#12ab9F",
    }
    assert mistakes(whole) == []
    assert set(Agent.model_validate({**whole, "id": "kai"}).model_dump()) == {*SCHEMA["properties"], "id"}


def test_every_key_is_explained() -> None:
    models = [SCHEMA, *SCHEMA["$defs"].values()]
    described = {f"#/$defs/{name}" for name, model in SCHEMA["$defs"].items() if "description" in model}
    keys = [(key, value) for model in models for key, value in model["properties"].items()]
    assert [key for key, value in keys if "description" not in value and value.get("$ref") not in described] == []
