"""What the phone itself says: `prompts/lines.yaml`, complete and checked."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agents.yaml_file import YamlFile


def _only(*known: str) -> AfterValidator:
    def check(line: str) -> str:
        used = {name for _, name, _, _ in string.Formatter().parse(line) if name is not None}
        if unknown := sorted(used - set(known)):
            raise ValueError(
                f"{{{unknown[0]}}} is not known here; known: {', '.join(f'{{{name}}}' for name in known) or 'nothing'}"
            )
        return line

    return AfterValidator(check)


Line = Annotated[str, Field(min_length=2, max_length=300), _only()]
NamedLine = Annotated[str, Field(min_length=2, max_length=300), _only("name")]


WorkLine = Annotated[str, Field(min_length=2, max_length=300), _only("name", "title")]


class _Lines(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PinLines(_Lines):
    """By what becomes of an answer, beside the question itself."""

    ask: Line
    wrong: Line
    unclear: Line
    locked: Line
    again: Line
    """To silence, where long work waits for it."""
    passed: Line
    refused: Line
    given_up: Line
    go_on: Line
    """To the agent who needed it."""


class CallbackLines(_Lines):
    """What a call that we make begins with; {title} is the work."""

    who: Line
    done: WorkLine
    about: WorkLine
    desk_done: WorkLine
    desk_about: WorkLine
    machine: Line
    machine_news: Line


class LimitLines(_Lines):
    time_almost_up: Line
    time_up: Line
    budget_almost_spent: Line
    budget_spent: Line


class GoodbyeLines(_Lines):
    farewell: Line
    time_up: Line
    budget_spent: Line


class WorkGoesOnLines(_Lines):
    """The goodbyes again, for a caller whose work goes on: they are called when it is done, or have to call."""

    called_back: GoodbyeLines
    told_later: GoodbyeLines


class ErrorLines(_Lines):
    """By the error's code."""

    call_failed: Line
    recognition_failed: Line
    recognizer_unavailable: Line
    synthesis_failed: Line
    synthesizer_unavailable: Line
    unknown_voice: Line
    claude_failed: Line
    claude_overloaded: Line
    claude_rate_limited: Line
    claude_server_failed: Line
    claude_unreachable: Line
    claude_slow: Line
    claude_stalled: Line
    claude_broken_off: Line
    claude_refused: Line
    claude_truncated: Line
    claude_unauthorised: Line
    claude_out_of_credit: Line
    claude_bad_request: Line
    work_failed: Line
    work_not_installed: Line
    work_not_logged_in: Line
    work_out_of_time: Line
    work_out_of_money: Line
    work_out_of_turns: Line
    work_over_budget: Line
    work_stopped: Line
    work_crashed: Line


class Lines(_Lines):
    """Every sentence, as text; those with `{name}` want `.format(name=…)`."""

    greeting: NamedLine
    """For an agent that has none of its own."""
    an_ai: Line
    """Before all else, to those who must be told what speaks."""
    fillers: Annotated[tuple[Line, ...], Field(min_length=1)]
    slow: Line
    slow_offer: Line
    """Where the answer can be found by long work, and the caller be called back with it."""
    still_thinking: Line
    still_working: Line
    are_you_still_there: Line
    goodbye_silence: Line
    farewell: Line
    hand_over: NamedLine
    pin: PinLines
    callback: CallbackLines
    limits: LimitLines
    work_goes_on: WorkGoesOnLines
    errors: ErrorLines

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises FileError for a missing or unknown key, with its line."""
        return YamlFile(path).validate(cls)

    def for_error(self, code: str) -> str:
        """What to say when that happened; a general line for a code without one."""
        return getattr(self.errors, code, self.errors.call_failed) if code in ErrorLines.model_fields else self.errors.call_failed
