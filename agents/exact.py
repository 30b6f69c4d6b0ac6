"""What exactly a tool would be used on, to be read with the eyes: for the journal and `tasks show`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from agents.secrets import A_SECRET, is_secret_name, masked

LONGEST_EXACT: Final = 20_000  # characters that are kept: what is worst may stand at the end of a long command
_SUBJECTS: Final = ("command", "file_path", "notebook_path", "url")
_SILENT: Final = frozenset({"description", "prompt", "timeout", "content", "new_source", "old_string", "new_string", "edits"})


def exact(tool: str, given: Mapping[str, Any]) -> str:
    """Its command, file or address, with what else matters of it; without secrets, nor a sign that the eye does not see."""
    known = () if tool.startswith("mcp__") else _SUBJECTS
    subject = next((str(given[key]) for key in known if given.get(key) is not None), "")
    others = {key: value for key, value in given.items() if key not in known and not (subject and key in _SILENT)}
    if set(others) == {"query"} or set(others) == {"skill"}:
        subject, others = str(next(iter(others.values()))), {}
    told = [subject] if subject else []
    told += [f"{key}: {A_SECRET if is_secret_name(key) else _written(value)}" for key, value in others.items()]
    text = masked("\n".join(told)[: 3 * LONGEST_EXACT])
    seen = "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)
    return seen if len(seen) <= LONGEST_EXACT else f"{seen[: LONGEST_EXACT - 1]}…"


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
