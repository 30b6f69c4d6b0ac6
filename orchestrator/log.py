"""Logging: event names and fields, to standard error; never a caller's words, never a secret."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from io import StringIO

import structlog
from rich.console import Console
from structlog.typing import EventDict, Processor, WrappedLogger

from agents import bounds
from orchestrator.config import LogSettings


def set_up(settings: LogSettings, usual: str = "warning") -> None:
    """Once, at the start of a command, whose own level is the `usual` one."""
    level = logging.getLevelNamesMapping()[(settings.level or usual).upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _cut,
            *_renderers(Console(stderr=True)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_StandardError()),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs what servers say; that one failed, we say ourselves


def _cut(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What others wrote may be long."""
    return {name: value if name == "exc_info" else bounds.logged(value) for name, value in event.items()}


class _StandardError(StringIO):
    """Whatever that is when a line is written: a logger is kept for good, and streams are put in its place and closed."""

    def write(self, text: str, /) -> int:
        """What nobody can read any more, or a full disk does not take, is lost; it is no reason to end a call."""
        with suppress(OSError, ValueError, AttributeError):  # gone, closed, and never there
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()


def _renderers(terminal: Console) -> tuple[Processor, ...]:
    """For people where there is a terminal, with colours where they are wanted; else a line of JSON."""
    if terminal.is_terminal:
        # The plain one: rich's shows the values of variables, which may be words or secrets.
        traceback = structlog.dev.plain_traceback
        return (structlog.dev.ConsoleRenderer(colors=not terminal.no_color, exception_formatter=traceback),)
    return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()
