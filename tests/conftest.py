"""Strict by default: warnings are errors (pyproject), a blocked event loop fails the test, and so does one that hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import structlog
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from orchestrator.loop_watchdog import LONGEST_STALL_S
from orchestrator.testing.virtual_time import VirtualLoop
from tests.kit.commands import machine
from tests.kit.stalls import Watch

# How fast examples are made says how busy the machine is, and nothing about the code.
settings.register_profile("house", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
MAY_BLOCK = (
    ("orchestrator/testing/cast.py", "read"),
    ("orchestrator/testing/caller.py", "listened"),
    ("orchestrator/durable.py", "_launch"),  # once, at start
    ("tests/kit/aside.py", "transcribe"),  # virtual time stands still there, too
)


STALLS = Watch(LONGEST_STALL_S)
STALL, MOST_TOLD = "stall", 15


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stalls", type=float, help="Fail tests in which our code holds the event loop for so many milliseconds.")


def pytest_configure(config: pytest.Config) -> None:
    """Tests, and the processes they start, see nothing that this machine's owner has set, and an empty home."""
    home = TemporaryDirectory(prefix="Zoë at home ", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    kept = machine() | {"HOME": home.name}
    os.environ.clear()
    os.environ.update(kept)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored, by what tests start, too
    STALLS.start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, by what a test may take and then by `slow`: none is still at it when all others are done."""
    longest: dict[Path, tuple[float, bool]] = {}
    for item in items:
        timeout = item.get_closest_marker("timeout")
        its = (timeout.args[0] if timeout else 0.0, item.get_closest_marker("slow") is not None)
        longest[item.path] = max(its, longest.get(item.path, its))
    items.sort(key=lambda item: longest[item.path], reverse=True)


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    # The test kit runs the tests, and what it reads it reads while virtual time stands still.
    with blockbuster_ctx(
        ["agents", "voices", "telephony", "orchestrator"], excluded_modules=["orchestrator.testing"]
    ) as blocking:
        for function in blocking.functions.values():
            for file, caller in MAY_BLOCK:
                function.can_block_in(file, caller)
        yield


@pytest.fixture(autouse=True)
def no_stalls(request: pytest.FixtureRequest) -> Iterator[None]:
    """What of ours computes for over 20 ms at one go on a loop is told at the end, but in tests that say why (`may_stall`).

    It fails only with `--stalls`: on a busy machine, what a library does for the first time takes any time.
    """
    with STALLS.over() as stalls:
        yield
    if request.node.get_closest_marker("may_stall"):
        return
    request.node.user_properties += [(STALL, (round(stall.computed_s * 1000), stall.stack[-1])) for stall in stalls]
    most_ms = request.config.getoption("--stalls")
    if most_ms is not None and (long := [stall for stall in stalls if stall.computed_s * 1000 > most_ms]):
        pytest.fail("\n".join(map(str, long)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Of the stalls, the longest at each place."""
    longest: dict[str, tuple[int, str]] = {}
    for report in (report for reports in terminalreporter.stats.values() for report in reports if hasattr(report, "when")):
        for name, stall in report.user_properties if report.when == "teardown" else ():
            if name == STALL:
                longest[stall[1]] = max((stall[0], report.nodeid), longest.get(stall[1], (0, "")))
    if longest:
        terminalreporter.section("event loop stalls over 20 ms")
        for place, (ms, test) in sorted(longest.items(), key=lambda item: -item[1][0])[:MOST_TOLD]:
            terminalreporter.line(f"{ms:5} ms  {place}  ({test})")


@pytest.fixture(autouse=True)
def logs_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that runs inside a test sets logging up for good; here it is for that test only."""
    configure: Any = structlog.configure

    def uncached(**given: Any) -> None:
        configure(**{**given, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def no_pai_of_the_developers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voices.settings.PAI", Path("no-such-folder"))


@pytest.fixture
def anyio_backend() -> Any:
    """Real time, for what has sockets, threads or processes in it."""
    return "asyncio"


@pytest.fixture
def virtual_backend() -> Any:
    """For the core: `anyio_backend = virtual_backend` in a test module runs it in virtual time."""
    return "asyncio", {"loop_factory": VirtualLoop}
