"""Which agent was given which voice: a small file in the data folder, so that nobody's voice changes when others come and go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import structlog

from agents.survey import Survey
from agents.voice_choice import remember
from orchestrator.whole_file import replace_file

log = structlog.get_logger()

FILE: Final = "assigned_voices.json"
MOST_BYTES: Final = 1_000_000


def remembered(home: Path) -> dict[str, str]:
    """By agent id. Empty for a file that is not there or that nobody can read: the choice starts anew then."""
    try:
        with (home / FILE).open("rb") as file:
            content: Any = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = cast("dict[Any, Any]", content).items() if isinstance(content, dict) else ()
    return {one: voice for one, voice in entries if isinstance(one, str) and isinstance(voice, str)}


def keep(home: Path, found: Survey, before: Mapping[str, str]) -> None:
    """Write what changed, whole or not at all. Where that cannot be, the log says so and calls go on."""
    after = remember(found.chosen, found.agents.keys(), before)
    if after == before:
        return
    try:
        replace_file(home / FILE, json.dumps(after, indent=1).encode() + b"\n")
    except OSError as error:
        log.warning("voices_not_remembered", error=str(error), fix="see to the rights of the data folder, or free some space")
