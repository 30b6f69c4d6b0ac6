"""Who an agent is: the YAML file's model."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from agents import bounds
from agents.strict import Strict

LONGEST_PROMPT: Final = 20_000
COLORS: Final = ("cyan", "green", "yellow", "magenta", "blue", "red", "white")
HEX: Final = re.compile(r"^#[0-9a-fA-F]{6}$")


def _color(value: str) -> str:
    if value not in COLORS and not HEX.fullmatch(value):
        known = ", ".join(f"'{color}'" for color in (*COLORS, "#rrggbb"))
        raise PydanticCustomError("literal_error", "must be one of {expected}", {"expected": known})
    return value


ID: Final = r"^[a-z][a-z0-9-]{0,39}$"
AgentId = Annotated[str, Field(pattern=ID)]
Spoken = Annotated[str, Field(min_length=1, max_length=40)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Color = Annotated[
    str, AfterValidator(_color), WithJsonSchema({"anyOf": [{"enum": list(COLORS)}, {"type": "string", "pattern": HEX.pattern}]})
]


class Model(Strict):
    """Which Claude thinks, and how much it may say."""

    id: str = Field(default="claude-haiku-5-5", min_length=1, max_length=100, description="A Claude model's id.")
    max_tokens: int = Field(default=400, ge=16, le=4096, description="The most tokens one turn may take.")


class Speech(Strict):
    """How it talks on the phone, whatever it is about."""

    length: Literal["brief", "usual", "ample"] = Field(
        default="usual", description="How much it says in a turn: one sentence, one to three, or up to six."
    )
    habits: tuple[Words, ...] = Field(
        default=(), max_length=8, description="Small ways of speaking, a sentence each: 'You count steps aloud.'"
    )
    fillers: tuple[Spoken, ...] = Field(
        default=(),
        max_length=8,
        description="A few words each, said while its answer is being made; the phone's own if left out.",
    )


def _full(folder: str) -> str:
    if not bounds.path(folder).is_absolute():
        raise ValueError(f"`{folder}` would depend on where the server was started; write it in full, or from ~ or $NAME on")
    return folder


class Task(Strict):
    """What its long work may do and cost. Whoever has none only talks."""

    folder: Annotated[str, AfterValidator(_full)] | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="Where the work runs (~ is your home, $NAME a variable); one of its own if left out.",
    )
    allowed_tools: tuple[Words, ...] = Field(
        default=(), description="What the work may use unasked, as the Claude CLI writes it: 'Read', 'Bash(git *)'."
    )
    risky_tools: tuple[Words, ...] = Field(default=(), description="What needs the caller's PIN before it is used.")
    max_usd: Decimal = Field(default=Decimal(2), gt=0, le=100, description="The most one task may cost.")
    max_minutes: int = Field(default=30, ge=1, le=480, description="The longest one task may take, answers waited for apart.")
    narration: Literal["quiet", "brief", "podcast"] = Field(
        default="brief", description="What is told on hold: milestones only, what is new, or all of it as a story."
    )


class Agent(Strict):
    """One agent: `agents/<id>.yaml`. Unknown keys are errors."""

    id: AgentId
    """The file's name."""
    name: Spoken = Field(description="As spoken: Kai, Engineer.")
    role: str = Field(min_length=1, max_length=120, description="One line, shown in lists and to the router.")
    description: str = Field(
        min_length=1, max_length=1000, description="The router's text: what to use this agent for ('use when ...')."
    )
    prompt: str = Field(
        min_length=1, max_length=LONGEST_PROMPT, description="Who the agent is: inline text, or prompts/<file>.md."
    )
    voice: str = Field(
        default="",
        min_length=1,
        max_length=40,
        description="A voice's id: voices/<id>.yaml; if left out, one that no other agent has, always the same.",
    )
    aliases: tuple[Spoken, ...] = Field(default=(), description="Other names, and how recognisers misspell the name.")
    examples: tuple[Words, ...] = Field(
        default=(), max_length=12, description="What callers say that is for this agent: examples for the router."
    )
    greeting: str | None = Field(default=None, min_length=1, max_length=300, description="Spoken when this agent opens a call.")
    front_desk: bool = Field(
        default=False, description="Answers first, and takes what no other agent claims. Exactly one agent has this."
    )
    model: Model = Field(default=Model(), description="Which Claude thinks, and how much it may say.")
    speech: Speech = Field(default=Speech(), description="How it talks on the phone, whatever it is about.")
    tools: tuple[str, ...] = Field(
        default=(),
        description="What it may do on a call; none if left out. Tools of others: 'mcp:SERVER/*' or 'mcp:SERVER/TOOL' for a "
        "server in pai-voice.toml, 'python:tools/shelf.py:shelf' for a function in a file beside "
        "the agent's, 'python:NAME' for an entry point in the group pai_voice.tools.",
    )
    risky_tools: tuple[Words, ...] | None = Field(
        default=None,
        description="Which of these need the caller's PIN: 'mcp:notes/delete_*', 'python:door'. So does what its server does not "
        "call harmless, unless this is [].",
    )
    hands_over_to: tuple[AgentId, ...] = Field(
        default=(),
        description="Agents it may bring in; all others if left out. Not in a circle: only the front desk may be handed back to.",
    )
    task: Task | None = Field(default=None, description="What its long work may do and cost; no long work if left out.")
    color: Color = Field(default="white", description="On screens: a terminal's colour, or '#rrggbb'.")
