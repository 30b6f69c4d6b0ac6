"""What the server and the worker of a run tell each other: lines of JSON, `{"Kind": {…}}`."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TextIO

import anyio
import msgspec

from agents import bounds
from agents.work import Add, Done, Says, Spent, Stop, Working

LONGEST: Final = 16 * 1024 * 1024  # bytes of a message of the command line


@dataclass(frozen=True, slots=True)
class Job:
    """The first line to the worker: all it needs."""

    prompt: str
    session: str
    command: str
    folder: str
    system: str
    """What is added to the command line's own system text."""
    resumed: str
    """Said instead of the prompt where the session is there already."""
    words: dict[str, str]
    """What Claude reads of our own tools `say` (with its `passing`) and `ask_caller`, and of what was `said` or `unsaid`."""
    allowed_tools: tuple[str, ...]
    asked_tools: tuple[str, ...]
    """Asked for each time, even where they are allowed."""
    max_usd: Decimal
    max_turns: int
    model: str | None
    setting_sources: tuple[str, ...] | None
    """None for all."""
    own_settings: str = ""
    """The folder of the user's own settings of the command line."""
    sandboxed: bool = False
    """Commands run in Claude Code's sandbox, and need no question while they stay there."""
    private: tuple[str, ...] = ()
    """The phone's own files and folders: the work sees none of them, but for its folder if that is in there."""
    begin_s: float = 660.0
    """How long the command line may take to begin, with the user's own hooks."""
    guarded: tuple[str, ...] = ()
    """Files that rule what may be done: never written without a question."""


@dataclass(frozen=True, slots=True)
class Wants:
    """The run waits for a Reply: to use a tool, or, where that is our own, to know something."""

    ask: str
    tool: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    ask: str
    yes: bool
    text: str
    """For Claude."""


@dataclass(frozen=True, slots=True)
class Broke:
    """The end, unfinished: a WorkError's code, and what is known of it."""

    code: str
    detail: str = ""


ToWorker = Job | Reply | Add | Stop
FromWorker = Working | Says | Spent | Done | Wants | Broke
_TO: Final = {kind.__name__: kind for kind in (Job, Reply, Add, Stop)}
_FROM: Final = {kind.__name__: kind for kind in (Working, Says, Spent, Done, Wants, Broke)}


class NoMessage(Exception):
    """The line is none of these."""


def pack(message: ToWorker | FromWorker) -> bytes:
    """Half of a sign, where a text was cut in the middle of it, becomes a question mark: it has no UTF-8."""
    line = json.dumps({type(message).__name__: msgspec.to_builtins(_bounded(message))}, ensure_ascii=False)
    return line.encode(errors="replace") + b"\n"


def _bounded(message: ToWorker | FromWorker) -> ToWorker | FromWorker:
    match message:
        case Done(result, spoken):
            return Done(bounds.work(result), bounds.work(spoken))
        case Says(text, passing):
            return Says(bounds.work(text), passing)
        case Wants(ask, tool, given):
            return Wants(ask, tool, bounds.use(given))
        case Broke(code, detail):
            return Broke(code, bounds.work(detail))
        case _:
            return message


def for_worker(line: bytes) -> ToWorker:
    """Raises NoMessage."""
    return _unpack(line, _TO)


def from_worker(line: bytes) -> FromWorker:
    """Raises NoMessage."""
    return _unpack(line, _FROM)


def _unpack(line: bytes, kinds: dict[str, Any]) -> Any:
    try:
        ((kind, body),) = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).items()
        message = msgspec.json.decode(body, type=kinds[kind])
        if isinstance(message, Wants):
            bounds.shallow(message.input)
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
        raise NoMessage(f"{line[:80]!r}: {error}") from error
    return message


async def lines_of(file: TextIO) -> AsyncGenerator[bytes, None]:
    """The lines of a pipe, without their ends. What stands after the last line end is dropped."""
    buffer = bytearray()
    while True:
        await anyio.wait_readable(file)
        chunk = os.read(file.fileno(), 65_536)
        if not chunk:
            return
        buffer += chunk
        while (at := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:at])
            del buffer[: at + 1]
            yield line
