"""What an agent has beside its words when it is tried: its tools, its notes; and what is not there, and why."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from agents.functions import Functions, at_once, found
from agents.outside import MCP, PYTHON
from agents.roster import Roster
from agents.toolbox import Toolbox, open_toolbox
from agents.tools import KNOWN
from orchestrator.config import Settings
from orchestrator.notes import FOLDER, NoteFile, NoteList, Notes

WORK: Final = "long work is not there in a try, for it needs a call: `pai-voice serve`, and `pai-voice dial` or a telephone"
ON_PAPER: Final = "with --script nothing real is waited for"


@dataclass(frozen=True)
class Belongings:
    toolbox: Toolbox
    notes: Callable[[str], Notes]
    lacks: tuple[str, ...]
    """A line for each thing that is not there."""


@asynccontextmanager
async def open_belongings(
    settings: Settings, roster: Roster, owner: str, on_paper: Functions | None = None
) -> AsyncGenerator[Belongings]:
    """Those of a call of that owner's; `on_paper`, for virtual time, functions alone are there, and run at once."""
    if on_paper is not None:
        toolbox, notes = Toolbox(functions=on_paper), NoteList()
        yield Belongings(toolbox, lambda _: notes, tuple(_lacks(roster, toolbox, notes_kept=False)))
        return
    async with open_toolbox(settings.tools, roster.tools(), settings.agents) as toolbox:
        await toolbox.settled()
        file = partial(NoteFile, settings.home / FOLDER / f"{owner}.md")
        yield Belongings(toolbox, lambda _: file(), tuple(_lacks(roster, toolbox, notes_kept=True)))


def functions_on_paper(settings: Settings, roster: Roster) -> Functions:
    """Read and run before the call."""
    return found(written=roster.tools(), folders=settings.agents, in_thread=at_once)


def _lacks(roster: Roster, toolbox: Toolbox, *, notes_kept: bool) -> Iterator[str]:
    for written in roster.tools():
        if written not in KNOWN and not toolbox.named(written):
            yield f"{written} is not there: {_why(written, toolbox)}"
    front = roster.front_desk.tools
    if "start_task" in front:
        yield WORK
    if not notes_kept and {"remember", "recall"} & set(front):
        yield f"notes are not kept: {ON_PAPER}"


def _why(written: str, toolbox: Toolbox) -> str:
    if written.startswith(PYTHON):
        return toolbox.functions.problems.get(written.removeprefix(PYTHON), "it is not installed")
    name = written.removeprefix(MCP).partition("/")[0]
    server = toolbox.servers.get(name)
    return ON_PAPER if server is None else server.problem or f"{name} has no such tool"
