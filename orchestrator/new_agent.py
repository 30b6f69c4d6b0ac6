"""`pai-voice agents new`: an agent's file that is right, and a test that it answers."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.folding import folded
from agents.roster import Roster
from agents.schema import FILE_NAME, HINT, schema_text
from agents.tools import USUAL
from orchestrator.confusable import signs
from orchestrator.errors import NotWritten

WIDTH: Final = 110
LONGEST: Final = {"purpose": 900, "manner": 2_000}  # so that the file stays within its limits


@dataclass(frozen=True)
class NewAgent:
    """The answers to the questions, as they were given."""

    name: str
    purpose: str
    manner: str
    voice: str | None = None

    @property
    def id(self) -> str:
        """Raises NotWritten for a name of which no file's name can be made."""
        if strange := signs(self.name.strip()):
            raise NotWritten(f"{self.name!r} has {strange!r} in it, which nobody can say", "give a name of letters only")
        ascii_name = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        found = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", found):
            raise NotWritten(f"{self.name!r} makes no file's name", "give one of at most 40 letters, the first from a to z")
        return found

    def yaml(self) -> str:
        purpose, manner = (_line(text)[: LONGEST[key]] for key, text in (("purpose", self.purpose), ("manner", self.manner)))
        role = textwrap.shorten(purpose, 120, placeholder=" …")
        description = purpose if purpose.lower().startswith("use ") else f"Use for {purpose}"
        voice = f"voice: {self.voice}\n" if self.voice else ""
        return f"""\
{HINT}
name: {_scalar(_line(self.name))}
role: {_scalar(role)}
description: >-
{_folded(_sentence(description))}
{voice}tools: [{", ".join(USUAL)}]
prompt: |
{_folded(f"People call you for this: {_sentence(purpose)}")}

{_folded(f"How you talk: {_sentence(manner)}")}
"""

    def test(self) -> str:
        """In the form that pai-voice's pytest plugin runs: no key, no network, a whole call in virtual time."""
        spoken = _quoted(f"{_line(self.name)}, can you help me?")
        function, title = self.id.replace("-", "_"), re.sub(r'["\\]', "", _line(self.name))
        return f'''\
"""Whoever calls {title} by name gets them. Run it with pytest; Claude is scripted."""


async def test_{function}_answers_by_name(claude, rehearsal):
    claude.says("{self.id}", "Gladly. Tell me a little more about that.")
    async with rehearsal.call(agents="agents/") as call:
        await call.say({spoken})
        assert call.said[-1].agent == "{self.id}"
        assert "Tell me a little more" in call.said[-1].text
'''


def write(agent: NewAgent, roster: Roster, folder: Path) -> tuple[Path, Path]:
    """`agents/<id>.yaml` and `tests/test_<id>.py` in the folder, and the schema that editors want.

    Raises NotWritten for what is there already, one of the files or the name in the roster; OSError.
    """
    for other in roster:
        if agent.id == other.id or folded(_line(agent.name)) in map(folded, (other.name, *other.aliases)):
            raise NotWritten(f"{agent.name} is {other.id}, who is there already", "choose another name")
    file, test = folder / "agents" / f"{agent.id}.yaml", folder / "tests" / f"test_{agent.id.replace('-', '_')}.py"
    for path in (file, test):
        if path.exists():
            raise NotWritten(f"{path} is there already", "choose another name, or move that file away")
    for path, text in ((file, agent.yaml()), (test, agent.test()), (file.with_name(FILE_NAME), schema_text())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return file, test


def _line(text: str) -> str:
    """One line that YAML and Python can hold: no control characters, no runs of space."""
    return " ".join("".join(" " if unicodedata.category(each).startswith("C") else each for each in text).split())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _scalar(text: str) -> str:
    """As people write it in YAML: quoted only where it must be."""
    plain = re.fullmatch(r"[A-Za-z][\w '.-]*[\w.]", text) and text.casefold() not in ("true", "false", "null")
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, which YAML and Python read alike."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folded(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
