"""May the run do this? Which tool uses are risky, and how each is asked of the caller: `prompts/work.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.definition import Agent
from agents.speakable import phrase, sentences
from agents.work import Answer, Asks
from agents.yaml_file import YamlFile, read_text

_LONGEST_EXACT: Final = 200
_SUBJECTS: Final = ("command", "file_path", "notebook_path", "url", "query", "skill", "path")
_RULE: Final = re.compile(r"([\w*-]+)(?:\((.*)\))?", re.DOTALL)
_COMMANDS: Final = re.compile(r"&&|\|\|?|;|\n|&|\$\(|`")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return text


def _answer(text: str) -> str:
    _filled(text, words="")
    return text


def _filled(text: str, **known: str) -> str:
    """Raises ValueError where it wants what is not known."""
    try:
        return text.format(**known)
    except (KeyError, IndexError) as error:
        raise ValueError(f"{{{error.args[0]}}} is not known here; known: {', '.join(f'{{{name}}}' for name in known)}") from None


Pattern = Annotated[str, AfterValidator(_pattern)]
ToldAnswer = Annotated[str, AfterValidator(_answer)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Part):
    """How one kind of tool use is asked; `{who}`, `{description}` and the pattern's named groups are filled in."""

    tool: str = Field(description="A tool's name; `*` stands for anything.")
    when: Pattern = Field(default="", description="A regular expression, found in what it is used on.")
    asks: str = Field(pattern=r"\?")

    @model_validator(mode="after")
    def _known(self) -> Self:
        _filled(self.asks, who="", description="", **dict.fromkeys(re.compile(self.when).groupindex, ""))
        return self


class WorkWords(_Part):
    """`prompts/work.yaml` and `prompts/work.md`: all that is said by, to and about a run."""

    manners: str
    resumed: str
    say: str
    ask_caller: str
    said: str
    unsaid: str
    yes: ToldAnswer
    no: ToldAnswer
    words: ToldAnswer
    nobody: str
    anything: str
    questions: tuple[Wording, ...]

    @classmethod
    def read(cls, prompts_dir: Path) -> WorkWords:
        """Raises FileError."""
        return YamlFile(prompts_dir / "work.yaml").validate(cls, manners=read_text(prompts_dir / "work.md"))

    def system(self, agent: Agent) -> str:
        """Opens as an agent's system text on the phone does, which a scripted Claude goes by."""
        manners = self.manners.replace("{name}", agent.name)
        return f"You are {agent.name} (agent {agent.id}), {agent.role}.\n\n{agent.prompt.strip()}\n\n{manners.strip()}"

    def asks(self, ask: str, tool: str, given: Mapping[str, Any], agent: Agent) -> Asks:
        """The question to the caller, for a tool's use, or, where `tool` is empty, one of the run's own."""
        if not tool:
            own = sentences(str(given.get("question", "")), 2).rstrip(".! ")
            return Asks(ask, own if own.endswith("?") else f"{own or self.anything}?")
        what = subject(given)
        who = agent.name if agent.front_desk else f"The {agent.name}"
        rules = agent.task.risky_tools if agent.task else ()
        risky = any(fits(rule, tool, given) for rule in rules)
        return Asks(ask, self._worded(tool, what, who, phrase(str(given.get("description") or ""))), tool, _exact(what), risky)

    def _worded(self, tool: str, what: str, who: str, description: str) -> str:
        for wording in self.questions:
            found = re.search(wording.when, what) if fnmatchcase(tool, wording.tool) else None
            if found is None or ("{description}" in wording.asks and not description):
                continue
            named = {name: phrase(re.split(r"[/\\]", part or "")[-1]) for name, part in found.groupdict().items()}
            if all(named.values()):
                return wording.asks.format(who=who, description=description[:1].lower() + description[1:], **named)
        return f"{who}: {self.anything}?"

    def told(self, answer: Answer, asks: Asks) -> str:
        """The caller's answer, as the run is told."""
        if not asks.tool and answer.yes and answer.words:
            return self.words.format(words=answer.words)
        return (self.yes if answer.yes else self.no).format(words=answer.words).strip()


def subject(given: Mapping[str, Any]) -> str:
    """What a tool is used on: its command, file or address."""
    return next((str(given[key]) for key in _SUBJECTS if given.get(key)), "")


def fits(rule: str, tool: str, given: Mapping[str, Any]) -> bool:
    """Whether a rule as the command line writes it, `Bash(git push *)`, speaks of this use.

    Wider than the command line's own reading, as it may only make more uses risky: each part of a command counts.
    """
    parsed = _RULE.fullmatch(rule.strip())
    if parsed is None or not fnmatchcase(tool, parsed[1]):
        return False
    if parsed[2] is None:
        return True
    pattern = re.sub(r":\*$", " *", parsed[2])
    parts = [" ".join(part.split()) for part in (subject(given), *_COMMANDS.split(subject(given)))]
    return any(fnmatchcase(part, pattern) or (pattern.endswith(" *") and part == pattern[:-2]) for part in parts)


def _exact(what: str) -> str:
    line = " ".join(what.split())
    return line if len(line) <= _LONGEST_EXACT else f"{line[: _LONGEST_EXACT - 1]}…"
