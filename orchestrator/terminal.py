"""How commands talk: sentences and tables to people, whole lines in a pipe, JSON where it is asked for."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import FrameType

    from typing_extensions import Buffer

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
    """SIGTERM is a tidy end from here on, as Ctrl-C is, until something waits for it: only reading our modules takes seconds.
    What cannot be written to a standard stream, as its reader is gone or a disk full, ends nothing."""
    signal.signal(signal.SIGTERM, _end)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        stream.flush()
        _buffer(name, _Heedless(stream.fileno(), "w", closefd=False))


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def configured(log: str = "warning") -> Config:
    """The settings, and the log as they say it; `log` is the level where they say none."""
    from orchestrator.config import load
    from orchestrator.log import set_up

    config = load()
    for warning in config.warnings:
        errors.print(warning, style="yellow")
    set_up(config.settings.log, log)
    return config


def set_up_streams() -> None:
    """Standard streams that exist, and write whole lines. Call it before any file is opened."""
    _open_closed_streams()
    _write_whole()


def _open_closed_streams() -> None:
    """/dev/null stands in their place: else the next file that is opened, a database or a socket, would have the number of one,
    and get what libraries and children write as errors."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  for good


def _write_whole() -> None:
    """Under PYTHONUNBUFFERED a write to a pipe that the system cuts short loses its rest, unseen: Python's text stands on the raw
    file. From here on a buffer stands between the two, which writes on; each line still leaves at once.
    """
    for name in ("stdout", "stderr"):
        if isinstance(raw := getattr(getattr(sys, name), "buffer", None), io.RawIOBase):
            _buffer(name, raw)


def _buffer(name: str, raw: io.RawIOBase) -> None:
    """That standard stream stands on a buffer over `raw` from now on."""
    was = getattr(sys, name)
    setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), was.encoding, was.errors, line_buffering=True))


class _Heedless(io.FileIO):
    """What cannot be written is lost."""

    def write(self, content: Buffer, /) -> int:
        try:
            return super().write(content)
        except OSError:
            return memoryview(content).nbytes


def show_table(rows: Iterable[Sequence[str | Text]], *columns: str, empty: str = "") -> None:
    """Without columns they are keys and values. `empty` is what no rows say."""
    table = Table(*columns, box=None, show_header=bool(columns))
    for row in rows:
        table.add_row(*row)
    screen.print(table if table.rows or not empty else empty)


def show_json(value: Any) -> None:
    """Dataclasses by their fields; what JSON does not know otherwise as text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)
