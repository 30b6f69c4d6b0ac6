"""`pai-voice tasks …`: long work. Each command is a few lines; what is heavy is imported inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.terminal import AsJson, configured, fail, screen, show_json, show_table

if TYPE_CHECKING:
    from orchestrator.config import Settings
    from orchestrator.servers import Told

tasks = typer.Typer(help="Long work, under way or done.", no_args_is_help=True)
LATER = " as soon as a server runs"
Name = Annotated[str, typer.Argument(metavar="TASK", help="How the task's id begins, or `last`.")]


def _settings() -> Settings:
    """Of a house whose work is kept; to be had before anything that needs DBOS is imported."""
    from orchestrator.keeping import INSTALL, is_installed

    if not is_installed():
        fail("long work is not kept: dbos is not installed", INSTALL)
    return configured().settings


@tasks.command("list")
def tasks_list(as_json: AsJson = False) -> None:
    """The tasks that are kept, the newest first."""
    settings = _settings()
    from orchestrator.task_list import all_tasks

    kept = all_tasks(settings)
    if as_json:
        show_json(kept)
        return
    none = "no tasks yet; on a call, ask an agent for something that takes long"
    show_table([task.as_row() for task in kept], "task", "when", "agent", "what", "outcome", "state", "USD", empty=none)


@tasks.command("show")
def tasks_show(task: Name = "last", as_json: AsJson = False) -> None:
    """One task, and what came of it. What was asked for, how far it is, its result, and the calls to its owner."""
    settings = _settings()
    from orchestrator.task_list import find

    found = find(settings, task)
    if as_json:
        show_json(found)
        return
    rows = [(key.replace("_", " "), str(value)) for key, value in vars(found).items() if value and key not in ("calls", "result")]
    show_table([*rows, *(("call", f"{at}  {verdict.replace('_', ' ')}") for at, verdict in found.calls)])
    if found.result:
        screen.print(f"\n{found.result}")


@tasks.command("cancel")
def tasks_cancel(task: Name, as_json: AsJson = False) -> None:
    """Stop it, and do not call about it."""
    _tell(task, "cancel", "is stopped", as_json)


@tasks.command("call-back")
def tasks_call_back(task: Name, as_json: AsJson = False) -> None:
    """Call its owner now, whatever the hour. While it runs: as soon as it is done."""
    _tell(task, "call_back", "is told by a call", as_json)


def _tell(name: str, what: Told, told: str, as_json: bool) -> None:
    settings = _settings()
    from orchestrator.task_list import tell

    task, soon = tell(settings, name, what)
    if as_json:
        show_json({"task": task.id, "told": what, "soon": soon})
    else:
        screen.print(f"{task.id} {told}{'' if soon else LATER} ({task.title})")
