"""The pytest plugin that comes with the package: fixtures `claude` and `rehearsal`, scenarios in YAML, no way to the real Claude.

Whatever is heavy is imported when a test asks for it: where nobody does, the plugin costs a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orchestrator.testing.offline import Guard

if TYPE_CHECKING:
    from orchestrator.testing.claude import StagedClaude
    from orchestrator.testing.rehearsal import Rehearsal

GUARD: Final = pytest.StashKey[Guard]()
FIXTURE: Final = "rehearsal"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("pai-voice").addoption(
        "--live", action="store_true", help="Scenarios with a `judge` talk to the real Claude, and it judges them; costs money."
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[GUARD] = Guard()
    config.stash[GUARD].up()


def pytest_unconfigure(config: pytest.Config) -> None:
    if GUARD in config.stash:
        config.stash[GUARD].down()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """`*.scenario.yaml`, and all YAML in a folder `scenarios`."""
    if file_path.suffix != ".yaml" or not (file_path.name.endswith(".scenario.yaml") or file_path.parent.name == "scenarios"):
        return None
    from orchestrator.testing.scenario_item import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


@pytest.fixture
def claude(request: pytest.FixtureRequest) -> Generator[StagedClaude]:
    """A scripted Claude at the far end of the real SDK: `claude.says("kai", "…")`, see StagedClaude."""
    import_module("anthropic")  # seconds of reading the first time, which inside a call would be a thread and real time
    from agents.scripted import ScriptedTransport
    from orchestrator.testing.claude import StagedClaude

    staged = StagedClaude()
    with request.config.stash[GUARD].answering(ScriptedTransport(staged)):
        yield staged


@pytest.fixture
def rehearsal(claude: StagedClaude) -> Rehearsal:
    """Whole calls in virtual time: `async with rehearsal.call() as call`, see Rehearsal. The test runs on that clock."""
    from agents.scripted import ScriptedTransport
    from orchestrator.testing.rehearsal import Rehearsal

    return Rehearsal(ScriptedTransport(claude))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """A test with a rehearsal runs on a virtual clock; whichever plugin runs other async tests sees a plain function."""
    test = pyfuncitem.obj
    if FIXTURE not in pyfuncitem.fixturenames or not iscoroutinefunction(test):
        return (yield)
    from orchestrator.testing.virtual_time import run

    def rehearsed(**fixtures: Any) -> None:
        run(partial(test, **fixtures))

    pyfuncitem.obj = rehearsed
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows its calls; one that asked what nobody scripted shows that, and no stack."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    if not report.failed or "claude" not in fixtures:
        return report
    from orchestrator.testing.claude import Unscripted

    if call.excinfo is not None and isinstance(call.excinfo.value, Unscripted):
        report.longrepr = str(call.excinfo.value)
    played = fixtures[FIXTURE].calls if FIXTURE in fixtures else []
    report.sections += [(f"call {number}", one.transcript()) for number, one in enumerate(played, 1)]
    return report
