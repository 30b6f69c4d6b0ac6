"""PAI's and Claude Code's agents, `agents/*.md`, read as they are: front matter, then the prompt."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from agents.definition import COLORS, HEX, LONGEST_PROMPT, Agent
from agents.errors import FileError
from agents.folding import folded
from agents.linear import Expression
from agents.tools import USUAL
from agents.yaml_file import YamlFile, read_text

# A phone's tools spend and change nothing, so whoever is called may have them; what Claude Code allows is for its own work.
_MODELS: Final = {"haiku": "claude-haiku-5-5", "sonnet": "claude-sonnet-5-5", "opus": "claude-opus-5-5"}
_COLORS: Final = {color: color for color in COLORS} | {"purple": "magenta", "pink": "magenta", "orange": "yellow"}
_BARE: Final = re.compile(r"^([A-Za-z][\w-]*):[ \t]+([^\s\"'\[{|>&*!].*)$", re.MULTILINE)
_BEGUN: Final = re.compile(r"---[ \t]*\n(?:name|description):")
_FENCED: Final = Expression(
    r"^[ \t]*```.*?(?:^[ \t]*```[ \t]*$|\z)|^[ \t]*~~~.*?(?:^[ \t]*~~~[ \t]*$|\z)|<!--.*?(?:-->|\z)", multiline=True, dot_all=True
)
_EXAMPLES: Final = Expression(r"(?:Examples?:\s*)?<example>.*?(?:</example>|\z)", dot_all=True, ignore_case=True)


class _Persona(BaseModel):
    name: str = Field(default="", max_length=100)
    title: str = Field(default="", max_length=200)


class _Front(BaseModel):
    """What we use of it. All other keys are for other programs."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(min_length=1, max_length=100)
    description: str = Field(min_length=1)
    model: str = Field(default="inherit", max_length=100)
    color: str = ""
    voice: Any = None
    """ElevenLabs' numbers in PAI; a voice of ours, where it is the name of one."""
    persona: _Persona = _Persona()


class MarkdownAgent:
    """One such file. What it does not say is as in the agent it replaces."""

    def __init__(self, file: YamlFile, body: str) -> None:
        """Raises FileError for front matter that is none of an agent's, and for a file without a prompt."""
        self.file, self.id = file, agent_id(file.path)
        self._front = file.validate(_Front)
        if not _description(self._front.description):
            raise file.error(("description",), "`description` is empty; write what the agent is for")
        self._prompt = re.sub(r"\n{3,}", "\n\n", _FENCED.sub("", body)).strip()
        if not self._prompt:
            raise file.error((), "there is no prompt below the front matter; write who the agent is")

    def as_agent(self, replaced: Agent | None, others: Collection[Agent], voices: Collection[str], afterword: str) -> Agent:
        """`others` have their names already; `afterword` tells it what of a prompt for work holds on the phone. Its voice is the
        one that it or the agent it replaces names; it may have none yet."""
        front, description = self._front, _description(self._front.description)
        role = " ".join(front.persona.title.split()) or (replaced.role if replaced else description)
        said: dict[str, Any] = {
            "id": self.id,
            "name": spoken_name(front.name),
            "description": description,
            "role": textwrap.shorten(role, 120, placeholder=" …"),
            "prompt": f"{self._prompt[: LONGEST_PROMPT - len(afterword) - 2]}\n\n{afterword}",
            "aliases": tuple(self._aliases(replaced, others)),
        }
        if model := _MODELS.get(front.model, front.model if front.model.startswith("claude-") else None):
            said["model"] = {"id": model}
        if color := _COLORS.get(front.color, front.color if HEX.fullmatch(front.color) else None):
            said["color"] = color
        known = {"tools": USUAL} if replaced is None else replaced.model_dump(exclude_unset=True)
        if isinstance(front.voice, str) and front.voice in voices:
            said["voice"] = front.voice
        return Agent.model_validate({**known, **said})

    def _aliases(self, replaced: Agent | None, others: Collection[Agent]) -> Iterator[str]:
        """The person's name too, where nobody else answers to it."""
        person = " ".join(self._front.persona.name.split())[:40]
        wanted = dict.fromkeys([*(replaced.aliases if replaced else ()), *person.split()[:1], person])
        taken = {folded(name) for other in others for name in (other.name, *other.aliases)}
        own = folded(spoken_name(self._front.name))
        yield from (name for name in wanted if name and folded(name) not in taken | {own})


def read(path: Path) -> MarkdownAgent | None:
    """None for a file that is no agent's, such as a README. Raises FileError."""
    text = read_text(path)
    front, body = _parted(text)
    if not front and _BEGUN.match(text):
        raise FileError(path, "what begins here has no end; write `---` below it, and then the prompt")
    if not front:
        return None
    file = _front_matter(path, front)
    if not {"name", "description"} & set(file.data):
        return None
    return MarkdownAgent(file, body)


def _parted(text: str) -> tuple[str, str]:
    """The front matter, and what comes after it; both empty without front matter."""
    lines = text.split("\n")
    dashes = (at for at, line in enumerate(lines) if line.rstrip(" \t\r") == "---")
    begins, ends = next(dashes, None), next(dashes, None)
    if begins != 0 or ends is None:
        return "", ""
    return "\n".join(lines[:ends]) + "\n", "\n".join(lines[ends + 1 :])


def agent_id(path: Path) -> str:
    """`ClaudeResearcher.md` is claude-researcher. Raises FileError for a name that gives no id."""
    found = re.sub(r"[^a-z0-9]+", "-", spoken_name(path.stem).lower()).strip("-")[:40]
    if not re.match("[a-z]", found):
        raise FileError(path, "the file's name gives no agent's id; rename it so that it begins with a letter from a to z")
    return found


def spoken_name(written: str) -> str:
    """`code-reviewer` and `CodeReviewer` are both called Code Reviewer."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-_.]+", " ", written).split()
    return " ".join(word[:1].upper() + word[1:] for word in words)[:40].strip() or written[:40]


def _front_matter(path: Path, text: str) -> YamlFile:
    """Claude Code takes `description: Use when: …` for what is meant, which is no YAML: then bare texts are quoted first."""
    try:
        return YamlFile(path, text)
    except FileError:
        quoted = _BARE.sub(lambda line: f"{line[1]}: {json.dumps(line[2].rstrip(), ensure_ascii=False)}", text)
        return YamlFile(path, quoted)


def _description(written: str) -> str:
    """For the router: without the sample dialogues that Claude Code wants in it."""
    text = " ".join(_EXAMPLES.sub(" ", written.replace("\\n", " ")).split())
    return textwrap.shorten(text or " ".join(written.split()), 1_000, placeholder=" …")
