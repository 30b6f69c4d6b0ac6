"""Strict by default: warnings are errors (pyproject), a blocked event loop fails the test, 20 s is the limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from tests.kit.virtual_time import VirtualLoop


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    with blockbuster_ctx(["agents", "voices", "telephony", "orchestrator"]):
        yield


@pytest.fixture
def anyio_backend() -> Any:
    """Real time, for what has sockets, threads or processes in it."""
    return "asyncio"


@pytest.fixture
def virtual_backend() -> Any:
    """For the core: `anyio_backend = virtual_backend` in a test module runs it in virtual time."""
    return "asyncio", {"loop_factory": VirtualLoop}
