"""A scenario, played: what its caller does, turn by turn, and the first thing that is not as it must be."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from pydantic import SecretStr

from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.journal import Watch
from orchestrator.patience import Limits
from orchestrator.pin import PinGuard
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.judging import judged
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.scenario import Deed, Scenario, Turn
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import RehearsalLine
from voices.audio import AudioError


def scripted(scenario: Scenario, watch: Watch | None = None) -> Rehearsal:
    """With the Claude that the scenario scripts; for a virtual clock."""
    import_module("anthropic")  # seconds of reading the first time, which inside a call would be a thread and real time
    return Rehearsal(ScriptedTransport(StagedClaude(scenario.claude)), watch=watch)


async def play(file: YamlFile, scenario: Scenario, rehearsal: Rehearsal, *, judging: bool = False) -> None:
    """Raises FileError, at the line of what is not as it must be; Unscripted; AgentError. `judging` lets Claude judge."""
    line = RehearsalLine()
    limits = Limits(scenario.minutes, scenario.usd)
    guard = None if scenario.pin is None else _guard(scenario.pin, line.caller)
    async with rehearsal.call(scenario.agents, line=line, limits=limits, guard=guard) as call:
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


async def act(call: RehearsedCall, turn: Turn) -> None:
    """What the caller does in this turn, to the end of what comes of it. Raises AudioError."""
    await _do(call, turn, wait=turn.barge_in is None)
    if turn.barge_in is not None:
        await call.speaking(turn.barge_in.after_s)
        await _do(call, turn.barge_in, wait=True)


async def _do(call: RehearsedCall, deed: Deed, *, wait: bool) -> None:
    match deed:
        case Deed(say=str(said)) | Deed(wav=str(said)):
            await call.say(Path(said) if deed.wav else said, heard_as=deed.heard_as, wait=wait)
        case Deed(press=str(keys)):
            await call.press(keys, wait=wait)
        case Deed(cough_s=float(seconds)):
            await call.cough(seconds, wait=wait)
        case Deed(silence_s=float(seconds)):
            await call.pause(seconds)
        case Deed(hang_up=True):
            await call.hang_up()
        case _:
            return


def _guard(pin: str, caller: str) -> PinGuard:
    return PinGuard(Admission(AdmissionPolicy(allow=(caller,), pin=SecretStr(pin), pin_mode="always")), caller)
