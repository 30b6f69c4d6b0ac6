"""What a demonstration leaves behind: each call's recording and journal, and a summary of them all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from orchestrator import events
from orchestrator.events import CallAnswered, CallEnded, Entry
from orchestrator.history import CALLS
from orchestrator.journal import JOURNAL, RECORDING, read
from orchestrator.waterfall import percentiles, turns
from telephony.line import NotAnswered

SUMMARY: Final = "summary.json"
# The first call keeps the names that every call's folder has.
FILES: Final = ((RECORDING, JOURNAL), ("hold.wav", "hold.jsonl"), ("callback.wav", "callback.jsonl"))


def emptied(out: Path) -> None:
    """Nothing of an earlier demonstration is left in it."""
    shutil.rmtree(out / "home", ignore_errors=True)
    for name in (*(name for pair in FILES for name in pair), SUMMARY):
        (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)


def collected(out: Path, claude: str, calls: int) -> dict[str, Any]:
    """The files where they were promised, and the summary beside them. Raises NotAnswered when a call is missing."""
    folders = sorted((out / "home" / CALLS).glob("*"))
    if len(folders) != calls:
        raise NotAnswered(f"{len(folders)} calls were made instead of {calls}; see the log above")
    journals: list[list[Entry]] = []
    for folder, (sound, journal) in zip(folders, FILES, strict=False):
        shutil.move(folder / RECORDING, out / sound)
        shutil.move(folder / JOURNAL, out / journal)
        journals.append(list(read(out / journal)))
    shutil.rmtree(out / "home")
    summary = summarise(journals[0], claude) | {"tasks": tasks(journals)}
    (out / SUMMARY).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return summary


def summarise(entries: Sequence[Entry], claude: str) -> dict[str, Any]:
    """What a call was like, in a page of JSON."""
    ended = next(entry.event for entry in reversed(entries) if isinstance(entry.event, CallEnded))
    answered = next((entry.event for entry in entries if isinstance(entry.event, CallAnswered)), None)
    past = turns(entries)
    return {
        "duration_s": ended.duration_s,
        "ended": ended.why,
        "claude": claude,
        "engines": {"recognizer": answered.recognizer, "synthesizers": answered.synthesizers} if answered else {},
        "turns": [
            {
                "heard": turn.heard,
                "speakers": turn.speakers,
                "by": turn.by,
                "response_ms": turn.response_ms,
                "waterfall_ms": turn.waterfall_ms,
            }
            for turn in past
        ],
        "response_ms": percentiles([turn.response_ms for turn in past if turn.response_ms is not None]),
        "cost_usd": str(ended.cost_usd),
    }


def tasks(journals: Sequence[Sequence[Entry]]) -> list[dict[str, Any]]:
    """The long work of these calls: what it was, what was told of it, and how it reached its owner."""
    facts = [entry.event for journal in journals for entry in journal]
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        match fact:
            case events.TaskStarted(task=task, agent=agent, title=title):
                found[task] = {"task": task, "agent": agent, "title": title, "narrated": 0, "asked": 0, "delivered": None}
            case events.Narrated(task=task) if task in found:
                found[task]["narrated"] += 1
            case events.Asked(task=task) if task in found:
                found[task]["asked"] += 1
            case events.TaskDone(task=task, ok=ok, usd=usd) if task in found:
                found[task] |= {"ok": ok, "usd": str(usd)}
                found[task]["delivered"] = found[task]["delivered"] or "hold"
            case events.CallbackDelivered(task=task) if task in found:
                found[task]["delivered"] = "call_back"
            case _:
                pass
    return list(found.values())
