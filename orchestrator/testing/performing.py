"""A scenario, performed to its end, or to the first thing that is not as it must be."""

from __future__ import annotations

from importlib import import_module

from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.journal import Watch
from orchestrator.patience import Limits
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
    return Rehearsal(ScriptedTransport(StagedClaude(scenario.claude)), watch=watch)


async def perform(file: YamlFile, scenario: Scenario, rehearsal: Rehearsal, *, judging: bool = False) -> None:
    """Raises FileError, at the line of what is not as it must be; Unscripted; AgentError. `judging` lets Claude judge."""
    for written, stand_in in scenario.tools.items():
        rehearsal.toolbox[written] = stand_in
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


async def _judge(file: YamlFile, call: RehearsedCall, at: int, claim: str) -> None:
    verdict = await judged(call.minds.brain, claim, call.transcript(), model=call.minds.router_model)
    if not verdict.holds:
        raise file.error(("turns", at, "judge"), f"{claim!r} does not hold: {verdict.why}")
