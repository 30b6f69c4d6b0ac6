"""What the phone itself says: `prompts/lines.yaml`, complete and checked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agents.strict import Strict
from agents.templates import with_blanks
from agents.yaml_file import YamlModel

Line = Annotated[str, Field(min_length=2, max_length=300), with_blanks()]
NamedLine = Annotated[str, Field(min_length=2, max_length=300), with_blanks("name")]
CountedLine = Annotated[str, Field(min_length=2, max_length=300), with_blanks("count")]
WorkLine = Annotated[str, Field(min_length=2, max_length=300), with_blanks("name", "title")]


class PinLines(Strict):
    """By what becomes of an answer, beside the question itself."""

    ask: Line
    wrong: Line
    unclear: Line
    locked: Line
    rests: Line
    """Where none is taken after too many wrong ones."""
    tried: CountedLine
    """To the owner: how many wrong ones there were since they last gave it."""
    tried_once: Line
    again: Line
    """To silence, where long work waits for it."""
    passed: Line
    refused: Line
    given_up: Line
    go_on: Line
    """To the agent who needed it."""


class CallbackLines(Strict):
    """What a call that we make begins with; {title} is the work."""

    who: Line
    done: WorkLine
    about: WorkLine
    desk_done: WorkLine
    desk_about: WorkLine
    screened: NamedLine
    unsure: NamedLine
    machine: Line
    machine_news: Line


class LimitLines(Strict):
    time_almost_up: Line
    time_up: Line
    budget_almost_spent: Line
    budget_spent: Line


class GoodbyeLines(Strict):
    farewell: Line
    time_up: Line
    budget_spent: Line


class WorkGoesOnLines(Strict):
    """The goodbyes again, for a caller whose work goes on: they are called when it is done, or have to call."""

    called_back: GoodbyeLines
    told_later: GoodbyeLines


class Lines(YamlModel):
    """Every sentence, as text; those with `{name}` want `.format(name=…)`."""

    greeting: NamedLine
    """For an agent that has none of its own."""
    an_ai: Line
    """Before all else, to those who must be told what speaks."""
    fillers: Annotated[tuple[Line, ...], Field(min_length=1)]
    slow: Line
    slow_offer: Line
    """Where the answer can be found by long work, and the caller be called back with it."""
    unreadable: Line
    """Of a result that is all table, data or code, where Claude cannot say what is in it."""
    still_thinking: Line
    still_working: Line
    are_you_still_there: Line
    take_your_time: Line
    """To "just a minute"; and then nothing for two."""
    goodbye_silence: Line
    farewell: Line
    hand_over: NamedLine
    not_kept: Line
    """What the caller asked to be kept could not be."""
    pin: PinLines
    callback: CallbackLines
    limits: LimitLines
    work_goes_on: WorkGoesOnLines
    errors: dict[str, Line]
    """By the error's code."""

    def for_error(self, code: str) -> str:
        """What to say when that happened; a general line for a code without one."""
        return self.errors.get(code, self.errors["call_failed"])
