"""May the run do this? Which tool uses are risky, and how each is asked of the caller: `prompts/work.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from agents.aloud import Signs
from agents.commands import Commands
from agents.definition import Agent
from agents.exact import exact
from agents.places import Places
from agents.question import Asking, Questions
from agents.rules import Unasked, risky
from agents.strict import Strict
from agents.templates import with_blanks
from agents.work import Answer, Asks
from agents.yaml_file import YamlFile, read_text

LONGEST_OWN: Final = 2_000  # characters of a question of the run's own
NOWHERE: Final = Places()


ToldAnswer = Annotated[str, with_blanks("words")]


class Unanswered(Strict):
    """Why there is no answer, and what the run does then: with a tool it wanted to use, or a question of its own."""

    nobody: str
    silence: str
    pin: str
    no_pin: str
    secret: str
    tool: str
    own: str


class WorkWords(Strict):
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
    unsandboxed: str
    anything: str
    asking: Asking
    signs: Signs
    commands: Commands

    @classmethod
    def read(cls, prompts_dir: Path) -> WorkWords:
        """Raises FileError."""
        manners, commands = read_text(prompts_dir / "work.md"), Commands.read(prompts_dir / "commands.yaml")
        return YamlFile(prompts_dir / "work.yaml").validate(cls, manners=manners, commands=commands)

    def system(self, agent: Agent) -> str:
        """Opens as an agent's system text on the phone does, which a scripted Claude goes by."""
        manners = self.manners.replace("{name}", agent.name)
        return f"You are {agent.name} (agent {agent.id}), {agent.role}.\n\n{agent.prompt.strip()}\n\n{manners.strip()}"

    def asks(self, ask: str, tool: str, given: Mapping[str, Any], agent: Agent, places: Places = NOWHERE) -> Asks:
        """The question to the caller: for a tool's use, or, where `tool` is empty, one of the run's own."""
        questions = Questions(
            self.asking, self.signs, self.commands, places, agent.name if agent.front_desk else f"The {agent.name}"
        )
        if not tool:
            own = questions.own(str(given.get("question", ""))[:LONGEST_OWN])
            return Asks(ask, own or f"{self.anything}?")
        asked = questions.of(tool, given)
        rules = agent.task.risky_tools if agent.task else ()
        risks = asked.opaque or bool(asked.whole) or any(risky(rule, tool, given) for rule in rules)
        return Asks(ask, asked.question, tool, exact(tool, given), risks, asked.whole)

    def unasked(self, tool: str, given: Mapping[str, Any], agent: Agent, places: Places) -> bool:
        """It needs no question: the agent's rules allow it, and it can do no more than they say."""
        task = agent.task
        return task is not None and Unasked(self.commands, places, task.allowed_tools, task.risky_tools).allows(tool, given)

    def told(self, answer: Answer, asks: Asks) -> str:
        """The caller's answer, as the run is told, or why there is none."""
        if answer.why:
            return f"{getattr(self.unanswered, answer.why)} {self.unanswered.tool if asks.tool else self.unanswered.own}"
        if not asks.tool and answer.yes and answer.words:
            return self.words.format(words=answer.words)
        return (self.yes if answer.yes else self.no).format(words=answer.words).strip()
