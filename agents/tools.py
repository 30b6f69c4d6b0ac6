"""What an agent may do on a call: tools as Claude sees them. Ours are carried out by the call; those of others run themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache, partial
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, create_model, model_validator

from agents import bounds
from agents.definition import Agent
from agents.errors import ToolError
from agents.mending import asked_for, mended
from agents.strict import Strict
from agents.who import MOST_SPEAKERS, beginning, chosen, ids, one_of


class Inputs(Strict):
    """What a tool takes; unknown keys are errors."""


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    """For Claude: when to use it, in the fewest words (schemas are most of a prompt's reading time)."""
    inputs: type[BaseModel]
    ends_turn: bool = False
    """The agent is done when it has called this; no further request."""
    filler: str | None = None
    """Said while it runs, if nothing else is being said; what the phone would say if left out."""
    run: Callable[[Mapping[str, Any]], Awaitable[str]] | None = None
    """Does it, with a valid input, and says how it went, or raises ToolError; None for what only the call can do."""
    written: str = ""
    """As an agent's file names it, where that is not its name: `mcp:notes/search`."""
    risky: bool = False
    """It needs the caller's PIN."""

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        return _untitled(self.inputs.model_json_schema())

    def rendered(self) -> dict[str, Any]:
        """As the Messages API wants it."""
        return {"name": self.name, "description": self.description, "input_schema": self.input_schema}

    def check(self, raw: object) -> dict[str, Any]:
        """The input, valid and complete. Raises ToolError, in words that let Claude mend it."""
        return self.understood(raw)[0]

    def understood(self, raw: object) -> tuple[dict[str, Any], bool]:
        """The input as `check` gives it, and whether its form had to be mended for that. Raises ToolError."""
        try:
            given = bounds.tool_input(raw)
            try:
                whole = self.inputs.model_validate(given)
            except ValidationError:
                repaired = mended(self.input_schema, given)
                whole = self.inputs.model_validate(repaired if self.written else asked_for(self.input_schema, repaired))
            return whole.model_dump(mode="json"), whole.model_dump(mode="json", exclude_unset=True) != given
        except bounds.TooMuch as error:
            raise ToolError(f"{self.name} was not called: {error}") from None
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'input'}: {e['msg'].removeprefix('Value error, ')}"
                for e in error.errors(include_url=False)[:3]
            )
            raise ToolError(f"{self.name} was not called: {problems}") from None


def _untitled(schema: Any) -> Any:
    """Without pydantic's titles, which are tokens and tell nothing; a property may itself be called `title`."""
    match schema:
        case {"properties": dict() as properties}:
            rest = {key: _untitled(value) for key, value in schema.items() if key not in ("title", "properties")}
            return {**rest, "properties": {key: _untitled(value) for key, value in properties.items()}}
        case dict():
            return {key: _untitled(value) for key, value in schema.items() if key != "title"}
        case list():
            return [_untitled(item) for item in schema]
        case _:
            return schema


@lru_cache(16)  # a model and its schema take milliseconds to make; the same few are wanted in every turn
def bring_in(colleagues: tuple[Agent, ...]) -> Tool:
    """Hand the call over to one of these."""
    why = Annotated[str, beginning(300), Field(max_length=300, description="What they should know, in a few words.")]
    return Tool(
        "bring_in",
        "Hand the caller over to a colleague who knows this better. First say so in one short sentence; they then speak.",
        create_model("BringIn", __base__=Inputs, agent=(one_of(colleagues), ...), why=(why, ...)),
        ends_turn=True,
    )


class Nothing(Inputs):
    pass


END_CALL: Final = Tool(
    "end_call", "Hang up. Only after the caller agreed that the call is over; first say goodbye.", Nothing, ends_turn=True
)


class CurrentTime(Inputs):
    zone: str = Field(default="", max_length=64, description="IANA name such as Europe/Berlin; the caller's own if left out.")


CURRENT_TIME: Final = Tool("current_time", "The date and time, here or elsewhere, and where here is.", CurrentTime)


class Remember(Inputs):
    note: str = Field(min_length=1, max_length=300, description="One fact, complete in itself, in the third person.")


REMEMBER: Final = Tool("remember", "Keep something for this caller's later calls, when they ask for it.", Remember)


class Recall(Inputs):
    about: str = Field(default="", max_length=100, description="A few words; everything if left out.")


RECALL: Final = Tool("recall", "What this caller asked to be kept in earlier calls.", Recall)


class SendDigits(Inputs):
    keys: str = Field(pattern=r"^[0-9*#A-D]{1,32}$", description="In order, nothing between them.")


SEND_DIGITS: Final = Tool(
    "send_digits", "Press keys on this line, for a machine at its other end: a menu, a door. Only when asked to.", SendDigits
)


