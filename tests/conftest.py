"""Strict by default: warnings are errors (pyproject), a blocked event loop fails the test, and so does one that hangs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from orchestrator.testing.virtual_time import VirtualLoop

# How fast examples are made says how busy the machine is, and nothing about the code.
settings.register_profile("house", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
MAY_BLOCK = (
    ("orchestrator/testing/cast.py", "read"),
    ("orchestrator/testing/caller.py", "listened"),
    ("orchestrator/durable.py", "_launch"),  # once, at start
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of slow tests first, so that none is still at it when all others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
