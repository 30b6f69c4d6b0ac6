"""A scenario, performed to its end, or to the first thing that is not as it must be."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

from agents.scripted import ScriptedTransport
from agents.yaml_file import Place, YamlFile, did_you_mean
from orchestrator.journal import Watch
from orchestrator.patience import Limits
from orchestrator.testing import cast
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.judging import judged
from orchestrator.testing.playing import act, trust_of
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.scenario import Scenario
from telephony.rehearsal import RehearsalLine
from voices.audio import AudioError


def scripted(scenario: Scenario, watch: Watch | None = None) -> Rehearsal:
    """With the Claude that the scenario scripts; for a virtual clock."""
    import_module("anthropic")  # seconds of reading the first time, which inside a call would be a thread and real time
    return equipped(Rehearsal(ScriptedTransport(StagedClaude(scenario.claude)), watch=watch), scenario)


def equipped(rehearsal: Rehearsal, scenario: Scenario) -> Rehearsal:
    """With what stands in for tools of others. Reads the disk, and runs the real functions' files, for what they take."""
    rehearsal.toolbox.folders = (Path(scenario.agents),)
    for written, stand_in in scenario.tools.items():
        rehearsal.toolbox[written] = stand_in
    return rehearsal


async def perform(file: YamlFile, scenario: Scenario, rehearsal: Rehearsal, *, judging: bool = False) -> None:
    """Raises FileError, at the line of what is not as it must be; Unscripted; AgentError. `judging` lets Claude judge."""
    _know_everybody(file, scenario)
    line = RehearsalLine()
    limits = Limits(scenario.minutes, scenario.usd)
    trust = None if scenario.pin is None else trust_of(scenario.pin, line.caller)
    async with rehearsal.call(scenario.agents, line=line, limits=limits, trust=trust, work=scenario.work) as call:
        # The greeting belongs to a turn in which the caller does nothing, and to no other.
        seen = len(call.journal) if scenario.turns[0].done else 0
        for at, turn in enumerate(scenario.turns):
            try:
                await act(call, turn)
            except AudioError as error:
                raise file.error(("turns", at, "wav"), str(error)) from None
            happened = Happened(call.journal[seen:], call.why)
            seen += len(happened.entries)
            for key, problem in problems(turn, happened):
                raise file.error(("turns", at, key), problem)
            if judging and turn.judge:
                await _judge(file, call, at, turn.judge)


def _know_everybody(file: YamlFile, scenario: Scenario) -> None:
    """Raises FileError for an agent that there is not, and for a stand-in of a tool that nobody has."""
    roster = cast.read(Path(scenario.agents)).roster
    known = [agent.id for agent in roster]
    named: list[tuple[Place, str | None]] = []
    for at, entry in enumerate(scenario.claude.entries):
        named.append((("claude", "entries", at, "when", "agent"), entry.when.agent))
    for at, turn in enumerate(scenario.turns):
        named += [(("turns", at, "expect", number, "agent"), one.agent) for number, one in enumerate(turn.expect)]
        named += [(("turns", at, "routed", number), one) for number, one in enumerate(turn.routed or ())]
    for place, agent in named:
        if agent is not None and agent not in known:
            raise file.error(place, f"there is no agent `{agent}`.{did_you_mean(agent, known)}")
    for written in scenario.tools:
        if not any(fnmatchcase(written, tool) for tool in roster.tools()):
            raise file.error(("tools", written), f"no agent has the tool `{written}`.{did_you_mean(written, roster.tools())}")


async def _judge(file: YamlFile, call: RehearsedCall, at: int, claim: str) -> None:
    verdict = await judged(call.minds.brain, claim, call.transcript(), model=call.minds.router_model)
    if not verdict.holds:
        raise file.error(("turns", at, "judge"), f"{claim!r} does not hold: {verdict.why}")
