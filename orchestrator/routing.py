"""What decides who answers, outside of a call: one utterance decided, and the decision explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from agents import tools
from agents.brain import CALLER, Brain, Choice, Utterance
from agents.prompting import Prompts
from agents.roster import Roster
from orchestrator.config import Settings
from orchestrator.rosters import ROOT, agent_named, phrases_of, roster_of
from orchestrator.router import Act, Router

Stage = Literal["phone", "name", "floor", "claude"]
ACTS: Final[Mapping[Act, str]] = {
    "stop": "falls silent, and waits",
    "moment": "gives the caller two minutes",
    "goodbye": "says goodbye, and hangs up",
}


@dataclass(frozen=True, slots=True)
class Decision:
    said: str
    floor: str
    by: Stage
    speakers: tuple[str, ...] = ()
    """Empty for an order that the phone obeys, and where Claude has to be asked."""
    act: Act | None = None
    because: str = ""


@dataclass(frozen=True)
class Routing:
    """The router as a call has it, and what Claude would be asked with."""

    roster: Roster
    router: Router
    prompts: Prompts
    model: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Raises AgentError."""
        roster = roster_of(settings)
        router = Router(roster, phrases_of(roster))
        return cls(roster, router, Prompts.read(roster, ROOT / "prompts"), settings.mind.router_model)

    def holder(self, floor: str) -> str:
        """The id of who has the floor, the front desk's if nobody is named. Raises NoSuchAgent."""
        return (agent_named(self.roster, floor) if floor else self.roster.front_desk).id

    def decide(self, said: str, floor: str) -> Decision:
        """As a call does before it asks Claude."""
        if act := self.router.act(said):
            return Decision(said, floor, "phone", act=act, because="an order to the phone, and nothing else")
        if route := self.router.at_once(said, floor):
            return Decision(said, floor, route.by, tuple(speaker.agent for speaker in route.speakers), because=route.because)
        return Decision(
            said, floor, "claude", because="no name in the right place, and more than a follow-up: the meaning decides"
        )

    async def ask(self, brain: Brain, thread: Sequence[Utterance], *, timeout_s: float) -> Choice:
        """Claude's choice for the last line of the thread. Raises BrainError."""
        tool = tools.route(self.roster.agents)
        return await brain.choose(self.prompts.router_system(), thread, tool, model=self.model, timeout_s=timeout_s)

    def explained(self, decision: Decision) -> str:
        """In plain words, for people."""
        holder = self.roster[decision.floor].name
        if decision.act:
            return f"The phone {ACTS[decision.act]}.\nby phone: {decision.because}"
        if decision.speakers:
            return f"{self.named(decision.speakers)}\nby {decision.by}: {decision.because}"
        return (
            f"Claude is asked; meanwhile {holder}, who has the floor, begins to answer.\nby claude: {decision.because}\n\n"
            f"{self.model} must call `route` after reading this, the last lines of the talk, and\n  {CALLER}: {decision.said}\n\n"
            f"{self.prompts.router_system()}"
        )

    def named(self, speakers: Sequence[str]) -> str:
        """ "Engineer, then Architect answer" and the like."""
        names = ", then ".join(self.roster[speaker].name for speaker in speakers)
        return f"{names} {'answer' if len(speakers) > 1 else 'answers'}."

    def as_json(self, decision: Decision) -> dict[str, Any]:
        asked = {"model": self.model, "system": self.prompts.router_system()} if decision.by == "claude" else None
        return {
            "said": decision.said,
            "floor": decision.floor,
            "by": decision.by,
            "speakers": list(decision.speakers),
            "act": decision.act,
            "because": decision.because,
            "asked": asked,
        }
