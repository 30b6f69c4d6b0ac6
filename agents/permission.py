"""May the run do this? Which tool uses are risky, and how each is asked of the caller: `prompts/work.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.aloud import Signs
from agents.definition import Agent
from agents.exact import LONGEST_EXACT, Use
from agents.speakable import phrase, sentences
from agents.work import Answer, Asks
from agents.yaml_file import YamlFile, read_text


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


def _among(text: str) -> str:
    _filled(text, who="", all="")
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
ToldAnswer = Annotated[str, AfterValidator(_answer)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(_Part):
    """Some uses of a tool."""

    tool: str = Field(description="A tool's name; `*` stands for anything.")
    when: Pattern = Field(default="", description="A regular expression, found in what it is used on.")


class Wording(Kind):
    """How they are asked; `{who}`, `{description}` and the pattern's named groups are filled in."""

    known: ClassVar = ("who", "description")
    asks: str = Field(pattern=r"\?")

    @model_validator(mode="after")
    def _known(self) -> Self:
        _filled(self.asks, **dict.fromkeys((*self.known, *re.compile(self.when).groupindex), ""))
        return self


class ExactWording(Wording):
    """How those are asked that the pattern describes in full: `{tool}` and `{all}` may be filled in, and no description."""

    known: ClassVar = ("who", "tool", "all")


class Unanswered(_Part):
    """Why there is no answer, and what the run does then: with a tool it wanted to use, or a question of its own."""

    nobody: str
    silence: str
    pin: str
    no_pin: str
    tool: str
    own: str


class WorkWords(_Part):
    """`prompts/work.yaml` and `prompts/work.md`: all that is said by, to and about a run."""

    manners: str
    resumed: str
    say: str
    passing: str
    ask_caller: str
    said: str
    unsaid: str
    yes: ToldAnswer
    no: ToldAnswer
    words: ToldAnswer
    unanswered: Unanswered
    anything: str
    grave: tuple[Kind, ...]
    exactly: tuple[ExactWording, ...]
    among: Annotated[str, AfterValidator(_among)]
    signs: Signs
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
            own = sentences(str(given.get("question", ""))[:LONGEST_EXACT], 2).rstrip(".! ")
            return Asks(ask, own if own.endswith("?") else f"{own or self.anything}?")
        use = Use(tool, given)
        who = agent.name if agent.front_desk else f"The {agent.name}"
        rules = agent.task.risky_tools if agent.task else ()
        risky = tuple(part for rule in rules for part in use.fitting(rule))
        named = risky or self._grave(use)
        question = "" if named else self._worded(use, who)
        return Asks(ask, question or self._exactly(use, who, named or use.parts), tool, use.exact, bool(risky))

    def _grave(self, use: Use) -> tuple[str, ...]:
        """What of it is to be named exactly, though nobody called it risky."""
        kinds = [kind for kind in self.grave if fnmatchcase(use.kind, kind.tool)]
        return tuple(part for part in (*use.parts, use.subject) if any(re.search(kind.when, part) for kind in kinds))

    def _exactly(self, use: Use, who: str, named: Sequence[str]) -> str:
        """Said so that nothing of what is to be `named` is left unsaid, and nothing is the run's own description."""
        everything = self.signs.aloud(*use.things)
        if len(use.parts) > 1 and not everything.whole:
            parts = [part for part in use.parts if part in named] or named
            return self.among.format(who=who, all=self.signs.aloud(*parts).text)
        known = {
            "who": who,
            "tool": self.signs.aloud(use.tool.removeprefix("mcp__").replace("_", " ")).text,
            "all": everything.text,
        }
        for wording in self.exactly:
            found = re.fullmatch(wording.when, use.single, re.DOTALL) if fnmatchcase(use.kind, wording.tool) else None
            if found and self.signs.aloud(*found.groups()).whole:
                said = {name: self.signs.aloud(part).text for name, part in found.groupdict().items()}
                return wording.asks.format(**known, **said)
        return f"{who}: {self.anything}?"

    def _worded(self, use: Use, who: str) -> str:
        """What everybody understands of it; empty where no wording fits."""
        description = phrase(str(use.given.get("description") or ""))
        for wording in self.questions:
            found = re.search(wording.when, use.subject) if fnmatchcase(use.kind, wording.tool) else None
            if found is None or ("{description}" in wording.asks and not description):
                continue
            named = {name: phrase(re.split(r"[/\\]", part or "")[-1]) for name, part in found.groupdict().items()}
            if all(named.values()):
                return wording.asks.format(who=who, description=description[:1].lower() + description[1:], **named)
        return ""

    def told(self, answer: Answer, asks: Asks) -> str:
        """The caller's answer, as the run is told, or why there is none."""
        if answer.why:
            return f"{getattr(self.unanswered, answer.why)} {self.unanswered.tool if asks.tool else self.unanswered.own}"
        if not asks.tool and answer.yes and answer.words:
            return self.words.format(words=answer.words)
        return (self.yes if answer.yes else self.no).format(words=answer.words).strip()
