"""The script of a scripted Claude: YAML that says who answers what, how fast, and what goes wrong.

```yaml
first_token_s: 0.3                      # for all replies that do not say otherwise
tokens_per_s: 60
entries:                                # the first whose `when` fits answers
  - when: {agent: engineer, heard: "why .*rust"}
    say: Because the compiler argues with me before production does.
  - when: {forced: route, heard: "blog post"}
    calls: [{tool: route, input: {speakers: [{agent: researcher, brief: find sources}]}}]
  - when: {agent: kai, heard: "what time"}
    calls: [{tool: current_time}]
  - when: {agent: kai, after: current_time}
    say: It is noon.
  - when: {heard: "break"}
    fault: {kind: status, status: 529, type: overloaded_error, times: 1}
    say: I am back.                     # once the fault has happened its `times`
defaults:                               # what an agent says when no entry fits
  kai: Tell me more.
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field

from agents import linear
from agents.linear import Expression, Pattern
from agents.strict import Strict
from agents.yaml_file import YamlModel

_AGENT: Final = re.compile(r"You are .{1,60}? \(agent ([a-z0-9-]+)\)")
_WHILE_WORKING: Final = Expression(
    r"^The user sent a new message while you were working:\n(.*?)\n\n", dot_all=True, multiline=True
)


class When(Strict):
    """What a request must be for an entry to answer it; what is left out fits all."""

    agent: str | None = Field(default=None, description="The agent, by the first words of the system text (see Prompts.system).")
    heard: Pattern | None = Field(default=None, description="A regular expression, found in the caller's last words; any case.")
    note: Pattern | None = Field(default=None, description="A regular expression, found in the phone's own note of this turn.")
    turn: int | None = Field(default=None, ge=1, description="The agent's n-th turn in this thread.")
    tool: str | None = Field(default=None, description="A tool the request offers.")
    forced: str | None = Field(default=None, description="The tool the request forces; such requests fit no entry without it.")
    after: str | None = Field(
        default=None, description="The tool that has just run, or `*`; requests with a tool's result fit no entry without it."
    )
    result: Pattern | None = Field(default=None, description="A regular expression, found in what that tool gave, in any case.")

    def fits(self, asked: Asked) -> bool:
        return (
            self.forced == asked.forced
            and (self.after == asked.after or (self.after == "*" and asked.after is not None))
            and self.agent in (None, asked.agent)
            and self.turn in (None, asked.turn)
            and (self.tool is None or self.tool in asked.tools)
            and _found(self.heard, asked.heard)
            and _found(self.note, asked.note)
            and _found(self.result, asked.result)
        )


def _found(pattern: str | None, text: str) -> bool:
    return pattern is None or linear.found(pattern, text)


class ToolUse(Strict):
    tool: str
    input: dict[str, Any] = Field(default={})
    mistaken: bool = False
    """The input does not fit, on purpose: Claude makes such mistakes."""


class Fault(Strict):
    """What goes wrong. `status` answers with an HTTP error, `unreachable` not at all (where there is a socket it is a 503); the
    others begin to answer and then go wrong."""

    kind: Literal["status", "unreachable", "refusal", "max_tokens", "cut", "stall", "error"]
    status: int = Field(default=529, ge=400, le=599)
    type: str = "overloaded_error"
    retry_after_s: float | None = Field(default=None, ge=0)
    after_words: int = Field(default=2, ge=0, description="Words that are said before it happens; 0 = before the first token.")
    times: int | None = Field(
        default=None, ge=1, description="How often, before the entry answers as it should; always if left out."
    )


class Entry(Strict):
    when: When = When()
    say: str = ""
    calls: tuple[ToolUse, ...] = ()
    first_token_s: float | None = Field(default=None, ge=0, le=600)
    tokens_per_s: float | None = Field(default=None, gt=0)
    fault: Fault | None = None


class Script(YamlModel):
    first_token_s: float = Field(default=0.3, ge=0, le=600)
    tokens_per_s: float = Field(default=60.0, gt=0)
    entries: tuple[Entry, ...] = ()
    defaults: dict[str, str] = Field(default={})

    def entry(self, asked: Asked) -> Entry | None:
        """The first that fits, else the agent's default, else none."""
        fitting = next((entry for entry in self.entries if entry.when.fits(asked)), None)
        if fitting is None and asked.agent in self.defaults and asked.forced is None:
            return Entry(say=self.defaults[asked.agent])
        return fitting


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request to the Messages API asks, as far as a script can tell."""

    agent: str | None
    heard: str
    turn: int
    tools: tuple[str, ...]
    forced: str | None
    after: str | None
    result: str
    note: str = ""

    def __str__(self) -> str:
        return (
            f"agent={self.agent} heard={self.heard[:120]!r} turn={self.turn}"
            f" tools={list(self.tools)} forced={self.forced} after={self.after}"
        )


def asked(request: Mapping[str, Any]) -> Asked:
    """Reads a request tolerantly: whatever is missing or odd is simply not there."""
    # The command line puts notes of its own between the turns, as messages of the system's.
    given = [message for message in _list(request.get("messages")) if isinstance(message, dict)]
    messages = [message for message in given if message.get("role") != "system"]
    marker = _AGENT.search(" ".join(text for text in _texts(request.get("system"))))
    choice = request.get("tool_choice")
    forced = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "tool" else None
    tools = tuple(str(tool.get("name")) for tool in _list(request.get("tools")) if isinstance(tool, dict))
    return Asked(marker[1] if marker else None, _heard(given), _turn(messages), tools, forced, *_after(messages), _note(messages))


def _heard(messages: Sequence[dict[str, Any]]) -> str:
    """The caller's last words: the phone marks everybody else's with `[`, and its own notes with `<`. What they say while the
    command line works stands in one of its notes."""
    for message in reversed(messages):
        texts = _texts(message.get("content"))
        if message.get("role") == "user":
            words = [text for text in texts if not text.lstrip().startswith(("[", "<"))]
        else:
            texts = texts if message.get("role") == "system" else []
            words = [added[1] for text in texts for added in _WHILE_WORKING.all(text)]
        if words:
            return words[-1]
    return ""


def _note(messages: Sequence[dict[str, Any]]) -> str:
    """What the phone itself says last."""
    notes = [text for message in messages for text in _texts(message.get("content")) if text.startswith("<note>")]
    return notes[-1] if notes else ""


def _turn(messages: Sequence[dict[str, Any]]) -> int:
    """Answers given before, plus one; a message that only led to a tool's result is part of the same turn."""
    answers = [at for at, message in enumerate(messages) if message.get("role") == "assistant"]
    return 1 + sum(1 for at in answers if not _results(messages[at + 1] if at + 1 < len(messages) else {}))


def _after(messages: Sequence[dict[str, Any]]) -> tuple[str | None, str]:
    """The tool that has just run, and what it gave."""
    results = _results(messages[-1]) if messages else []
    if not results:
        return None, ""
    blocks = [block for message in messages for block in _list(message.get("content")) if isinstance(block, dict)]
    names = {block.get("id"): str(block.get("name")) for block in blocks if block.get("type") == "tool_use"}
    return names.get(results[-1].get("tool_use_id"), "?"), "\n".join(_texts(results[-1].get("content")))


def _results(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    blocks = [block for block in _list(message.get("content")) if isinstance(block, dict)]
    return [block for block in blocks if block.get("type") == "tool_result"]


def _texts(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [str(block.get("text", "")) for block in _list(content) if isinstance(block, dict) and block.get("type") == "text"]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
