"""Scenarios as pytest items: one file, one test; what is wrong is told at its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from agents.errors import AgentError, FileError
from agents.scripted import ScriptedTransport
from agents.yaml_file import YamlFile
from orchestrator.config import load
from orchestrator.patience import Limits
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.judging import judged
from orchestrator.testing.playing import act, trust_of
from orchestrator.testing.plugin import GUARD
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import RehearsalLine
from voices.audio import AudioError

NO_JUDGE: Final = "all that needs no judge holds; `pytest --live` lets Claude judge: {}"
NO_KEY: Final = "--live talks to the real Claude, and there is no key; set ANTHROPIC_API_KEY"


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        try:
            file = YamlFile(self.path)
            scenario = file.validate(Scenario)
        except FileError as error:
            raise self.CollectError(str(error)) from None
        yield ScenarioItem.from_parent(self, name=self.path.name.split(".")[0], file=file, scenario=scenario)


class ScenarioItem(pytest.Item):
    def __init__(self, *, file: YamlFile, scenario: Scenario, **more: Any) -> None:
        super().__init__(**more)
        self._file, self.scenario = file, scenario
        self._rehearsal: Rehearsal | None = None

    def runtest(self) -> None:
        claims = [turn.judge for turn in self.scenario.turns if turn.judge]
        if claims and self.config.getoption("--live"):
            self._play_live()
            return
        import_module("anthropic")  # see the fixture `claude`
        run(partial(self._play, Rehearsal(ScriptedTransport(StagedClaude(self.scenario.claude)))))
        if claims:
            pytest.skip(NO_JUDGE.format("; ".join(claims)))

    def _play_live(self) -> None:
        """With the real Claude, on a real clock."""
        settings = load().settings.claude
        if settings.api_key is None:
            pytest.fail(NO_KEY, pytrace=False)
        with self.config.stash[GUARD].lift():
            anyio.run(partial(self._play, Rehearsal(None, settings), live=True))

    async def _play(self, rehearsal: Rehearsal, *, live: bool = False) -> None:
        self._rehearsal = rehearsal
        for written, stand_in in self.scenario.tools.items():
            rehearsal.toolbox[written] = stand_in
        line = RehearsalLine()
        limits = Limits(self.scenario.minutes, self.scenario.usd)
        trust = None if self.scenario.pin is None else trust_of(self.scenario.pin, line.caller)
        async with rehearsal.call(self.scenario.agents, line=line, limits=limits, trust=trust) as call:
            # The greeting belongs to a turn in which the caller does nothing, and to no other.
            seen = len(call.journal) if self.scenario.turns[0].done else 0
            for at, turn in enumerate(self.scenario.turns):
                try:
                    await act(call, turn)
                except AudioError as error:
                    raise self._file.error(("turns", at, "wav"), str(error)) from None
                happened = Happened(call.journal[seen:], call.why)
                seen += len(happened.entries)
                for key, problem in problems(turn, happened):
                    raise self._file.error(("turns", at, key), problem)
                if live and turn.judge:
                    await self._judge(call, at, turn.judge)

    async def _judge(self, call: RehearsedCall, at: int, claim: str) -> None:
        verdict = await judged(call.minds.brain, claim, call.transcript(), model=call.minds.router_model)
        if not verdict.holds:
            raise self._file.error(("turns", at, "judge"), f"{claim!r} does not hold: {verdict.why}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was to be, what was, and the call up to there."""
        if not isinstance(excinfo.value, AgentError | pytest.fail.Exception):
            return super().repr_failure(excinfo, style)
        calls = self._rehearsal.calls if self._rehearsal else []
        return "\n\n".join([str(excinfo.value), *(call.transcript() for call in calls)])

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"scenario {self.name}"
