"""What is begun by one and lives on without it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVarTuple, Unpack

from anyio.abc import TaskGroup

Ts = TypeVarTuple("Ts")


def begin_apart(group: TaskGroup, act: Callable[[Unpack[Ts]], Coroutine[Any, Any, object]], *of: *Ts) -> None:
    """In the group, and in no context of ours: whatever DBOS is asked there would be a step of the workflow that began it."""
    Context().run(group.start_soon, act, *of)
