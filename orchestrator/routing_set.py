"""A set of utterances with the agents who should answer them. What the labels mean stands in agents/evals/routing.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from agents.definition import AgentId
from agents.roster import Roster
from agents.strict import Strict
from agents.yaml_file import YamlFile, did_you_mean
from orchestrator.rosters import ROOT
from orchestrator.router import Act
from orchestrator.routing import Stage

SHIPPED: Final = ROOT / "agents" / "evals" / "routing.yaml"


class Line(Strict):
    """One utterance, and what a caller would want."""

    said: str = Field(min_length=1, max_length=300)
    floor: AgentId | None = Field(default=None, description="Who spoke last; the front desk if left out.")
    speakers: tuple[AgentId, ...] = Field(default=(), max_length=3)
    act: Act | None = None
    by: Stage

    @model_validator(mode="after")
    def _expects_one_thing(self) -> Self:
        if bool(self.speakers) == bool(self.act) or (self.by == "phone") != bool(self.act):
            raise ValueError("a line has either `speakers`, or `act` and `by: phone`")
        return self


class Labelled(Strict):
    """The file's content."""

    just_said: Mapping[AgentId, str] = {}
    lines: Annotated[Mapping[str, tuple[Line, ...]], Field(min_length=1)]


def read(path: Path, roster: Roster) -> Labelled:
    """Raises FileError, also for an agent who is not on the line."""
    file = YamlFile(path)
    labelled = file.validate(Labelled)
    ids = [agent.id for agent in roster]
    for category, lines in labelled.lines.items():
        for at, line in enumerate(lines):
            for agent in (*line.speakers, *([line.floor] if line.floor else [])):
                if agent not in ids:
                    raise file.error(("lines", category, at), f"there is no agent `{agent}`.{did_you_mean(agent, ids)}")
    return labelled
