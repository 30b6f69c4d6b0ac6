"""What a run of the command line tells, read from the SDK's messages. Pure: messages in, events out.

PAI's own forms are read as well: see agents/pai_forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from claude_agent_sdk import (
    AssistantMessage,
    RateLimitEvent,
    ResultMessage,
    SystemMessage,
    TaskProgressMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from agents import pai_forms, pai_plan
from agents.errors import Crashed, NotLoggedIn, OutOfMoney, OutOfTurns, Stopped, WorkError
from agents.speakable import described, named, phrase, sentences
from agents.work import Done, Says, Spent, Working

Told = Working | Says | Spent

OURS: Final = "mcp__phone__"  # our own tools tell for themselves
_SAYS: Final = 2
_SPOKEN: Final = 4
_REFUSED_WITHIN: Final = 300  # characters
_REFUSAL: Final = re.compile(
    r"(?i)(?:error: )?(?:permission to use|the user doesn't want to|claude requested permission|hook pretooluse)"
)
_SUBTYPES: Final[dict[str, type[WorkError]]] = {"error_max_turns": OutOfTurns, "error_max_budget_usd": OutOfMoney}


class Reading:
    """One run. `take` each message as it comes, until `over`; then `ending` says how it ended."""

    def __init__(self) -> None:
        self.over = False
        """No further turn is owed: background work that ends after a first result has had its own."""
        self.model = ""
        self._result: ResultMessage | None = None
        self._stated = False
        self._kept = ""
        self._said, self._said_passing = "", False
        self._unauthorised = False
        self._plan = pai_plan.Plan()
        self._told: dict[str, Working] = {}
        """The last of each kind of those that are told in several ways, or again and again."""
        self._document = ""
        self._documented: dict[str, Working] = {}
        self._commands: set[str] = set()
        """That run, by the ids of their uses."""
        self._uses: dict[str, Working] = {}
        """What has been told as begun, and has not come back."""
        self._failed: set[Working] = set()
        """What failed the last time."""
        self._refused: set[str] = set()
        self._answered: set[str] = set()
        """By the ids of their uses: refused by a rule; and by the caller, who knows it."""
        self._written: dict[str, str] = {}
        """What is being written into PAI's document."""
        self._waiting = ""
        """For Claude, and why."""

    def take(self, message: object) -> Sequence[Told]:
        """What it tells; nothing, if it is of a kind that is not known."""
        match message:
            case AssistantMessage(parent_tool_use_id=None, error=None):
                self._result = None
                return [
                    *self._waits_no_more(),
                    *self._keep(""),
                    *(event for block in message.content for event in self._block(block)),
                ]
            case AssistantMessage(error="authentication_failed"):
                self._unauthorised = True
            case TaskProgressMessage():
                return [*self._news(Working("helper", phrase(named(message.description))))]
            case UserMessage(parent_tool_use_id=None, tool_use_result=result, content=content):
                blocks = content if isinstance(content, list) else []
                return [*self._plan.returned(result), *(event for block in blocks for event in self._came_back(block))]
            case RateLimitEvent(rate_limit_info=limit):
                return self._waits("rate_limit") if limit.status == "rejected" else self._waits_no_more()
            case SystemMessage(subtype="api_retry", data=data):
                return self._waits("api_retry", _number(data.get("attempt")), _number(data.get("max_retries")))
            case ResultMessage():
                return self._end(message)
            case SystemMessage(subtype="session_state_changed"):
                self._state(message.data.get("state"))
            case SystemMessage(subtype="init"):
                self.model = str(message.data.get("model", ""))
            case _:
                pass
        return []

    def says(self, text: str, *, passing: bool = False) -> list[Says]:
        """Words of its own for the caller; none, if they are not fit to be said, or were said just before."""
        said = sentences(named(text), _SAYS)
        if not said or (said == self._said and (passing or not self._said_passing)):
            return []
        self._said, self._said_passing = said, passing
        return [Says(said, passing)]

    def ending(self, *, stopped: bool = False) -> Done | WorkError:
        """After the last message."""
        result = self._result
        if stopped:
            return Stopped()
        if result is None:
            return Crashed("It told no end.")
        if not result.is_error:
            text = result.result or ""
            return Done(text, spoken(text))
        if self._unauthorised or result.api_error_status == 401:
            return NotLoggedIn()
        return _SUBTYPES.get(result.subtype, Crashed)(" ".join([result.result or "", *(result.errors or [])]).strip())

    def _block(self, block: object) -> Iterator[Told]:
        match block:
            case TextBlock(text=text):
                for phase in pai_forms.headers(text):
                    yield from self._news(phase)
                yield from self._keep(text)
            case ToolUseBlock(name="TodoWrite", input=given):
                yield from self._plan.written(given)
            case ToolUseBlock(name="Bash", input={"command": str(command)}) if message := pai_forms.notification(command):
                phase = pai_forms.entered(message)
                yield from self._news(phase) if phase else self.says(message, passing=True)
            case ToolUseBlock(name=name, input=given) if name in pai_plan.TOOLS:
                self._plan.used(name, given)
            case ToolUseBlock(id=use, name=name, input=given) if not name.startswith(OURS):
                begun = Working(name, described(name, given))
                yield begun
                self._uses[use] = begun
                if name == "Bash":
                    self._commands.add(use)
                if path := pai_forms.document(name, given):
                    self._document = path if path[0] in "~/" else self._document or path
                    self._written[use] = pai_forms.written(given)
            case _:
                pass

    def _came_back(self, block: object) -> Iterator[Told]:
        """How a step went: that it failed is told each time, that it worked only where it had failed before."""
        if not isinstance(block, ToolResultBlock) or (begun := self._uses.pop(block.tool_use_id, None)) is None:
            return
        written, answered = self._written.pop(block.tool_use_id, ""), block.tool_use_id in self._answered
        self._answered.discard(block.tool_use_id)
        if not block.is_error:
            if begun in self._failed and begun.detail:
                self._failed.discard(begun)
                yield replace(begun, went="worked")
            yield from self.document(written)
        elif not answered:
            self._said = ""
            self._failed.add(begun)
            yield replace(begun, went="refused" if block.tool_use_id in self._refused or _is_refusal(block.content) else "failed")

    def refused(self, use: str) -> None:
        """A rule of the phone's says no to it, and the caller does not know that."""
        self._refused.add(use)

    def answered(self, use: str) -> None:
        """The caller says no to it."""
        self._answered.add(use)

    def document(self, text: str) -> list[Working]:
        """What PAI's document of the work says now, or what is being written into it: of that, what it did not say before."""
        new = [fact for fact in pai_forms.front_matter(text) if self._documented.get(fact.what) != fact]
        self._documented |= {fact.what: fact for fact in new}
        return [news for fact in new for news in self._news(fact)]

    def changed(self, message: object) -> str:
        """PAI's document of the work, when a command has ended that may have written into it; else nothing."""
        ended: set[str] = set()
        if isinstance(message, UserMessage) and isinstance(message.content, list):
            ended = {block.tool_use_id for block in message.content if isinstance(block, ToolResultBlock)}
        commands, self._commands = self._commands & ended, self._commands - ended
        return self._document if commands else ""

    def _waits(self, what: str, step: int = 0, of: int = 0) -> list[Working]:
        self._waiting = what
        return [Working(what, "", step, of)]

    def _waits_no_more(self) -> list[Working]:
        """Claude has answered, if only with a thought."""
        waited, self._waiting = self._waiting, ""
        return [Working(waited, went="over")] if waited else []

    def _news(self, fact: Working) -> list[Working]:
        """What was not told of it just before: header, notification and front matter all name the phase.

        At the beginning it is no news that nothing is done yet.
        """
        told = self._told.get(fact.what)
        if told is None and (fact.went == "over" or (fact.what == "criteria" and not fact.step)):
            return []
        same = told is not None and (told.detail == fact.detail if fact.what == "phase" else told == fact)
        self._told[fact.what] = fact
        return [] if same else [fact]

    def _keep(self, text: str) -> list[Says]:
        """The text before it, now that something followed; the last text is the result, and told as such."""
        kept, self._kept = self._kept, text
        line = pai_forms.voice_line(kept)
        return self.says(line) if line else self.says(pai_forms.prose(kept), passing=True)

    def _end(self, result: ResultMessage) -> list[Told]:
        self._result = result
        self.over = not self._stated  # a command line too old to tell its state
        return [] if result.total_cost_usd is None else [Spent(Decimal(f"{result.total_cost_usd:.6f}"), self.model)]

    def _state(self, state: object) -> None:
        self._stated = True
        self.over = state == "idle" and self._result is not None


def spoken(text: str) -> str:
    """What a result says of itself: the line that PAI has spoken, else its first sentences."""
    return sentences(named(pai_forms.voice_line(text)), _SPOKEN) or sentences(named(pai_forms.untagged(text)), _SAYS)


def _is_refusal(content: object) -> bool:
    """By the command line's own rules, in its own words."""
    if isinstance(content, list) and content and isinstance(content[0], dict):
        content = content[0].get("text")
    text = content if isinstance(content, str) else ""
    return _REFUSAL.match(text[:_REFUSED_WITHIN]) is not None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
