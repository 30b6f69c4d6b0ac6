"""A scenario: a call written down in YAML, what the caller does and what must come of it.

```yaml
claude:                       # what Claude answers, in the form of agents/script.py
  entries:
    - when: {agent: engineer, heard: build}
      say: Run the tests first, then read the first failure.
tools:                        # of others, if an agent has any: says, fails, after_s; takes: a JSON schema of its input
  mcp:weather/forecast: {says: Rain., after_s: 2}
turns:
  - say: Engineer, why does the build fail?      # or: wav, press, cough_s, silence_s, hang_up; none: what happens by itself
    expect: [{agent: engineer, text: tests}]     # in this order; `text` is a regular expression, in any case
    routed: [engineer]
    by: name
    within_ms: 900            # from the caller's last word to the first of the answer
  - say: And how long does that take?
    barge_in: {say: Stop!, after_s: 1.0}         # after so much of the answer
    absent: [never mind]      # nobody says that
    interrupted: true
```

A turn may have a `judge`: words that Claude holds against the transcript, with `pytest --live`, which plays the whole scenario
with the real Claude and on a real clock; without it that is skipped, and the rest is played as ever.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from agents.definition import AgentId
from agents.linear import written
from agents.script import Script
from agents.scripted_work import WorkScript
from agents.strict import Strict
from orchestrator.testing.stand_ins import StandIn


def _several(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _some(turns: tuple[Any, ...]) -> tuple[Any, ...]:
    if not turns:  # min_length would also complain where a turn is wrong, and at the wrong line
        raise ValueError("must hold at least one turn")
    return turns


Pattern = Annotated[str, Field(max_length=300), AfterValidator(written)]


class Expected(Strict):
    """Something that is said; what is left out fits all."""

    agent: AgentId | None = None
    text: Pattern = ""


def _as_expected(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Deed(Strict):
    """What the caller does: one of these, or nothing."""

    say: str | None = Field(default=None, min_length=1)
    wav: str | None = Field(default=None, description="A recording, from where pytest was started.")
    press: str | None = Field(default=None, pattern=r"^[0-9A-D*#]+$", description="Keys, such as '1234#'.")
    cough_s: float | None = Field(default=None, gt=0, le=10)
    silence_s: float | None = Field(default=None, gt=0, le=600)
    hang_up: Literal[True] | None = None
    heard_as: str | None = Field(default=None, description="What the recogniser makes of it; `!` makes it fail.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.done) > 1:
            raise ValueError(f"does {' and '.join(self.done)}; write a turn for each")
        return self

    @property
    def done(self) -> list[str]:
        return [name for name in DEEDS if getattr(self, name) is not None]


DEEDS: Final = ("say", "wav", "press", "cough_s", "silence_s", "hang_up")


class BargeIn(Deed):
    after_s: float = Field(default=1.0, ge=0, le=600, description="Of somebody's speech.")


class Turn(Deed):
    """A deed, what comes of it before it is the caller's turn again, and what must be true of that."""

    barge_in: BargeIn | None = None
    expect: Annotated[tuple[Annotated[Expected, BeforeValidator(_as_expected)], ...], BeforeValidator(_several)] = ()
    absent: Annotated[tuple[Pattern, ...], BeforeValidator(_several)] = ()
    heard: Pattern | None = None
    routed: tuple[AgentId, ...] | None = None
    by: Literal["name", "floor", "claude"] | None = None
    tools: tuple[str, ...] | None = None
    failed: tuple[str, ...] | None = Field(default=None, description="The codes of what went wrong; [] for nothing.")
    interrupted: bool | None = Field(default=None, description="Whether the caller took the floor from somebody.")
    resumed: bool | None = Field(default=None, description="Whether somebody stopped for the caller, and went on.")
    within_ms: int | None = Field(default=None, gt=0)
    ended: str | None = Field(default=None, description="Why the call is over: goodbye, silence, limit, locked …")
    judge: str | None = Field(default=None, min_length=1, description="What must hold, for Claude to judge; only with --live.")


class Scenario(Strict):
    agents: str = Field(default="agents", description="A folder of agents, over the shipped ones.")
    pin: str | None = Field(default=None, pattern=r"^[0-9]{4,12}$", description="Asked for at the start.")
    minutes: float = Field(default=30, gt=0)
    usd: Decimal = Field(default=Decimal(1), gt=0)
    claude: Script = Script()
    work: WorkScript = Field(default=WorkScript(), description="What long work does, in the form of agents/scripted_work.py.")
    tools: dict[str, StandIn] = Field(default={}, description="Tools that others bring, and what they say here.")
    turns: Annotated[tuple[Turn, ...], AfterValidator(_some)]
