"""Who an agent is: the YAML file's model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

AgentId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Spoken = Annotated[str, Field(min_length=1, max_length=40)]


class Model(BaseModel):
    """Which Claude thinks, and how much it may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(default="claude-haiku-5-5", min_length=1, max_length=100)
    max_tokens: int = Field(default=400, ge=16, le=4096, description="The most tokens one turn may take.")


class Agent(BaseModel):
    """One agent: `agents/<id>.yaml`. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: AgentId
    """The file's name."""
    name: Spoken = Field(description="As spoken: Kai, Engineer.")
    role: str = Field(min_length=1, max_length=120, description="One line, shown in lists and to the router.")
    description: str = Field(
        min_length=1, max_length=1000, description="The router's text: what to use this agent for ('use when ...')."
    )
    prompt: str = Field(min_length=1, max_length=20_000, description="Who the agent is: inline text, or prompts/<file>.md.")
    voice: str = Field(min_length=1, max_length=40, description="A voice's id: voices/<id>.yaml.")
    aliases: tuple[Spoken, ...] = Field(default=(), description="Other names, and how recognisers misspell the name.")
    greeting: str | None = Field(default=None, min_length=1, max_length=300, description="Spoken when this agent opens a call.")
    front_desk: bool = Field(
        default=False, description="Answers first, and takes what no other agent claims. Exactly one agent has this."
    )
    model: Model = Model()
    tools: tuple[str, ...] = Field(default=(), description="What it may do on a call; none if left out.")
    hands_over_to: tuple[AgentId, ...] = Field(default=(), description="Agents it may bring in; all others if left out.")
    color: Literal["cyan", "green", "yellow", "magenta", "blue", "red", "white"] = "white"
