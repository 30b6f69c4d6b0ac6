"""How PAI tells of its work: phase headers, a PRD's front matter, notifications, the line that is to be spoken. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from agents import bounds
from agents.linear import Expression
from agents.work import Working

_HEADER: Final = re.compile(
    r"^[ \t]*━{1,80}[^\w\n━]{0,20}([A-Z][A-Z ]{1,20}?)[ \t]*━{1,80}[ \t]*(\d{1,2})\s*/\s*(\d{1,2})", re.MULTILINE
)
_DOCUMENT: Final = re.compile(r"(?:^|[/\\])(?:PRD|ISA)\.md$")  # ISA: what LifeOS calls it
_NAMED: Final = re.compile(r"(?<![^\s\"'>])~?(?:[\w.-]{0,80}/){0,20}(?:PRD|ISA)\.md\b")  # and a path that is spelled out
_WRITES: Final = re.compile(r">|\b(?:tee|mv)\b|\b(?:sed|perl)\b[^|;&\n]{0,80}?\s-\w{0,9}i")  # a command, to the path behind it
_REACH: Final = 400
_WRITERS: Final = ("Write", "Edit", "MultiEdit")
_MET: Final = re.compile(r"^progress:\s*[\"']?(\d{1,4})\s*/\s*(\d{1,4})", re.MULTILINE)
_PHASE: Final = re.compile(r"^phase:\s*[\"']?([a-z]{2,20})\b", re.MULTILINE)
_OVER: Final = "complete"  # a phase by name alone: what came of it is told as the result
_NOTIFIES: Final = Expression(r"\bcurl\b.+(?:localhost|127\.0\.0\.1):\d+/(?:notify|pai|voice)\b", dot_all=True)
_MESSAGE: Final = re.compile(r'"message"\s*:\s*("(?:[^"\\]|\\.)*")')
_ENTERS: Final = re.compile(r"^(?:entering|starting|beginning) (?:the )?(\w{2,20}) phase\b", re.IGNORECASE)
_VOICE_LINE: Final = Expression("^[ \\t*]*\U0001f5e3\ufe0f?[ \\t*]*[^:：\\n]{1,40}[:：]\\**\\s*(.+)$", multiline=True)
_COMPLETED: Final = Expression(r"^[^\pL\pN_\n]*(?:CUSTOM )?COMPLETED:\**\s*(.+)$", multiline=True)
_BOOKS: Final = re.compile(r"^[^\w\n]*(?:TASK|ITERATION on|EFFORT LEVEL|CAPABILITIES SELECTED|RATE)\b[^:\n]*:.*$", re.MULTILINE)
_LABEL: Final = re.compile(r"^[^\w\n]+[A-Z][A-Z ]{2,24}:\**[ \t]*", re.MULTILINE)
_AGENT_TAG: Final = re.compile(r"\[AGENT:[^\[\]\n]{0,200}\]")
_OPENS, _CLOSES = "<system-reminder>", "</system-reminder>"
# What it shows, it does not say.
_CODE: Final = Expression(r"^[ \t]*```.*?(?:^[ \t]*```|\z)|^[ \t]*~~~.*?(?:^[ \t]*~~~|\z)", multiline=True, dot_all=True)


def headers(text: str) -> list[Working]:
    """The phases that it says it has come to."""
    found = _HEADER.findall(_CODE.sub("", text))
    return [Working("phase", phase.strip().lower(), int(step), int(of)) for phase, step, of in found]


def document(tool: str, given: Mapping[str, Any]) -> str:
    """Its document of the work, where a tool writes into that; empty of another file, or where the shell alone knows which."""
    if tool == "Bash":
        command = str(given.get("command") or "")
        return next((named[0] for named in _NAMED.finditer(command) if _WRITES.search(_before(command, named.start()))), "")
    path = str(given.get("file_path") or "")
    return path if tool in _WRITERS and _DOCUMENT.search(path) else ""


def _before(command: str, at: int) -> str:
    """What of the same simple command stands before that place."""
    near = command[max(0, at - _REACH) : at]
    return near[max(near.rfind(sign) for sign in "|;&\n") + 1 :]


def written(given: Mapping[str, Any]) -> str:
    """All that a tool is to write into a file."""
    edits = given.get("edits")
    parts = [given, *(edits if isinstance(edits, list) else [])]
    return "\n".join(str(part.get(key) or "") for part in parts if isinstance(part, dict) for key in ("content", "new_string"))


def front_matter(text: str) -> list[Working]:
    """What its document says of the work: the phase, and how many criteria are met."""
    facts: list[Working] = []
    if phase := _PHASE.search(text):
        facts.append(Working("phase", went="over") if phase[1] == _OVER else Working("phase", phase[1]))
    if progress := _MET.search(text):
        facts.append(Working("criteria", "", int(progress[1]), int(progress[2])))
    return facts


def notification(command: str) -> str | None:
    """What it has its own voice server say by this command; None if it does not."""
    message = _MESSAGE.search(command) if _NOTIFIES.search(command) else None
    if message is None:
        return None
    try:
        return str(bounds.data(message[1]))
    except ValueError:
        return None


def entered(message: str) -> Working | None:
    """The phase that a notification announces."""
    phase = _ENTERS.search(message)
    return Working("phase", phase[1].lower()) if phase else None


def prose(text: str) -> str:
    """Without the lines by which it keeps its books, and without the labels of the others."""
    return _LABEL.sub("", _BOOKS.sub("", text))


def untagged(text: str) -> str:
    """Without the marks of who speaks, and without what the command line adds to a text for Claude."""
    parts = text.split(_CLOSES)
    told = [part[: part.rindex(_OPENS)] if _OPENS in part else part + _CLOSES for part in parts[:-1]]
    return _AGENT_TAG.sub("", "".join([*told, parts[-1]]))


def voice_line(text: str) -> str:
    """The line that it wants to be spoken, the last of them; empty if there is none."""
    text = _CODE.sub("", untagged(text))
    found = [*_VOICE_LINE.all(text)] or [*_COMPLETED.all(text)]
    return found[-1][1] if found else ""
