"""What a run of the command line tells, read from the SDK's messages. Pure: messages in, events out.

PAI's own forms are read as well: phase headers, a PRD's front matter, and the line that is meant to be spoken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from claude_agent_sdk import AssistantMessage, ResultMessage, SystemMessage, TaskProgressMessage, TextBlock, ToolUseBlock

from agents.errors import Crashed, NotLoggedIn, OutOfMoney, OutOfTurns, Stopped, WorkError
from agents.speakable import phrase, sentences
from agents.work import Done, Says, Spent, Working

Told = Working | Says | Spent

OURS: Final = "mcp__phone__"  # our own tools tell for themselves
_SAYS: Final = 2
_SPOKEN: Final = 4
_PHASE: Final = re.compile(r"^\s*━+[^\w\n]*([A-Z][A-Z ]{1,20}?)\s*━+\s*(\d{1,2})\s*/\s*(\d{1,2})", re.MULTILINE)
_PROGRESS: Final = re.compile(r"^progress:\s*[\"']?(\d{1,4})\s*/\s*(\d{1,4})", re.MULTILINE)
_FRONT_PHASE: Final = re.compile(r"^phase:\s*[\"']?([a-z]{2,20})\b", re.MULTILINE)
_PRD: Final = re.compile(r"(?:^|[/\\])PRD\.md$")
_VOICE_LINE: Final = re.compile(r"^[\s*]*\U0001f5e3\ufe0f?[\s*]*[^:\n]{1,40}:\**\s*(.+)$", re.MULTILINE)
_COMPLETED: Final = re.compile(r"^[^\w\n]*(?:CUSTOM )?COMPLETED:\**\s*(.+)$", re.MULTILINE)
_AGENT_TAG: Final = re.compile(r"\[AGENT:[^\]\n]*\]|<system-reminder>.*?</system-reminder>", re.DOTALL)
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

    def take(self, message: object) -> list[Told]:
        """What it tells; nothing, if it is of a kind that is not known."""
        match message:
            case AssistantMessage(parent_tool_use_id=None, error=None):
                self._result = None
                return [*self._keep(""), *(event for block in message.content for event in self._block(block))]
            case AssistantMessage(error="authentication_failed"):
                self._unauthorised = True
            case TaskProgressMessage():
                return [Working(message.last_tool_name or "Agent", phrase(message.description))]
            case ResultMessage():
                return self._end(message)
            case SystemMessage(subtype="session_state_changed"):
                self._state(message.data.get("state"))
            case SystemMessage(subtype="init"):
                self.model = str(message.data.get("model", ""))
            case _:
                pass
        return []

    def says(self, text: str) -> list[Says]:
        """Words of its own for the caller; none, if they are not fit to be said, or were said just before."""
        said = sentences(text, _SAYS)
        if not said or said == self._said:
            return []
        self._said = said
        return [Says(said)]

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
                for phase, step, of in _PHASE.findall(text):
                    yield Working("phase", phase.strip().lower(), int(step), int(of))
                yield from self._keep(text)
            case ToolUseBlock(name=name, input=given) if not name.startswith(OURS):
                yield Working(name, phrase(str(given.get("description") or "")))
                if _PRD.search(str(given.get("file_path") or "")):
                    yield from _prd(given)
            case _:
                pass

    def _keep(self, text: str) -> list[Says]:
        """The text before it, now that something followed; the last text is the result, and told as such."""
        kept, self._kept = self._kept, text
        return self.says(kept)

    def _end(self, result: ResultMessage) -> list[Told]:
        self._result = result
        self.over = not self._stated  # a command line too old to tell its state
        return [] if result.total_cost_usd is None else [Spent(Decimal(f"{result.total_cost_usd:.6f}"), self.model)]

    def _state(self, state: object) -> None:
        self._stated = True
        self.over = state == "idle" and self._result is not None


def spoken(text: str) -> str:
    """What a result says of itself: the line that PAI has spoken, the last of them, else its first sentences."""
    text = _AGENT_TAG.sub("", text)
    lines = _VOICE_LINE.findall(text) or _COMPLETED.findall(text)
    return (sentences(lines[-1], _SPOKEN) if lines else "") or sentences(text, _SAYS)


def _prd(given: dict[str, Any]) -> Iterator[Working]:
    """PAI's own document of the work, as it is written: how many criteria are met, and the phase."""
    edits = given.get("edits")
    parts = [given, *(edits if isinstance(edits, list) else [])]
    text = "\n".join(str(part.get(key) or "") for part in parts if isinstance(part, dict) for key in ("content", "new_string"))
    if phase := _FRONT_PHASE.search(text):
        yield Working("phase", phase[1])
    if progress := _PROGRESS.search(text):
        yield Working("criteria", "", int(progress[1]), int(progress[2]))
