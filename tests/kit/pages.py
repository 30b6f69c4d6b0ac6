"""The pages that people read: every README, and the pages beside them. What their tests need to read them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("agents", "voices", "telephony", "orchestrator", "prompts", "tests")
FILES: Final = sorted(
    path for place in (ROOT, *(ROOT / room for room in ROOMS)) for path in place.rglob("*.md" if place != ROOT else "[A-Z]*.md")
    if path.stem.isupper() and not {".venv", "build"} & set(path.relative_to(ROOT).parts)
)  # fmt: skip
PAGES: Final = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in dict.fromkeys(FILES)}


def blocks(page: str) -> list[str]:
    """The indented blocks of a page, without their indentation."""
    found = re.findall(r"(?:(?:^|\n)(?: {4,}.*|(?=\n)))+", PAGES[page])
    return [textwrap.dedent(block).strip("\n") for block in found if block.strip()]


def block(page: str, word: str) -> str:
    """The first block that has the word in it."""
    return next(block for block in blocks(page) if word in block)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first column has that heading, without its head."""
    lines = PAGES[page].split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("|") and _cells(line)[0] == heading)
    table = lines[start + 2 :]
    end = next((at for at, line in enumerate(table) if not line.startswith("|")), len(table))
    return [_cells(line) for line in table[:end]]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', text)


def code(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)
