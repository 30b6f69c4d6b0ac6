"""Logging: event names and fields, to standard error; never a caller's words, never a secret."""

from __future__ import annotations

import logging
import sys

import structlog

from orchestrator.config import LogSettings


def set_up(settings: LogSettings) -> None:
    """Once, at the start of a command."""
    for_people = sys.stderr.isatty()
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