class StartTask(Inputs):
    what: str = Field(
        min_length=1,
        max_length=4_000,
        description="All that is wanted, complete in itself, in the caller's words where they matter.",
    )
    title: Annotated[str, beginning(100)] = Field(
        min_length=1, max_length=100, description="As one would speak of it: 'a blog post about the voice server'."
    )
    minutes: float = Field(gt=0, le=480, description="How long it may take; 0.2 for a few seconds.")
    mood: Literal["calm", "tender", "focused", "bright", "playful", "dramatic"] = Field(
        default="calm", description="Of the music meanwhile, to suit the work."
    )


START_TASK: Final = Tool(
    "start_task",
    "Begin real work that takes more than a moment: files, code, research on the web, anything written. You do it"
    " yourself, on the caller's own machine, while they hold or are called back.",
    StartTask,
)


WHICH_WORK: Final = "Which, if several are under way: words of its title, or who does it."


class AddToTask(Inputs):
    words: str = Field(min_length=1, max_length=2_000, description="What the caller wants besides or instead.")
    work: str = Field(default="", max_length=100, description=WHICH_WORK)


ADD_TO_TASK: Final = Tool("add_to_task", "Tell the long work under way something more.", AddToTask)


class ReadResult(Inputs):
    about: str = Field(default="", max_length=200, description="Words to look for in it.")
    part: int = Field(default=1, ge=1, le=99, description="Else which part, to read it on.")
    to_file: bool = Field(default=False, description="Write all of it into a file instead.")


READ_RESULT: Final = Tool("read_result", "More of what finished long work came to: look it up, read on, or file it.", ReadResult)


class StopTask(Inputs):
    work: str = Field(default="", max_length=100, description=WHICH_WORK)


STOP_TASK: Final = Tool("stop_task", "Stop the long work under way. Only if the caller wants that.", StopTask)


CALL_BACK: Final = Tool(
    "call_back",
    "End this call and call the caller back when the long work is done. Only if they want that; first say goodbye.",
    Nothing,
    ends_turn=True,
)

_IN_CALLS: Final = (END_CALL, CURRENT_TIME, REMEMBER, RECALL, SEND_DIGITS)
_OF_WORK: Final = (START_TASK, ADD_TO_TASK, STOP_TASK, READ_RESULT, CALL_BACK)
_OURS: Final = {tool.name: tool for tool in (*_IN_CALLS, *_OF_WORK)}
KNOWN: Final = ("bring_in", *_OURS)
USUAL: Final = ("bring_in", "current_time", "end_call")  # of an agent that nobody gave any


class Toolbox(Protocol):
    """The tools that others bring, as they are now."""

    def named(self, written: str) -> Sequence[Tool]:
        """What an agent's file means by that; nothing where it is not there."""
        ...


class _Empty:
    def named(self, written: str) -> Sequence[Tool]:
        return ()


EMPTY: Final[Toolbox] = _Empty()


def tools_of(agent: Agent, everyone: Iterable[Agent], toolbox: Toolbox = EMPTY) -> tuple[Tool, ...]:
    """The tools this agent may use on a call with these agents, each once; `bring_in` only if there is somebody to bring in."""
    others = [other for other in everyone if other.id != agent.id]
    colleagues = tuple(other for other in others if not agent.hands_over_to or other.id in agent.hands_over_to)
    tools: dict[str, Tool] = {}
    for written in agent.tools:
        if (written == "bring_in" and not colleagues) or (written == "start_task" and agent.task is None):
            continue
        own = bring_in(colleagues) if written == "bring_in" else _OURS.get(written)
        tools |= {tool.name: tool for tool in ((own,) if own else toolbox.named(written))}
    return tuple(tool if tool.risky is _risky(tool, agent) else replace(tool, risky=not tool.risky) for tool in tools.values())


def _risky(tool: Tool, agent: Agent) -> bool:
    """What its server says of itself counts, unless the agent's file says that nothing is risky; the file may only add to it."""
    if not agent.risky_tools:
        return tool.risky and agent.risky_tools is None
    return tool.risky or any(fnmatchcase(tool.written or tool.name, pattern) for pattern in agent.risky_tools)


class _Choice(Inputs):
    """`{"speakers": …}`; the speakers may also stand there alone."""

    @model_validator(mode="before")
    @classmethod
    def _speakers(cls, given: object) -> object:
        match given:
            case {"speakers": speakers} | {"agents": speakers}:
                return {"speakers": speakers}
            case _:
                return {"speakers": given}


@lru_cache(4)
def route(everyone: tuple[Agent, ...]) -> Tool:
    """The router's only tool: who answers this turn, in what order, each with a few words on what to add."""
    brief = Annotated[str, beginning(200), Field(max_length=200, description="What this one should add, in a few words.")]
    speaker = create_model("Speaker", __base__=Inputs, agent=(one_of(everyone), ...), brief=(brief, ""))
    several = Field(min_length=1, max_length=MOST_SPEAKERS)
    speakers: Any = Annotated[list[speaker], BeforeValidator(partial(chosen, ids(everyone))), several]
    return Tool("route", "Say who answers the caller.", create_model("Route", __base__=_Choice, speakers=(speakers, ...)))
