"""What Claude answered in a call, as scripts for a scripted Claude: turn by turn, each agent's words, tools and failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agents.script import Entry as Answer
from agents.script import Fault, Script, ToolUse, When
from orchestrator.as_worked import literal
from orchestrator.events import (
    Entry,
    Failed,
    FirstToken,
    HeardText,
    MoneySpent,
    Routed,
    SaidText,
    SpeculationDropped,
    TaskAttended,
    TaskStarted,
    ToolUsed,
    Written,
)
from orchestrator.hold_words import Notes

LATEST_S: Final = 30.0  # of a first word; no answer is waited for that long
AT_ONCE: Final = 1_000.0  # tokens a second: the router's choice takes what it took, and no longer
_FAULTS: Final[dict[str, dict[str, Any]]] = {
    "claude_overloaded": {"kind": "status", "status": 529, "type": "overloaded_error"},
    "claude_rate_limited": {"kind": "status", "status": 429, "type": "rate_limit_error"},
    "claude_server_failed": {"kind": "status", "status": 500, "type": "api_error"},
    "claude_unauthorised": {"kind": "status", "status": 401, "type": "authentication_error"},
    "claude_out_of_credit": {"kind": "status", "status": 402, "type": "billing_error"},
    "claude_bad_request": {"kind": "status", "status": 400, "type": "invalid_request_error"},
    "claude_unreachable": {"kind": "unreachable"},
    "claude_refused": {"kind": "refusal"},
    "claude_truncated": {"kind": "max_tokens"},
    "claude_broken_off": {"kind": "cut"},
    "claude_stalled": {"kind": "stall"},
}


@dataclass
class Step:
    """One message of Claude's: words, then tools."""

    text: str = ""
    calls: list[ToolUse] = field(default_factory=list[ToolUse])
    failed: str = ""
    """The code of what went wrong at its end."""


@dataclass
class Thought:
    """What Claude did in one turn of the caller's."""

    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list[Step]))
    """By agent."""
    guessed: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])
    """Begun by who had the floor, and not used."""
    route: tuple[str, ...] = ()
    """Who was chosen to speak; nobody where the phone answered by itself."""
    asked_router: bool = False
    router_failed: str = ""
    route_s: float = 0.0
    first_token_s: dict[str, float] = field(default_factory=dict[str, float])
    """By agent, from the caller's words on; so it is the answer's own for who spoke first."""


def thoughts(entries: Sequence[Entry]) -> dict[int, Thought]:
    """By turn."""
    found: dict[int, Thought] = defaultdict(Thought)
    known_s: dict[int, float] = {}
    whole = any(isinstance(entry.event, Written) for entry in entries)
    for entry in entries:
        match entry.event:
            case HeardText(turn=turn):
                known_s[turn] = entry.at_s
            case Routed(turn=turn, speakers=speakers):
                found[turn].route = speakers
                found[turn].route_s = _since(entry.at_s, known_s.get(turn))
                if found[turn].guessed:
                    known_s[turn] = entry.at_s  # only then the speakers began to think
            case SpeculationDropped(turn=turn, why="routed_elsewhere"):
                thought = found[turn]
                thought.guessed, thought.steps, thought.first_token_s = dict(thought.steps), defaultdict(list[Step]), {}
            case FirstToken(turn=turn, agent=agent):
                found[turn].first_token_s.setdefault(agent, _since(entry.at_s, known_s.get(turn)))
            case MoneySpent(turn=turn, on="router", estimated=False):
                found[turn].asked_router = True
            case Failed(turn=turn, where="router", code=code):
                found[turn].asked_router, found[turn].router_failed = True, code
            case Written(turn=turn, agent=agent, text=text, task=""):
                found[turn].steps[agent].append(Step(text))
            case SaidText(turn=turn, agent=agent, text=text, aside=False) if turn and not whole:
                _said(found[turn].steps[agent], text)
            case ToolUsed(turn=turn, agent=agent, name=name, input=given):
                _last(found[turn].steps[agent]).calls.append(ToolUse(tool=name, input=given))
            case Failed(turn=turn, where=agent, code=code) if code.startswith("claude_"):
                _last(found[turn].steps[agent]).failed = code
            case _:
                pass
    return dict(found)


def _since(at_s: float, known_s: float | None) -> float:
    return 0.0 if known_s is None else min(LATEST_S, max(0.0, round(at_s - known_s, 3)))


def _last(steps: list[Step]) -> Step:
    if not steps:
        steps.append(Step())
    return steps[-1]


def _said(steps: list[Step], text: str) -> None:
    """Journals from before `written` know only what was heard."""
    if not steps or steps[-1].calls:
        steps.append(Step())
    steps[-1].text = f"{steps[-1].text} {text}".strip()


def answers(thought: Thought, heard: str | None = None) -> Iterator[Answer]:
    """The lines of a script for that turn, the router's apart; with `heard` they are for these words of the caller's only."""
    steps = {**thought.guessed, **thought.steps}
    for agent, said in steps.items():
        after: str | None = None
        for step in said:
            own = agent in thought.route[:1] and after is None and step.text
            latency_s = thought.first_token_s.get(agent) if own else None
            yield Answer(
                when=When(agent=agent, heard=heard, after=after),
                say=step.text,
                calls=tuple(step.calls),
                first_token_s=LATEST_S if step.failed == "claude_slow" else latency_s,
                fault=_fault(step),
            )
            if not step.calls:
                break
            after = step.calls[-1].tool


def tellings(entries: Sequence[Entry], notes: Notes) -> Iterator[Answer]:
    """The lines of a script in which agents tell how their long work ended; they answer nobody, whatever the turn."""
    titles: dict[str, str] = {}
    for entry in entries:
        match entry.event:
            case TaskStarted(task=task, title=title) | TaskAttended(task=task, title=title):
                titles[task] = title
            case Written(agent=agent, text=text, task=task) if task in titles:
                heads = (brief[: brief.index("{title}") + len('{title}"')] for brief in (notes.result, notes.failure))
                known = dict.fromkeys(literal(head.replace("{title}", titles[task])) for head in heads)
                yield Answer(when=When(agent=agent, note="|".join(known)), say=text)
            case _:
                pass


def routing(thought: Thought, heard: str | None = None) -> Answer:
    """The router's line of a script for that turn."""
    chosen = ToolUse(tool="route", input={"speakers": [{"agent": agent} for agent in thought.route]})
    when = When(forced="route", heard=heard)
    if thought.router_failed:
        slow = LATEST_S if thought.router_failed == "claude_slow" else None
        return Answer(when=when, calls=(chosen,), first_token_s=slow, fault=_fault(Step(failed=thought.router_failed)))
    return Answer(when=when, calls=(chosen,), first_token_s=thought.route_s, tokens_per_s=AT_ONCE)


def _fault(step: Step) -> Fault | None:
    fault = Fault.model_validate(_FAULTS[step.failed]) if step.failed in _FAULTS else None
    if fault and fault.kind in ("max_tokens", "cut", "stall"):
        return fault.model_copy(update={"after_words": len(step.text.split())})
    return fault


def script_of(thought: Thought | None, told: Sequence[Answer] = ()) -> Script:
    """For a replay of that turn, whatever words are heard in it: who is not in the journal has nothing to say.

    `told` are the tellings of the call.
    """
    nothing = (Answer(), Answer(when=When(after="*")))
    if thought is None:
        return Script(entries=(*told, *nothing))
    routed = (routing(thought),) if thought.route else ()
    return Script(entries=(*told, *routed, *answers(thought), *nothing))
