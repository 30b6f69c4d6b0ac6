"""What somebody types, line by line. The call's time stands still meanwhile: thinking while one types is no silence."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from typing import Final

from voices.engines.scripted import FAILURE

PROMPT: Final = "> "


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop on a real clock that can be stopped."""

    def __init__(self) -> None:
        self._stood_s = 0.0
        super().__init__()

    def time(self) -> float:
        return super().time() - self._stood_s

    @contextmanager
    def standing_still(self) -> Generator[None]:
        """The loop is blocked inside, and nothing that runs on it sees that time has passed."""
        began_s = super().time()
        try:
            yield
        finally:
            self._stood_s += super().time() - began_s


def typed_lines() -> Iterator[str]:
    """Each line that is not empty, to the end of the input; Ctrl-C is the end, too. Blocks the event loop, on purpose."""
    asking = PROMPT if sys.stdin.isatty() else ""
    if asking:
        with suppress(ImportError):
            import_module("readline")  # lets `input` edit and recall lines
    sys.stdin.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]  it is a TextIOWrapper
    while (line := _line(asking)) is not None:
        if said := " ".join(word for word in line.split() if word != FAILURE):
            yield said


def _line(prompt: str) -> str | None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the loop's own would only be heeded when we wait for it again
        if task is not None and task.cancelling():
            return None  # and it was, a moment ago
        with loop.standing_still() if isinstance(loop, PatientLoop) else nullcontext():
            return input(prompt)
    except (EOFError, KeyboardInterrupt):
        return None
    finally:
        signal.signal(signal.SIGINT, before)
