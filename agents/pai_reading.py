"""What a run of the command line tells, read from the SDK's messages. Pure: messages in, events out.

PAI's own forms are read as well: see agents/pai_forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

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
from agents.speakable import phrase, sentences
from agents.work import Done, Says, Spent, Working

Told = Working | Says | Spent

OURS: Final = "mcp__phone__"  # our own tools tell for themselves
_SAYS: Final = 2
_SPOKEN: Final = 4
_DESCRIBED: Final = {"WebSearch": "query", "Skill": "skill"}  # by another field than the others
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
        self._said = ""
        self._unauthorised = False
        self._plan = pai_plan.Plan()
        self._told: dict[str, Working] = {}
        """The last of each kind of those that are told in several ways, or again and again."""
        self._document = ""
        self._documented: dict[str, Working] = {}
        self._commands: set[str] = set()
        """That run, by the ids of their uses."""

    def take(self, message: object) -> list[Told]:
        """What it tells; nothing, if it is of a kind that is not known."""
        match message:
            case AssistantMessage(parent_tool_use_id=None, error=None):
                self._result = None
                return [*self._keep(""), *(event for block in message.content for event in self._block(block))]
            case AssistantMessage(error="authentication_failed"):
                self._unauthorised = True
            case TaskProgressMessage():
                return [*self._news(Working("helper", phrase(message.description)))]
            case UserMessage(parent_tool_use_id=None, tool_use_result=result):
                return [*self._plan.returned(result)]
            case RateLimitEvent(rate_limit_info=limit) if limit.status == "rejected":
                return [Working("rate_limit")]
            case SystemMessage(subtype="api_retry", data=data):
                return [Working("api_retry", "", _number(data.get("attempt")), _number(data.get("max_retries")))]
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
        said = sentences(text, _SAYS)
        if not said or said == self._said:
            return []
        self._said = said
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
            case ToolUseBlock(id=use, name=name, input=given) if not name.startswith(OURS) and name not in pai_plan.TOOLS:
                yield Working(name, _described(name, given))
                if name == "Bash":
                    self._commands.add(use)
                if path := pai_forms.document(name, given):
                    self._document = path if path[0] in "~/" else self._document or path
                    yield from self.document(pai_forms.written(given))
            case _:
                pass

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

    def _news(self, fact: Working) -> list[Working]:
        """What was not told of it just before: header, notification and front matter all name the phase."""
        told = self._told.get(fact.what)
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
    return sentences(pai_forms.voice_line(text), _SPOKEN) or sentences(pai_forms.untagged(text), _SAYS)


def _described(tool: str, given: Mapping[str, Any]) -> str:
    return phrase(str(given.get(_DESCRIBED.get(tool, "description")) or ""))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
