"""How commands talk: sentences and tables to people, whole lines in a pipe, JSON where it is asked for."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import FrameType

    from orchestrator.config import Config

PIPE_WIDTH = 1_000  # in a pipe nothing is cut or wrapped: what reads it wants whole lines
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


def _console(*, stderr: bool = False) -> Console:
    """No markup: brackets in a message are brackets."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


screen = _console()
errors = _console(stderr=True)


def tell(what: str, fix: str) -> None:
    errors.print(what, style="red")
    errors.print(f"fix: {fix}")


def fail(what: str, fix: str) -> NoReturn:
    tell(what, fix)
    sys.exit(1)


def run(work: Callable[[], Awaitable[T]], loop: Callable[[], AbstractEventLoop] | None = None) -> T:
    """An async command, on that loop, else on uvloop where there is one; Ctrl-C is a tidy end."""
    import anyio

    options: dict[str, Any] = {"loop_factory": loop} if loop else {"use_uvloop": sys.platform != "win32"}
    try:
        return anyio.run(work, backend_options=options)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def end_when_terminated() -> None:
    """SIGTERM is a tidy end from here on, as Ctrl-C is, until something waits for it: only reading our modules takes seconds."""
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def configured(log: str = "warning") -> Config:
    """The settings, and the log as they say it; `log` is the level where they say none."""
    from orchestrator.config import load
    from orchestrator.log import set_up

    config = load()
    set_up(config.settings.log, log)
    return config


def show_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
