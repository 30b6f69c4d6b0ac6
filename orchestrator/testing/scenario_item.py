"""Scenarios as pytest items: one file, one test; what is wrong is told at its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from agents.errors import AgentError, FileError
from agents.yaml_file import YamlFile
from orchestrator.config import load
from orchestrator.testing.claude import Unscripted
from orchestrator.testing.performing import equipped, perform, scripted
from orchestrator.testing.plugin import GUARD
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import run

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
        self._rehearsal = scripted(self.scenario)
        run(partial(perform, self._file, self.scenario, self._rehearsal))
        if claims:
            pytest.skip(NO_JUDGE.format("; ".join(claims)))

    def _play_live(self) -> None:
        """With the real Claude, on a real clock."""
        settings = load().settings.claude
        if settings.api_key is None:
            pytest.fail(NO_KEY, pytrace=False)
        self._rehearsal = equipped(Rehearsal(None, settings), self.scenario)
        with self.config.stash[GUARD].lift():
            anyio.run(partial(perform, self._file, self.scenario, self._rehearsal, judging=True))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was to be, what was, and the call up to there."""
        if not isinstance(excinfo.value, AgentError | Unscripted | pytest.fail.Exception):
            return super().repr_failure(excinfo, style)
        calls = self._rehearsal.calls if self._rehearsal else []
        return "\n\n".join([str(excinfo.value), *(call.transcript() for call in calls)])

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"scenario {self.name}"
